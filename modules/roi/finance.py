"""Financial figures of a series of flows. Decimal only, and total: they never raise.

A series is counted from the start: `flows[0]` is today, `flows[t]` the end of period t. A figure
that does not exist (no sign change, nothing invested, more digits than Decimal holds) is None;
infinity and NaN, given or found, are None too. Rates are shares: 10 % is Decimal("0.10").

Source of the definitions: Forrester's Total Economic Impact tables (whose printed case is a test)
and the usual textbook formulas; each docstring states its own.
"""

from collections.abc import Callable, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext
from functools import wraps
from itertools import accumulate, pairwise
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T", Decimal, tuple[Decimal, ...])

ONE = Decimal(1)
ZERO = Decimal(0)
MONTHS = 12
PRECISION = Context(prec=50, traps=[InvalidOperation, DivisionByZero, Overflow])
CLOSE = Decimal("1e-40")
MOST_HALVINGS = 400


def total(figure: Callable[P, T | None]) -> Callable[P, T | None]:
    """Make arithmetic total: 50 digits inside, and None instead of an error or a non-number."""

    @wraps(figure)
    def safe(*args: P.args, **kwargs: P.kwargs) -> T | None:
        with localcontext(PRECISION):
            try:
                found = figure(*args, **kwargs)
            except ArithmeticError:
                return None
        if found is None:
            return None
        parts = found if isinstance(found, tuple) else (found,)
        return found if all(part.is_finite() for part in parts) else None

    return safe


@total
def monthly_rate(yearly: Decimal) -> Decimal | None:
    """Return the month's rate that compounds to the year's: (1 + r)^(1/12) - 1; None if r <= -1."""
    return None if yearly <= -1 else (ONE + yearly) ** (ONE / MONTHS) - ONE


@total
def yearly_rate(monthly: Decimal) -> Decimal | None:
    """Return the year's rate twelve months compound to: (1 + m)^12 - 1; None if m <= -1."""
    return None if monthly <= -1 else (ONE + monthly) ** MONTHS - ONE


@total
def discounted(flows: Sequence[Decimal], rate: Decimal) -> tuple[Decimal, ...] | None:
    """Return each flow's present value, flow_t / (1 + r)^t; None if r <= -1."""
    if rate <= -1:
        return None
    return tuple(flow / (ONE + rate) ** t for t, flow in enumerate(flows))


@total
def npv(flows: Sequence[Decimal], rate: Decimal) -> Decimal | None:
    """Return the net present value, sum of flow_t / (1 + r)^t for t = 0..n; 0 for no flows.

    The first flow is today's and is not discounted. Excel's NPV() discounts it as well.
    """
    values = discounted(flows, rate)
    return None if values is None else sum(values, ZERO)


@total
def roi_pv(benefits: Sequence[Decimal], costs: Sequence[Decimal], rate: Decimal) -> Decimal | None:
    """Return the ROI on present values, (PV_B - PV_C) / PV_C; None unless PV_C > 0.

    Source: Forrester TEI, which prints its ROI this way.
    """
    gained, spent = npv(benefits, rate), npv(costs, rate)
    if gained is None or spent is None or spent <= 0:
        return None
    return (gained - spent) / spent


@total
def roi_simple(benefits: Sequence[Decimal], costs: Sequence[Decimal]) -> Decimal | None:
    """Return the undiscounted ROI, (sum B - sum C) / sum C; None unless something is spent."""
    spent = sum(costs, ZERO)
    return None if spent <= 0 else (sum(benefits, ZERO) - spent) / spent


@total
def bcr(benefits: Sequence[Decimal], costs: Sequence[Decimal], rate: Decimal) -> Decimal | None:
    """Return the benefit-cost ratio, PV_B / PV_C; None unless PV_C > 0."""
    gained, spent = npv(benefits, rate), npv(costs, rate)
    return None if gained is None or spent is None or spent <= 0 else gained / spent


