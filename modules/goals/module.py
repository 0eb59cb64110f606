"""Asks what the prospect wants to reach; everything after it follows from the answer."""

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Annotated

from pydantic import Field

from modules import upstream
from modules.answering import Reading, Words, in_order_chosen
from modules.audience import Audience
from modules.contract import Choice, Fields, Form, Module, Situation
from modules.options import (
    Key,
    Option,
    UniqueKeys,
    Variant,
    audience_choices,
    card,
    labels,
    offered,
)
from modules.wording import listed

GOALS = (
    Option(
        key="close-faster",
        label="Close the books faster",
        help="Every invoice known and coded before the month ends.",
        variants=(
            Variant(
                audience=Audience(titles=("CFO", "chief financial")),
                label="Report reliable numbers a week earlier",
            ),
        ),
    ),
    Option(
        key="cut-cost",
        label="Spend less on handling invoices",
        help="Less typing, less chasing, fewer corrections.",
    ),
    Option(
        key="pay-on-time",
        label="Pay suppliers on time",
        help="No late fees, and the discounts for paying early.",
        variants=(
            Variant(
                audience=Audience(industries=("manufacturing", "logistics")),
                label="Pay suppliers on time, so that material keeps coming",
            ),
        ),
    ),
    Option(
        key="stay-in-control",
        label="Know what we owe at any moment",
        help="Commitments visible when they are made, not when the bill arrives.",
    ),
    Option(
        key="grow-lean",
        label="Grow without hiring in finance",
        help="Twice the invoices with the team you have.",
        audience=Audience(industries=("software", "e-commerce")),
    ),
    Option(
        key="pass-audit",
        label="Pass audits without a scramble",
        help="Who approved what, and when, in one place.",
        audience=Audience(min_employees=250),
    ),
)


class Settings(Fields):
    """What the vendor offers as goals."""

    title: str = Field("What do you want to reach?", max_length=200, title="Heading")
    intro: str = Field(
        "Choose what matters most this year. The rest of this page follows your choice.",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    options: Annotated[tuple[Option, ...], UniqueKeys] = Field(
        GOALS, max_length=40, title="Goals to choose from"
    )
    at_most: int = Field(3, ge=1, le=20, title="How many may be chosen")
    own_label: str = Field(
        "Something else? Tell us in your words.", max_length=200, title="Question for own words"
    )


class Answers(Fields):
    """The goals chosen, in the order they were chosen, and the prospect's own words."""

    chosen: tuple[Key, ...] = Field((), max_length=40, title="Goals")
    own: Words = Field("", title="In their own words")


class Goals(Module[Settings, Answers]):
    """The first step of the value chain."""

    kind = "goals"
    title = "Goals"
    summary = "The prospect chooses what they want to reach; the problems follow the choice."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Show the goals meant for this person, and those chosen before."""
        options = offered(settings.options, situation.profile, answers.chosen)
        return {
            "title": settings.title,
            "intro": settings.intro,
            "cards": [card(one, situation.profile, answers.chosen) for one in options],
            "at_most": min(settings.at_most, len(options)),
            "own_label": settings.own_label,
            "own": answers.own,
        }

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say which goals and wordings were picked for this person."""
        profile = situation.profile
        return audience_choices(offered(settings.options, profile), profile)

    def read(self, form: Form, settings: Settings, situation: Situation) -> Answers:
        """Read `chosen` and `own`."""
        reading = Reading(form)
        known = {option.key for option in settings.options}
        chosen = reading.keys("chosen", known, settings.at_most)
        own = reading.text("own")
        reading.finish()
        before = upstream.keys(situation, self.kind)
        return Answers(chosen=in_order_chosen(chosen, before), own=own)

    def headline(self, settings: Settings, answers: Answers, situation: Situation) -> str:
        """Name what they want."""
        wanted = labels(settings.options, answers.chosen, situation.profile)
        if wanted:
            return f"Wants: {'; '.join(wanted)}"
        return f"Wants: “{shorten(answers.own, 120, placeholder='…')}”" if answers.own else ""

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """List the goals in the order chosen, then their own words."""
        wanted = labels(settings.options, answers.chosen, situation.profile)
        facts = [("First goal" if n == 0 else "Also", label) for n, label in enumerate(wanted)]
        return [*facts, *([("In their words", answers.own)] if answers.own else [])]

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Ask for the goal, its rank, or its reason: whichever is still missing."""
        wanted = labels(settings.options, answers.chosen, situation.profile)
        if not wanted and not answers.own:
            return ["What do they want to reach this year, and why now?"]
        if len(wanted) > 1:
            return [f"Which matters most: {listed(wanted, quoted=True)}? What happens if it waits?"]
        return ["How will they know that they reached it, and by when?"]
