"""Shows what the product does, first of all what answers this person's problems."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from textwrap import shorten
from typing import Annotated

from pydantic import Field

from modules import upstream
from modules.answering import Reading, Words, in_order_chosen
from modules.contract import Choice, Fields, Form, Module, Situation
from modules.options import Key, UniqueKeys, audience_choices, card, labels, offered
from modules.solution.options import CAPABILITIES, Capability, NextStep
from modules.wording import listed


class Settings(Fields):
    """What the vendor's product does."""

    title: str = Field("How we would solve it", max_length=200, title="Heading")
    intro: str = Field(
        "What answers your problems comes first.",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    options: Annotated[tuple[Capability, ...], UniqueKeys] = Field(
        CAPABILITIES, max_length=40, title="Capabilities, in their fixed order"
    )
    interested_label: str = Field("I want to see this", max_length=80, title="Words of interest")
    question_label: str = Field(
        "A question, or a time that suits you for a call",
        max_length=200,
        title="Question for questions",
    )
    next_step: NextStep = Field(NextStep(), title="Next step")


class Answers(Fields):
    """What the prospect wants to see, and a question to the rep."""

    interested: tuple[Key, ...] = Field((), max_length=40, title="Interested in")
    question: Words = Field("", title="Question")


@dataclass(frozen=True, slots=True)
class Parts:
    """The capabilities in two parts, each in the vendor's order."""

    answering: tuple[tuple[Capability, str], ...]
    others: tuple[Capability, ...]


class Solution(Module[Settings, Answers]):
    """The last step of the value chain."""

    kind = "solution"
    title = "Solution"
    summary = "Shows what the product does, beginning with what answers the prospect's problems."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Show the answering capabilities with their reasons, the others, and the next step."""
        parts = arranged(offered(settings.options, situation.profile), situation)
        hint = None
        if not parts.answering:
            text = "This is all it does. Choose your problems, and what answers them comes first."
            hint = upstream.hint_to(situation, "problems", text, "Choose your problems")
        chosen = answers.interested
        return {
            "title": settings.title,
            "intro": settings.intro,
            "hint": hint,
            "answering": [
                card(one, situation.profile, chosen, reason) for one, reason in parts.answering
            ],
            "others": [card(one, situation.profile, chosen) for one in parts.others],
            "interested_label": settings.interested_label,
            "question_label": settings.question_label,
            "question_help": f"It goes straight to {situation.rep_name}."
            if situation.rep_name
            else "",
            "question": answers.question,
            "step_label": settings.next_step.label,
            "step_link": settings.next_step.link,
            "step_kind": settings.next_step.kind.value,
        }

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say why some capabilities come first."""
        options = offered(settings.options, situation.profile)
        firsts = [
            Choice(f"“{one.label_for(situation.profile)}”", f"Comes first. {reason}.")
            for one, reason in arranged(options, situation).answering
        ]
        return [*firsts, *audience_choices(options, situation.profile)]

    def read(self, form: Form, settings: Settings, situation: Situation) -> Answers:
        """Read `interested` and `question`."""
        reading = Reading(form)
        interested = reading.keys("interested", {option.key for option in settings.options})
        question = reading.text("question")
        reading.finish()
        before = upstream.keys(situation, self.kind, "interested")
        return Answers(interested=in_order_chosen(interested, before), question=question)

    def headline(self, settings: Settings, answers: Answers, situation: Situation) -> str:
        """Say what they want to see, or what they ask."""
        wanted = labels(settings.options, answers.interested, situation.profile)
        if wanted:
            return f"Wants to see: {'; '.join(wanted)}"
        asked = shorten(answers.question, 120, placeholder="…")
        return f"Asks: “{asked}”" if asked else ""

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """List what they want to see, and their question."""
        wanted = labels(settings.options, answers.interested, situation.profile)
        facts = [("Wants to see", label) for label in wanted]
        return [*facts, *([("Their question", answers.question)] if answers.question else [])]

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Answer their question first; else ask what they would like to see."""
        if answers.question:
            asked = shorten(answers.question, 300, placeholder="…")
            return [f"They asked: “{asked}” What is our answer?"]
        if answers.interested:
            firsts = labels(settings.options, answers.interested[:1], situation.profile)
            return [f"What would “{label}” have to do for them to say yes?" for label in firsts]
        return ["What would they like to see first, and who else should see it?"]


def arranged(options: Sequence[Capability], situation: Situation) -> Parts:
    """Put what answers the chosen problems or the expected outcomes first, each with its reason."""
    reasons = {one.key: _reason(one, situation) for one in options}
    return Parts(
        tuple((one, reasons[one.key]) for one in options if reasons[one.key]),
        tuple(one for one in options if not reasons[one.key]),
    )


def _reason(capability: Capability, situation: Situation) -> str:
    """Say which of the person's problems and outcomes it answers, "" for none."""
    problems = _named("problems", capability.problems, situation, _chosen(situation))
    outcomes = _named("outcomes", capability.outcomes, situation, _expected(situation))
    parts = [f"answers {listed(problems, quoted=True)}"] if problems else []
    parts += [f"gives you {listed(outcomes, quoted=True)}"] if outcomes else []
    text = listed(parts)
    return text[:1].upper() + text[1:]


def _chosen(situation: Situation) -> tuple[str, ...]:
    """Return the problems the person has."""
    return upstream.keys(situation, "problems")


def _expected(situation: Situation) -> tuple[str, ...]:
    """Return the outcomes the person confirmed or expects something of."""
    improvements = upstream.numbers(situation, "outcomes", "improvements")
    hoped = [key for key, share in improvements.items() if share]
    return tuple(dict.fromkeys([*upstream.keys(situation, "outcomes", "confirmed"), *hoped]))


def _named(
    kind: str, wanted: Collection[str], situation: Situation, given: Sequence[str]
) -> list[str]:
    """Word those of another room's options that this person gave and the capability answers."""
    options = upstream.entries(situation, kind)
    return [upstream.label(options, key, situation.profile) for key in given if key in wanted]