def sign_changes(flows: Sequence[Decimal]) -> int:
    """Count how often the flows change their sign; zeros do not count."""
    signs = [flow > 0 for flow in flows if flow.is_finite() and flow != 0]
    return sum(now != before for before, now in pairwise(signs))


@total
def irr(flows: Sequence[Decimal]) -> Decimal | None:
    """Return the rate at which the NPV is 0; None unless the flows change sign exactly once.

    With x = 1 / (1 + r) the NPV is a polynomial in x that, by Descartes' rule of signs, has one
    positive root after one change of sign. Cauchy's bound brackets it, and the bracket is
    halved on a logarithmic scale, so that -99 % and 100,000 % are found in equally few steps.
    """
    if not all(flow.is_finite() for flow in flows) or sign_changes(flows) != 1:
        return None
    paid = _without_outer_zeros(flows)
    largest = max(abs(flow) for flow in paid)
    low = ONE / (ONE + largest / abs(paid[0]))
    high = ONE + largest / abs(paid[-1])
    rate = ONE / _root(paid, low, high) - ONE
    return rate if rate > -1 else None


@total
def mirr(flows: Sequence[Decimal], finance: Decimal, reinvest: Decimal) -> Decimal | None:
    """Return the modified IRR, (FV(positive, reinvest) / -PV(negative, finance))^(1/n) - 1.

    None unless there is money out, money in and at least one period.
    """
    periods = len(flows) - 1
    spent = npv([min(flow, ZERO) for flow in flows], finance)
    gained = npv([max(flow, ZERO) for flow in flows], reinvest)
    if periods < 1 or not spent or not gained:
        return None
    at_the_end = gained * (ONE + reinvest) ** periods
    return (at_the_end / -spent) ** (ONE / periods) - ONE


@total
def payback(flows: Sequence[Decimal]) -> Decimal | None:
    """Return the periods until the cumulative flow is back at 0, linear inside a period.

    0 only if the cumulative flow never goes below 0; None if it never comes back (or there are
    no flows at all).
    """
    so_far = tuple(accumulate(flows, initial=ZERO))[1:]
    below = next((t for t, amount in enumerate(so_far) if amount < 0), None)
    if below is None:
        return ZERO if so_far else None
    for t in range(below + 1, len(so_far)):
        if so_far[t] >= 0:
            return t - 1 - so_far[t - 1] / flows[t]
    return None


@total
def discounted_payback(flows: Sequence[Decimal], rate: Decimal) -> Decimal | None:
    """Return the payback of the discounted flows, in periods; see `payback`."""
    values = discounted(flows, rate)
    return None if values is None else payback(values)


@total
def tco(costs: Sequence[Decimal]) -> Decimal | None:
    """Return the total cost of ownership, the sum of all costs over the horizon."""
    return sum(costs, ZERO)


@total
def tco_saving(as_is: Sequence[Decimal], to_be: Sequence[Decimal]) -> Decimal | None:
    """Return what the new way costs less than today's: TCO_as-is - TCO_to-be."""
    return sum(as_is, ZERO) - sum(to_be, ZERO)


def _without_outer_zeros(flows: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Cut the zeros at both ends, which move no root."""
    paid = [t for t, flow in enumerate(flows) if flow != 0]
    return tuple(flows[paid[0] : paid[-1] + 1])


def _root(flows: Sequence[Decimal], low: Decimal, high: Decimal) -> Decimal:
    """Halve the bracket around the one positive root of sum flow_t x^t."""
    rises = flows[0] < 0
    for _ in range(MOST_HALVINGS):
        middle = (low * high).sqrt()
        if high / low - ONE < CLOSE:
            break
        value = ZERO
        for flow in reversed(flows):
            value = value * middle + flow
        if value == 0:
            return middle
        low, high = (middle, high) if (value < 0) == rises else (low, middle)
    return middle
