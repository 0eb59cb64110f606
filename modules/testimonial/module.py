"""Shows the words of a customer who is as near to this person as any we have."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field

from modules.contract import Choice, Fields, Module, NoAnswers, Situation
from modules.options import UniqueKeys
from modules.testimonial.ladder import because, nearest, rung_name, steps
from modules.testimonial.stories import STORIES, Story


class Settings(Fields):
    """The vendor's stories; one without an audience is the general one."""

    title: str = Field("From somebody like you", max_length=200, title="Heading")
    intro: str = Field(
        "",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    stories: Annotated[tuple[Story, ...], UniqueKeys] = Field(
        STORIES, max_length=100, title="Stories"
    )


class Testimonial(Module[Settings, NoAnswers]):
    """A room to read in: personal, but nothing is asked."""

    kind = "testimonial"
    title = "Testimonial"
    summary = "A customer's words, chosen by industry, role and size, with the reason."
    settings = Settings
    answers = NoAnswers

    def view(
        self, settings: Settings, answers: NoAnswers, situation: Situation
    ) -> Mapping[str, object]:
        """Show the nearest story and how near it is."""
        del answers
        match = nearest(settings.stories, situation.profile)
        return {
            "title": settings.title,
            "intro": settings.intro,
            "story": match.story if match else None,
            "teller": ", ".join(part for part in (match.story.role, match.story.company) if part)
            if match
            else "",
            "rung": rung_name(match, situation.profile) if match else "",
            "steps": steps(match) if match else [],
        }

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say which story was chosen, on which rung, and why."""
        match = nearest(settings.stories, situation.profile)
        if match is None:
            return ()
        what = f"The story of {match.story.company or match.story.name or 'a customer'}"
        rung = rung_name(match, situation.profile)
        return (Choice(what, f"{rung}. {because(match, situation.profile)}"),)
