"""Asks what stands in the way of the goals, so it follows the goals that were chosen."""

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Annotated

from pydantic import Field

from modules import upstream
from modules.answering import Reading, Words, in_order_chosen
from modules.contract import Choice, Fields, Form, Module, Situation
from modules.options import Key, UniqueKeys, audience_choices, labels, offered
from modules.problems.branching import arranged, because_of_goals
from modules.problems.options import PROBLEMS, Problem
from modules.wording import listed


class Settings(Fields):
    """What the vendor knows to stand in people's way."""

    title: str = Field("What stands in the way?", max_length=200, title="Heading")
    intro: str = Field(
        "Tick what sounds familiar. Nobody ticks everything.",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    options: Annotated[tuple[Problem, ...], UniqueKeys] = Field(
        PROBLEMS, max_length=40, title="Problems to choose from"
    )
    at_most: int = Field(6, ge=1, le=40, title="How many may be chosen")
    own_label: str = Field(
        "What else gets in the way?", max_length=200, title="Question for own words"
    )


class Answers(Fields):
    """The problems a prospect has, in the order chosen, and their own words."""

    chosen: tuple[Key, ...] = Field((), max_length=40, title="Problems")
    own: Words = Field("", title="In their own words")


class Problems(Module[Settings, Answers]):
    """The second step of the value chain."""

    kind = "problems"
    title = "Problems"
    summary = "The prospect ticks what stands in the way of the goals they chose."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Show the problems of the chosen goals first, goal by goal, and the others behind."""
        options = offered(settings.options, situation.profile, answers.chosen)
        groups, others = arranged(options, answers.chosen, situation)
        hint = None
        if not upstream.keys(situation, "goals"):
            text = (
                "These are the problems we meet most. Tell us your goals, and we show yours first."
            )
            hint = upstream.hint_to(situation, "goals", text, "Choose your goals")
        return {
            "title": settings.title,
            "intro": settings.intro,
            "hint": hint,
            "groups": groups,
            "others": others,
            "are_others_open": any(row.card.is_chosen for row in others),
            "own_label": settings.own_label,
            "own": answers.own,
        }

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say which problems came first because of the goals, and which fit the person."""
        options = offered(settings.options, situation.profile)
        return [
            *because_of_goals(options, situation),
            *audience_choices(options, situation.profile),
        ]

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
        """Name what is in their way."""
        held = labels(settings.options, answers.chosen, situation.profile)
        if held:
            return f"Held back by: {'; '.join(held)}"
        if answers.own:
            return f"Held back by: “{shorten(answers.own, 120, placeholder='…')}”"
        return ""

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """List the problems, who else feels them, and their own words."""
        held = labels(settings.options, answers.chosen, situation.profile)
        facts = [("Problem", label) for label in held]
        roles = dict.fromkeys(
            role
            for option in settings.options
            if option.key in answers.chosen
            for role in option.affected
        )
        if roles:
            facts.append(("Probably felt by", listed(list(roles))))
        return [*facts, *([("In their words", answers.own)] if answers.own else [])]

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Ask for the reasons behind each problem, and for goals that no problem explains."""
        chosen = [one for one in settings.options if one.key in answers.chosen]
        if not chosen and not answers.own:
            return ["What keeps them from reaching it today?"]
        asked = []
        goals = upstream.entries(situation, "goals")
        for goal in upstream.keys(situation, "goals"):
            if not any(not one.goals or goal in one.goals for one in chosen):
                label = upstream.label(goals, goal, situation.profile)
                asked.append(f"They want “{label}” but named no problem: what is in the way?")
        firsts = labels(settings.options, answers.chosen[:1], situation.profile)
        return [*asked, *(f"What is the reason behind “{label}”?" for label in firsts)]
