"""Which numbers are asked of this person, and how a question looks."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from modules import upstream
from modules.contract import Choice, Situation
from modules.figures import money, number
from modules.impacts.costs import Scale, cost_of, counted, scale_of
from modules.impacts.questions import Question, Role
from modules.options import audience_choices, offered
from modules.wording import listed


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question as the page shows it; `cost` is "" until there is a number."""

    key: str
    label: str
    help: str
    reason: str
    unit: str
    value: str
    usual: str
    suggestions: tuple[str, ...]
    counted_with: str
    cost: str
    scale: Scale | None


def asked(questions: Sequence[Question], situation: Situation) -> list[Question]:
    """Return the questions of the chosen problems; all of them when none was chosen yet.

    Problems nothing is asked about leave the page with all questions too: a room without a
    single question would be a riddle.
    """
    fitting = offered(questions, situation.profile)
    chosen = upstream.keys(situation, "problems")
    if not any(key in one.problems for one in fitting for key in chosen):
        return fitting
    return [one for one in fitting if not one.problems or set(one.problems) & set(chosen)]


def inquiry(question: Question, given: Decimal | None, situation: Situation) -> Inquiry:
    """Prepare one question for the page."""
    currency, locale = situation.currency, situation.locale
    low, typical, high, because = question.usual_for(situation.profile)
    usual = (
        f"{'For you typically' if because else 'Typical'}: {_plain(question, typical, situation)}"
    )
    between = f"{_plain(question, low, situation)} to {_plain(question, high, situation)}"
    unit_cost = money(question.unit_cost, currency, locale)
    note = f" ({question.cost_note})" if question.cost_note else ""
    return Inquiry(
        key=question.key,
        label=question.label_for(situation.profile),
        help=question.help,
        reason=_reason(question, situation),
        unit=f"{question.unit or currency} a {question.period}",
        value="" if given is None else number(given, locale),
        usual=f"{usual}; most say {between}.",
        suggestions=tuple(number(one, locale) for one in dict.fromkeys((low, typical, high))),
        counted_with=f"Counted with {unit_cost} each{note}." if question.unit else "",
        cost="" if given is None else _cost(question, given, situation),
        scale=scale_of(low, typical, high, given),
    )


def roles_for(roles: Sequence[Role], chosen: Collection[str], situation: Situation) -> list[Role]:
    """Return who may feel the chosen problems; everybody while no problem is chosen."""
    problems = set(upstream.keys(situation, "problems"))
    fitting = offered(roles, situation.profile, chosen)
    near = [
        one
        for one in fitting
        if not one.problems or set(one.problems) & problems or one.key in chosen
    ]
    return near if problems and near else fitting


def decisions(questions: Sequence[Question], situation: Situation) -> list[Choice]:
    """Explain which questions are asked and whose usual numbers are shown."""
    shown = asked(questions, situation)
    said = []
    for question in shown:
        label = f"“{question.label_for(situation.profile)}”"
        if reason := _reason(question, situation):
            said.append(Choice(label, f"{reason}."))
        *_, because = question.usual_for(situation.profile)
        if because:
            said.append(Choice(f"The typical number for {label}", f"Chosen because {because}."))
    return [*said, *audience_choices(shown, situation.profile)]


def _reason(question: Question, situation: Situation) -> str:
    """Say which chosen problems a question belongs to."""
    problems = upstream.entries(situation, "problems")
    names = [
        upstream.label(problems, key, situation.profile)
        for key in upstream.keys(situation, "problems")
        if key in question.problems
    ]
    return f"Asked because you chose {listed(names, quoted=True)}" if names else ""


def _plain(question: Question, count: Decimal, situation: Situation) -> str:
    """Write a number as short as its field allows: the unit stands beside it already."""
    if question.unit:
        return number(count, situation.locale)
    return money(count, situation.currency, situation.locale)


def _cost(question: Question, given: Decimal, situation: Situation) -> str:
    """Say what a number comes to."""
    cost = cost_of(question, given)
    month = money(cost.per_month, situation.currency, situation.locale)
    year = money(cost.per_year, situation.currency, situation.locale)
    return f"{month} a month, {year} a year"


def said_number(question: Question, count: Decimal, situation: Situation) -> str:
    """Write a number with unit and period in the person's currency."""
    return counted(question, count, situation.currency, situation.locale)
