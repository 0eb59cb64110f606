"""Asks what the chosen problems cost, in the prospect's own numbers, and who else feels them."""

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Annotated

from pydantic import Field

from modules import upstream
from modules.answering import Amount, Reading, Words, in_order_chosen
from modules.contract import Choice, Fields, Form, Module, Situation
from modules.figures import money
from modules.impacts import brief
from modules.impacts.asking import asked, decisions, inquiry, roles_for
from modules.impacts.costs import total_cost
from modules.impacts.questions import QUESTIONS, ROLES, Question, Role
from modules.options import Key, UniqueKeys, card, labels
from modules.wording import listed

NUMBER_FIELD = "number-"


class Settings(Fields):
    """What the vendor asks for, and what is usual."""

    title: str = Field("What does it cost you?", max_length=200, title="Heading")
    intro: str = Field(
        "Your own numbers, as rough as you like. We show what they come to, and nothing else is "
        "counted.",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    questions: Annotated[tuple[Question, ...], UniqueKeys] = Field(
        QUESTIONS, max_length=40, title="Numbers to ask for"
    )
    roles: Annotated[tuple[Role, ...], UniqueKeys] = Field(
        ROLES, max_length=40, title="Who else may be affected"
    )
    note_label: str = Field(
        "What does it lead to that no number shows?", max_length=200, title="Question for a note"
    )


class Answers(Fields):
    """The prospect's own numbers by question, the roles that feel it too, and a note."""

    numbers: dict[Key, Amount] = Field({}, max_length=40, title="Numbers")
    who_else: tuple[Key, ...] = Field((), max_length=40, title="Who else is affected")
    note: Words = Field("", title="Note")


class Impacts(Module[Settings, Answers]):
    """The third step of the value chain: implication, in numbers and people."""

    kind = "impacts"
    title = "Impact of the problems"
    summary = "The prospect puts their own numbers to the problems they chose."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Show a field per question that matters, what it comes to, and the sum."""
        questions = asked(settings.questions, situation)
        total = total_cost(questions, answers.numbers)
        roles = roles_for(settings.roles, answers.who_else, situation)
        hint = None
        if not upstream.keys(situation, "problems"):
            text = "Here is everything we ask. Choose your problems, and only theirs remain."
            hint = upstream.hint_to(situation, "problems", text, "Choose your problems")
        return {
            "title": settings.title,
            "intro": settings.intro,
            "hint": hint,
            "inquiries": [
                inquiry(one, answers.numbers.get(one.key), situation) for one in questions
            ],
            "has_total": total.per_year > 0,
            "total_per_month": money(total.per_month, situation.currency, situation.locale),
            "total_per_year": money(total.per_year, situation.currency, situation.locale),
            "roles": [card(role, situation.profile, answers.who_else) for role in roles],
            "note_label": settings.note_label,
            "note": answers.note,
        }

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say why these numbers are asked, and for whom the typical ones are typical."""
        return decisions(settings.questions, situation)

    def read(self, form: Form, settings: Settings, situation: Situation) -> Answers:
        """Read `number-<question>`, `who_else` and `note`.

        A question that is not asked now keeps its earlier number: changing one's mind about a
        problem and back loses nothing.
        """
        reading = Reading(form)
        known = [question.key for question in settings.questions]
        reading.unknown(NUMBER_FIELD, known)
        before = upstream.numbers(situation, self.kind, "numbers")
        numbers = {}
        for key in known:
            field = f"{NUMBER_FIELD}{key}"
            is_posted = reading.has(field)
            given = reading.amount(field, situation.locale) if is_posted else before.get(key)
            if given is not None:
                numbers[key] = given
        roles = reading.keys("who_else", {role.key for role in settings.roles})
        note = reading.text("note")
        reading.finish()
        who_else = in_order_chosen(roles, upstream.keys(situation, self.kind, "who_else"))
        return Answers(numbers=numbers, who_else=who_else, note=note)

    def headline(self, settings: Settings, answers: Answers, situation: Situation) -> str:
        """Say what it costs them by their own numbers; without any, who feels it or their note."""
        if counted := brief.headline(settings.questions, answers.numbers, situation):
            return counted
        if felt := labels(settings.roles, answers.who_else, situation.profile):
            return f"Also affected: {listed(felt)}"
        note = shorten(answers.note, 120, placeholder="…")
        return f"Beyond the numbers: “{note}”" if note else ""

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """List each number beside the typical one, the sum, who else feels it, and the note."""
        facts = brief.number_facts(settings.questions, answers.numbers, situation)
        felt = [one for one in settings.roles if one.key in answers.who_else]
        if felt:
            facts.append(("Also affected", brief.people(felt, situation)))
        return [*facts, *([("Beyond the numbers", answers.note)] if answers.note else [])]

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Ask for missing numbers, for surprising ones, and for the people behind them."""
        questions = asked(settings.questions, situation)
        if not answers.numbers and not answers.who_else and not answers.note:
            return ["What does it cost them today, in hours or money, and who else feels it?"]
        return [
            *brief.number_questions(questions, answers.numbers, situation),
            *brief.people_questions(settings.roles, answers.who_else, situation),
        ]
