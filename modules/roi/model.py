"""From benefit lines and costs to flows, and from flows to the figures of the case.

    benefit of a line in period t = driver x unit value x improvement x share
                                    x realisation x ramp_t x (1 + growth)^(year - 1)

`share` is 1, or the productivity capture of time saved (soft unless it is used again), or the
margin of revenue. Released working capital comes once, whole, at the end of the first year.
Strategic benefits are shown and never summed. Flows come at the end of their period; one-off
costs today. Periods are years, or months at the rate that compounds to the yearly one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from modules.roi.finance import (
    MONTHS,
    ONE,
    ZERO,
    bcr,
    discounted_payback,
    irr,
    mirr,
    monthly_rate,
    npv,
    payback,
    roi_pv,
    roi_simple,
    tco,
    total,
    yearly_rate,
)

MOST_YEARS = 50


class Category(StrEnum):
    """What kind of benefit a line is; decides how it is counted."""

    COST_REDUCTION = "cost_reduction"
    COST_AVOIDANCE = "cost_avoidance"
    PRODUCTIVITY = "productivity"
    REVENUE = "revenue"
    RISK = "risk"
    WORKING_CAPITAL = "working_capital"
    STRATEGIC = "strategic"


class CostKind(StrEnum):
    """What a cost is paid for."""

    CAPEX = "capex"
    IMPLEMENTATION = "implementation"
    TRAINING = "training"
    LICENCE = "licence"
    SUPPORT = "support"
    INTERNAL_LABOUR = "internal_labour"


@dataclass(frozen=True, slots=True)
class Benefit:
    """One benefit line with the numbers that count now."""

    key: str
    label: str
    category: Category
    driver: Decimal
    unit_value: Decimal
    improvement: Decimal
    share: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Cost:
    """One cost: `quantity` times an amount at the start and an amount every year."""

    key: str
    label: str
    kind: CostKind
    one_off: Decimal
    yearly: Decimal
    quantity: Decimal = ONE


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the figures follow from, in one scenario.

    `ramp` is the share of the full effect reached in period 1, 2, ...; its last value stays.
    """

    benefits: tuple[Benefit, ...]
    costs: tuple[Cost, ...]
    years: int = 3
    rate: Decimal = Decimal("0.10")
    realisation: Decimal = ONE
    cost_rise: Decimal = ZERO
    growth: Decimal = ZERO
    ramp: tuple[Decimal, ...] = (ONE,)
    is_monthly: bool = False

    @property
    def per_year(self) -> int:
        """How many periods a year has."""
        return MONTHS if self.is_monthly else 1

    @property
    def periods(self) -> int:
        """How many periods follow the start; the horizon is held between 0 and 50 years."""
        return min(max(self.years, 0), MOST_YEARS) * self.per_year


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of a case; None where one does not exist. Paybacks are in months."""

    npv: Decimal | None
    roi_pv: Decimal | None
    roi_simple: Decimal | None
    bcr: Decimal | None
    irr: Decimal | None
    mirr: Decimal | None
    payback_months: Decimal | None
    discounted_payback_months: Decimal | None
    tco: Decimal | None
    tco_pv: Decimal | None


def linear_ramp(months: int, periods: int) -> tuple[Decimal, ...]:
    """Return the monthly ramp min(1, t / months); at once full for 0 months."""
    if months <= 0:
        return (ONE,)
    return tuple(min(ONE, Decimal(t) / months) for t in range(1, max(periods, 1) + 1))


@total
def full_year(line: Benefit) -> Decimal | None:
    """Return what a line brings in a full-run year (once, for working capital), before realisation.

    0 for strategic lines.
    """
    if line.category is Category.STRATEGIC:
        return ZERO
    return line.driver * line.unit_value * line.improvement * line.share


@total
def line_flows(case: Case, line: Benefit) -> tuple[Decimal, ...] | None:
    """Return a line's benefit at t = 0..n."""
    year = full_year(line)
    if year is None:
        return None
    amount = year * case.realisation
    if line.category is Category.WORKING_CAPITAL:
        return tuple(amount if t == case.per_year else ZERO for t in range(case.periods + 1))
    period = amount / case.per_year
    return (ZERO, *(period * _strength(case, t) for t in range(1, case.periods + 1)))


@total
def benefit_flows(case: Case) -> tuple[Decimal, ...] | None:
    """Return all benefits at t = 0..n."""
    return _summed([line_flows(case, line) for line in case.benefits], case.periods)


