"""Asks what would be better if it were solved, so that the prospect says the payoff."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from textwrap import shorten
from typing import Annotated

from pydantic import Field

from modules import upstream
from modules.answering import Reading, Share, Words, in_order_chosen
from modules.contract import Choice, Fields, Form, Module, Situation
from modules.figures import percent
from modules.options import Key, UniqueKeys, labels
from modules.outcomes.asking import asked, decisions, overall_state, payoff
from modules.outcomes.options import OUTCOMES, Outcome
from modules.outcomes.payoff import NeedState, Worth, impacts_of, total_worth, worth_of

IMPROVEMENT_FIELD = "improvement-"


class Settings(Fields):
    """What the vendor's customers reach."""

    title: str = Field("And if it were solved?", max_length=200, title="Heading")
    intro: str = Field(
        "You know your company: how much of it would really change?",
        max_length=2_000,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    options: Annotated[tuple[Outcome, ...], UniqueKeys] = Field(
        OUTCOMES, max_length=40, title="Outcomes"
    )
    confirm_label: str = Field(
        "Yes, this would be worth it to us", max_length=200, title="Words of confirmation"
    )
    own_label: str = Field(
        "What would that make possible for you?", max_length=200, title="Question for own words"
    )


class Answers(Fields):
    """Improvements expected (shares by outcome), payoffs confirmed, and the buyer's own words."""

    improvements: dict[Key, Share] = Field({}, max_length=40, title="Improvements")
    confirmed: tuple[Key, ...] = Field((), max_length=40, title="Confirmed")
    own: Words = Field("", title="In their own words")


class Outcomes(Module[Settings, Answers]):
    """The fourth step of the value chain: need-payoff."""

    kind = "outcomes"
    title = "Impact if solved"
    summary = "The prospect says how much would improve, and whether it would be worth it."
    settings = Settings
    answers = Answers

    def view(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Mapping[str, object]:
        """Show a payoff question per impact, what it is worth, and the sum."""
        options = asked(settings.options, situation)
        total = self._total(settings, answers, situation)
        hint = None
        if not any(upstream.numbers(situation, "impacts", "numbers").values()):
            text = "With your numbers, each of these shows what it is worth to you."
            hint = upstream.hint_to(situation, "impacts", text, "Fill in your numbers")
        return {
            "title": settings.title,
            "intro": settings.intro,
            "hint": hint,
            "payoffs": [
                payoff(
                    one,
                    answers.improvements.get(one.key),
                    situation,
                    is_confirmed=one.key in answers.confirmed,
                )
                for one in options
            ],
            "confirm_label": settings.confirm_label,
            "total": total.said(situation) if total else "",
            "need_state": self.need_state(settings, answers, situation).value,
            "own_label": settings.own_label,
            "own": answers.own,
        }

    def need_state(self, settings: Settings, answers: Answers, situation: Situation) -> NeedState:
        """Return how explicit the need is by now."""
        return overall_state(settings.options, answers.improvements, answers.confirmed, situation)

    def choices(self, settings: Settings, situation: Situation) -> Sequence[Choice]:
        """Say which number or problem brought each outcome here."""
        return decisions(settings.options, situation)

    def read(self, form: Form, settings: Settings, situation: Situation) -> Answers:
        """Read `improvement-<outcome>` (0.6 or 60%), `confirmed` and `own`.

        An outcome that is not asked now keeps its earlier improvement.
        """
        reading = Reading(form)
        known = [option.key for option in settings.options]
        reading.unknown(IMPROVEMENT_FIELD, known)
        before = upstream.numbers(situation, self.kind, "improvements")
        improvements = {}
        for key in known:
            field = f"{IMPROVEMENT_FIELD}{key}"
            kept = min(before[key], Decimal(1)) if key in before else None
            share = reading.share(field, situation.locale) if reading.has(field) else kept
            if share is not None:
                improvements[key] = share
        confirmed = reading.keys("confirmed", known)
        own = reading.text("own")
        reading.finish()
        in_order = in_order_chosen(confirmed, upstream.keys(situation, self.kind, "confirmed"))
        return Answers(improvements=improvements, confirmed=in_order, own=own)

    def headline(self, settings: Settings, answers: Answers, situation: Situation) -> str:
        """Say what a solution would be worth to them, and how sure they are."""
        confirmed = labels(settings.options, answers.confirmed, situation.profile)
        total = self._total(settings, answers, situation)
        if confirmed:
            worth = f", worth {total.said(situation)}" if total else ""
            return f"Says it would be worth it: {'; '.join(confirmed)}{worth}"
        if total:
            return f"Expects a gain of {total.said(situation)}; not confirmed yet"
        if any(answers.improvements.values()):
            return "Expects an improvement; not confirmed yet"
        return f"Hopes for: “{shorten(answers.own, 120, placeholder='…')}”" if answers.own else ""

    def facts(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[tuple[str, str]]:
        """List each improvement with its worth, then the state of the need and their words."""
        if not (answers.improvements or answers.confirmed or answers.own):
            return []
        facts = [
            (one.label_for(situation.profile), self._said(one, answers, situation))
            for one in settings.options
            if one.key in answers.improvements or one.key in answers.confirmed
        ]
        facts.append(("Need", self.need_state(settings, answers, situation).value))
        return [*facts, *([("In their words", answers.own)] if answers.own else [])]

    def open_questions(
        self, settings: Settings, answers: Answers, situation: Situation
    ) -> Sequence[str]:
        """Ask for the payoff, or for its confirmation, in the buyer's words."""
        if not (answers.improvements or answers.confirmed or answers.own):
            return ["If this were solved, what would it be worth to them?"]
        hoped = [
            f"They expect “{one.label_for(situation.profile)}” but did not say that it is worth it:"
            " what would it change for them?"
            for one in asked(settings.options, situation)
            if answers.improvements.get(one.key) and one.key not in answers.confirmed
        ]
        words = [] if answers.own else ["What would they do with what they win, in their words?"]
        return [*hoped, *words]

    def _total(self, settings: Settings, answers: Answers, situation: Situation) -> Worth | None:
        """Add up what the improvements are worth."""
        pairs = [
            (one.impact, answers.improvements[one.key])
            for one in asked(settings.options, situation)
            if one.key in answers.improvements
        ]
        return total_worth(pairs, impacts_of(situation))

    def _said(self, option: Outcome, answers: Answers, situation: Situation) -> str:
        """Write one improvement for the rep."""
        share = answers.improvements.get(option.key)
        parts = [] if share is None else [percent(share, situation.locale)]
        worth = worth_of(impacts_of(situation).get(option.impact), share)
        parts += [worth.said(situation)] if worth else []
        parts += ["confirmed" if option.key in answers.confirmed else "not confirmed"]
        return ", ".join(parts)
