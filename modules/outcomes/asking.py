"""Which payoffs are asked of this person, and how a question looks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from modules import upstream
from modules.contract import Choice, Situation
from modules.figures import percent
from modules.options import offered
from modules.outcomes.options import Outcome
from modules.outcomes.payoff import Impact, NeedState, impacts_of, problems_of, worth_of
from modules.wording import listed

LEVELS = (Decimal("0.1"), Decimal("0.25"), Decimal("0.5"), Decimal("0.75"), Decimal("0.9"))


@dataclass(frozen=True, slots=True)
class Level:
    """One improvement to choose: its stored value and how it is written."""

    value: str
    label: str
    is_typical: bool
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Payoff:
    """An outcome as the page shows it; `worth` is "" until it can be counted."""

    key: str
    label: str
    help: str
    question: str
    today: str
    typical: str
    levels: tuple[Level, ...]
    is_unsure: bool
    is_confirmed: bool
    worth: str
    reason: str


def asked(options: Sequence[Outcome], situation: Situation) -> list[Outcome]:
    """Return the outcomes of the numbers given; without numbers, of the problems chosen.

    When neither leads to an outcome, all of them are shown.
    """
    fitting = offered(options, situation.profile)
    counts = upstream.numbers(situation, "impacts", "numbers")
    problems = set(upstream.keys(situation, "problems"))
    of_question = problems_of(situation)
    relevant = {
        key
        for key in of_question
        if not problems or not of_question[key] or of_question[key] & problems
    }
    counted = [
        one
        for one in fitting
        if counts.get(one.impact) and (one.impact in relevant or not of_question)
    ]
    if counted:
        return counted
    near = [one for one in fitting if problems & of_question.get(one.impact, set())]
    return near or fitting


def payoff(
    outcome: Outcome, share: Decimal | None, situation: Situation, *, is_confirmed: bool
) -> Payoff:
    """Prepare one outcome for the page."""
    impact = impacts_of(situation).get(outcome.impact)
    worth = worth_of(impact, share)
    usual = percent(outcome.improvement_share, situation.locale)
    return Payoff(
        key=outcome.key,
        label=outcome.label_for(situation.profile),
        help=outcome.help,
        question=outcome.question,
        today=f"Today: {impact.said(situation)}." if impact and impact.count is not None else "",
        typical=f"Typical: {usual}" + (f" ({outcome.source})." if outcome.source else "."),
        levels=_levels(outcome.improvement_share, share, situation.locale),
        is_unsure=share is None,
        is_confirmed=is_confirmed,
        worth=worth.said(situation) if worth else "",
        reason=_reason(impact, situation),
    )


def decisions(options: Sequence[Outcome], situation: Situation) -> list[Choice]:
    """Explain which outcomes are asked about."""
    impacts = impacts_of(situation)
    said: list[Choice] = []
    for outcome in asked(options, situation):
        label = f"“{outcome.label_for(situation.profile)}”"
        reasons = (
            _reason(impacts.get(outcome.impact), situation),
            outcome.reason_for(situation.profile),
        )
        said.extend(Choice(label, f"{reason}.") for reason in reasons if reason)
    return said


def state_of(
    key: str, improvements: Mapping[str, Decimal], confirmed: Collection[str]
) -> NeedState:
    """Return the state of one need: only a payoff the buyer confirmed is explicit."""
    if key in confirmed:
        return NeedState.EXPLICIT
    return NeedState.IMPLIED if improvements.get(key) else NeedState.NONE


def overall_state(
    options: Sequence[Outcome],
    improvements: Mapping[str, Decimal],
    confirmed: Collection[str],
    situation: Situation,
) -> NeedState:
    """Return the strongest need; a problem admitted or counted earlier is an implied one."""
    states = {state_of(one.key, improvements, confirmed) for one in options}
    if NeedState.EXPLICIT in states:
        return NeedState.EXPLICIT
    numbers = upstream.numbers(situation, "impacts", "numbers")
    is_told = any(numbers.values()) or upstream.keys(situation, "problems")
    return NeedState.IMPLIED if NeedState.IMPLIED in states or is_told else NeedState.NONE


def _levels(typical: Decimal, chosen: Decimal | None, locale: str) -> tuple[Level, ...]:
    """Return the improvements to choose from: the usual steps, the typical one, one's own."""
    values = {*LEVELS, typical, *([] if chosen is None else [chosen])}
    return tuple(
        Level(
            format(value.normalize(), "f"),
            percent(value, locale),
            is_typical=value == typical,
            is_chosen=value == chosen,
        )
        for value in sorted(values)
    )


def _reason(impact: Impact | None, situation: Situation) -> str:
    """Say what brought an outcome here: the number given, or the problem chosen."""
    if impact is None:
        return ""
    if impact.count:
        return f"Shown because you counted {impact.said(situation)}"
    problems = upstream.entries(situation, "problems")
    behind = problems_of(situation).get(impact.key, set())
    names = [
        upstream.label(problems, key, situation.profile)
        for key in upstream.keys(situation, "problems")
        if key in behind
    ]
    return f"Shown because you chose {listed(names, quoted=True)}" if names else ""
