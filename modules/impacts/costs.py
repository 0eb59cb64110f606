"""What the prospect's own numbers come to. Decimal all the way; rounding is for display only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from modules.figures import money, number, per_month, per_year
from modules.impacts.questions import Question

HUNDRED = Decimal(100)
ROOM_ABOVE = Decimal("1.25")


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost per month and per year."""

    per_month: Decimal
    per_year: Decimal


def cost_of(question: Question, count: Decimal) -> Cost:
    """Return count times the cost of one, per month (a twelfth of the year) and per year."""
    amount = count * question.unit_cost
    return Cost(per_month(amount, question.period), per_year(amount, question.period))


def total_cost(questions: Iterable[Question], numbers: Mapping[str, Decimal]) -> Cost:
    """Add up what was counted."""
    costs = [cost_of(one, numbers[one.key]) for one in questions if one.key in numbers]
    return Cost(
        sum((cost.per_month for cost in costs), Decimal(0)),
        sum((cost.per_year for cost in costs), Decimal(0)),
    )


def counted(question: Question, count: Decimal, currency: str, locale: str) -> str:
    """Write a number with its unit: "60 hours a week", "€900 a month"."""
    if question.unit:
        return f"{number(count, locale)} {question.unit} a {question.period}"
    return f"{money(count, currency, locale)} a {question.period}"


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number stands among others, as positions on a line of 0 to 100."""

    low: Decimal
    width: Decimal
    typical: Decimal
    own: Decimal | None
    verdict: str


def scale_of(low: Decimal, typical: Decimal, high: Decimal, own: Decimal | None) -> Scale | None:
    """Place the number on the vendor's range; None when the range is empty."""
    end = high * ROOM_ABOVE
    if end == 0 or low == high:
        return None
    start = _position(low, end)
    return Scale(
        start,
        _position(high, end) - start,
        _position(typical, end),
        None if own is None else _position(own, end),
        "" if own is None else _verdict(low, typical, high, own),
    )


def _verdict(low: Decimal, typical: Decimal, high: Decimal, own: Decimal) -> str:
    """Say in words what the line shows."""
    if own > high:
        return "More than we usually see"
    if own < low:
        return "Less than we usually see"
    return "About typical" if own == typical else f"{'Above' if own > typical else 'Below'} typical"


def _position(value: Decimal, end: Decimal) -> Decimal:
    """Place a value on 0 to 100, with one decimal."""
    return round(min(value / end, Decimal(1)) * HUNDRED, 1)