@total
def cost_flows(case: Case) -> tuple[Decimal, ...] | None:
    """Return all costs at t = 0..n, raised by the scenario's risk."""
    rise = ONE + case.cost_rise
    start = sum((cost.quantity * cost.one_off for cost in case.costs), ZERO) * rise
    running = sum((cost.quantity * cost.yearly for cost in case.costs), ZERO) * rise
    return (start, *(running / case.per_year for _ in range(case.periods)))


@total
def net_flows(case: Case) -> tuple[Decimal, ...] | None:
    """Return Benefit_t - Cost_t at t = 0..n."""
    benefits, costs = benefit_flows(case), cost_flows(case)
    if benefits is None or costs is None:
        return None
    return tuple(gained - spent for gained, spent in zip(benefits, costs, strict=True))


@total
def cumulative_net(case: Case) -> tuple[Decimal, ...] | None:
    """Return what has come in less what has gone out, up to each t = 0..n."""
    net = net_flows(case)
    return None if net is None else tuple(accumulate(net))


@total
def net_present_value(case: Case) -> Decimal | None:
    """Return the NPV of a case."""
    net, rate = net_flows(case), _period_rate(case)
    return None if net is None or rate is None else npv(net, rate)


def figures(case: Case) -> Figures | None:
    """Return every figure of a case; None where its numbers go beyond what can be counted."""
    rate = _period_rate(case)
    benefits, costs, net = benefit_flows(case), cost_flows(case), net_flows(case)
    if rate is None or benefits is None or costs is None or net is None:
        return None
    return Figures(
        npv=npv(net, rate),
        roi_pv=roi_pv(benefits, costs, rate),
        roi_simple=roi_simple(benefits, costs),
        bcr=bcr(benefits, costs, rate),
        irr=_a_year(irr(net), case),
        mirr=_a_year(mirr(net, rate, rate), case),
        payback_months=_in_months(payback(net), case),
        discounted_payback_months=_in_months(discounted_payback(net, rate), case),
        tco=tco(costs),
        tco_pv=npv(costs, rate),
    )


@total
def idle_month(case: Case) -> Decimal | None:
    """Return the gross cost of doing nothing: the full-run annual benefit / 12, per month.

    Full-run means fully ramped, before growth, at the scenario's realisation. Working capital
    comes once and is not annual.
    """
    lines = [line for line in case.benefits if line.category is not Category.WORKING_CAPITAL]
    years = [full_year(line) for line in lines]
    known = [year for year in years if year is not None]
    if len(known) < len(years):
        return None
    return sum(known, ZERO) * case.realisation / MONTHS


@total
def idle_month_net(case: Case) -> Decimal | None:
    """Return the cost of doing nothing per month, less the monthly licence."""
    gross = idle_month(case)
    paid = (cost.quantity * cost.yearly for cost in case.costs if cost.kind is CostKind.LICENCE)
    return None if gross is None else gross - sum(paid, ZERO) * (ONE + case.cost_rise) / MONTHS


@total
def break_even(case: Case) -> Decimal | None:
    """Return the realisation at which the NPV is 0: -NPV(c=0) / (NPV(c=1) - NPV(c=0)).

    NPV is linear in the realisation. None where no benefit counts. Above 1, even all of the
    benefits would not pay for the costs.
    """
    nothing = net_present_value(replace(case, realisation=ZERO))
    everything = net_present_value(replace(case, realisation=ONE))
    if nothing is None or everything is None or everything == nothing:
        return None
    return -nothing / (everything - nothing)


def _strength(case: Case, period: int) -> Decimal:
    """Return ramp x growth in a period."""
    ramp = case.ramp[min(period, len(case.ramp)) - 1] if case.ramp else ONE
    year = (period - 1) // case.per_year
    # 0 to the power of 0 is undefined in Decimal; the first year never grows.
    return ramp * (ONE + case.growth) ** year if year else ramp


def _summed(rows: Sequence[tuple[Decimal, ...] | None], periods: int) -> tuple[Decimal, ...] | None:
    """Add rows period by period; None if one of them does not exist."""
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return None
    return tuple(sum((row[t] for row in known), ZERO) for t in range(periods + 1))


def _period_rate(case: Case) -> Decimal | None:
    """Return the discount rate of one period; None if it is -100 % or less."""
    if case.is_monthly:
        return monthly_rate(case.rate)
    return case.rate if case.rate.is_finite() and case.rate > -1 else None


def _a_year(rate: Decimal | None, case: Case) -> Decimal | None:
    """Turn a period's rate into a yearly one."""
    return yearly_rate(rate) if rate is not None and case.is_monthly else rate


@total
def _in_months(periods: Decimal | None, case: Case) -> Decimal | None:
    """Turn a number of periods into months."""
    return None if periods is None else periods * MONTHS / case.per_year
