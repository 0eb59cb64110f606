"""What an improvement is worth, and how sure the need is (SPIN: none, implied, explicit)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modules import upstream
from modules.contract import Situation
from modules.figures import PERIODS_PER_YEAR, money, number, per_month, per_year
from modules.options import Option


class NeedState(StrEnum):
    """How far a need has come. Large sales follow explicit needs, not implied ones."""

    NONE = "none"
    IMPLIED = "implied"
    EXPLICIT = "explicit"


@dataclass(frozen=True, slots=True)
class Impact:
    """A number given in impacts, with what is needed to say what a part of it is worth."""

    key: str
    label: str
    unit: str
    period: str
    unit_cost: Decimal
    count: Decimal | None

    @property
    def yearly_cost(self) -> Decimal | None:
        """What it costs a year, None without a number."""
        return None if self.count is None else per_year(self.count * self.unit_cost, self.period)

    def said(self, situation: Situation) -> str:
        """Write the number with its unit, "" without one."""
        if self.count is None:
            return ""
        if self.unit:
            return f"{number(self.count, situation.locale)} {self.unit} a {self.period}"
        return f"{money(self.count, situation.currency, situation.locale)} a {self.period}"


def impacts_of(situation: Situation) -> dict[str, Impact]:
    """Return what is known of the impacts, by question key, from their stored JSON."""
    counts = upstream.numbers(situation, "impacts", "numbers")
    options = upstream.entries(situation, "impacts", "questions")
    found = {}
    for raw in upstream.raw_entries(situation, "impacts", "questions"):
        key = raw.get("key")
        if isinstance(key, str) and key in options:
            found[key] = _impact(options[key], raw, counts.get(key), situation)
    return found


def problems_of(situation: Situation) -> dict[str, set[str]]:
    """Return which problems each impact question belongs to."""
    found = {}
    for raw in upstream.raw_entries(situation, "impacts", "questions"):
        key, problems = raw.get("key"), raw.get("problems")
        if isinstance(key, str) and isinstance(problems, list | tuple):
            found[key] = {problem for problem in problems if isinstance(problem, str)}
    return found


@dataclass(frozen=True, slots=True)
class Worth:
    """What an improvement brings, in money."""

    per_month: Decimal
    per_year: Decimal

    def said(self, situation: Situation) -> str:
        """Write it: "€1,404 a month, €16,848 a year"."""
        month = money(self.per_month, situation.currency, situation.locale)
        year = money(self.per_year, situation.currency, situation.locale)
        return f"{month} a month, {year} a year"


def worth_of(impact: Impact | None, share: Decimal | None) -> Worth | None:
    """Return cost times share; None while one of them is unknown or nothing is won."""
    if impact is None or impact.yearly_cost is None or not share:
        return None
    yearly = impact.yearly_cost * share
    return Worth(per_month(yearly, "year"), yearly)


def total_worth(
    pairs: Iterable[tuple[str, Decimal]], impacts: Mapping[str, Impact]
) -> Worth | None:
    """Add up (impact key, share) pairs; None when nothing has a number.

    No impact counts for more than the whole of it, however many outcomes improve it.
    """
    shares: dict[str, Decimal] = {}
    for key, share in pairs:
        shares[key] = min(shares.get(key, Decimal(0)) + share, Decimal(1))
    worths = [worth_of(impacts.get(key), share) for key, share in shares.items()]
    yearly = sum((worth.per_year for worth in worths if worth), Decimal(0))
    return Worth(per_month(yearly, "year"), yearly) if yearly else None


def _impact(
    option: Option, raw: Mapping[str, object], count: Decimal | None, situation: Situation
) -> Impact:
    """Read one question of the impacts room; what is odd counts as the plainest case."""
    unit, period = raw.get("unit"), raw.get("period")
    unit_cost = upstream.decimal(raw.get("unit_cost", 1))
    return Impact(
        option.key,
        option.label_for(situation.profile),
        unit if isinstance(unit, str) else "",
        period if isinstance(period, str) and period in PERIODS_PER_YEAR else "month",
        Decimal(0) if unit_cost is None or unit_cost < 0 else unit_cost,
        count,
    )
