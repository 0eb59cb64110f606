"""Every number the calculation rests on: what it is, where it comes from, what it may be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from modules.contract import Situation
from modules.figures import PERIODS_PER_YEAR
from modules.roi.lines import EMPLOYEES, MOST_COUNT, MOST_MONEY, CostFields, LineFields
from modules.roi.model import Category
from modules.roi.settings import Answers, Scenario, Settings
from modules.upstream import numbers, raw_entries


class Origin(StrEnum):
    """Who said the number."""

    SELLER = "seller"
    BUYER = "buyer"
    IMPACTS = "impacts"
    OUTCOMES = "outcomes"
    PROFILE = "profile"


class Measure(StrEnum):
    """What a number measures; decides how it is read, written and bounded."""

    COUNT = "count"
    MONEY = "money"
    SHARE = "share"
    GROWTH = "growth"
    YEARS = "years"
    MONTHS = "months"


BOUNDS: Mapping[Measure, tuple[Decimal, Decimal]] = {
    Measure.COUNT: (Decimal(0), MOST_COUNT),
    Measure.MONEY: (Decimal(0), MOST_MONEY),
    Measure.SHARE: (Decimal(0), Decimal(1)),
    Measure.GROWTH: (Decimal("-0.5"), Decimal(1)),
    Measure.YEARS: (Decimal(1), Decimal(10)),
    Measure.MONTHS: (Decimal(0), Decimal(36)),
}
WHOLE = (Measure.YEARS, Measure.MONTHS)
PERCENT = (Measure.SHARE, Measure.GROWTH)


@dataclass(frozen=True, slots=True)
class Assumption:
    """One number: `value` counts, `given` is what counts when the buyer leaves it empty.

    `typical` is the seller's. `name` is the form field and the key under which the buyer's own
    number is stored.
    """

    name: str
    label: str
    measure: Measure
    typical: Decimal
    given: Decimal
    value: Decimal
    origin: Origin

    @property
    def is_own(self) -> bool:
        """Whether the buyer put in a number here."""
        return self.origin is Origin.BUYER


Said = tuple[Decimal, Origin] | None
"""A number the buyer gave elsewhere, and where."""


@dataclass(frozen=True, slots=True)
class LineSheet:
    """A benefit line with its assumptions, in the order they are shown."""

    line: LineFields
    assumptions: tuple[Assumption, ...]

    @property
    def label(self) -> str:
        """What the benefit is called."""
        return self.line.label


@dataclass(frozen=True, slots=True)
class CostSheet:
    """A cost with its assumptions, in the order they are shown."""

    cost: CostFields
    assumptions: tuple[Assumption, ...]

    @property
    def label(self) -> str:
        """What the cost is called."""
        return self.cost.label


@dataclass(frozen=True, slots=True)
class Sheet:
    """All assumptions of one buyer's calculation."""

    lines: tuple[LineSheet, ...]
    costs: tuple[CostSheet, ...]
    general: tuple[Assumption, ...]

    def __iter__(self) -> Iterator[Assumption]:
        for part in self.parts:
            yield from part.assumptions
        yield from self.general

    @property
    def parts(self) -> tuple[LineSheet | CostSheet, ...]:
        """All lines, then all costs."""
        return (*self.lines, *self.costs)

    def values(self) -> Mapping[str, Decimal]:
        """Return what counts, by name."""
        return {assumption.name: assumption.value for assumption in self}


def is_possible(value: Decimal, measure: Measure) -> bool:
    """Whether a number is within the bounds of what it measures."""
    low, high = BOUNDS[measure]
    whole = measure not in WHOLE or value == value.to_integral_value()
    return value.is_finite() and low <= value <= high and whole


def sheet_of(settings: Settings, answers: Answers, situation: Situation) -> Sheet:
    """Fill in every assumption: the buyer's own, else what they said elsewhere, else typical."""
    filling = _Filling(answers, situation)
    profile = situation.profile
    return Sheet(
        lines=tuple(
            LineSheet(line, tuple(_line_assumptions(line, filling)))
            for line in settings.lines
            if line.audience.matches(profile)
        ),
        costs=tuple(
            CostSheet(cost, tuple(_cost_assumptions(cost, filling)))
            for cost in settings.costs
            if cost.audience.matches(profile)
        ),
        general=tuple(_general_assumptions(settings, filling)),
    )


def varied_line(line: LineFields, situation: Situation) -> LineFields:
    """Return the line with the typical numbers of the first variation for this person."""
    for variation in line.variations:
        if variation.audience.matches(situation.profile):
            typical = variation.model_dump(exclude={"audience"}, exclude_none=True)
            return line.model_copy(update=typical)
    return line


def varied_cost(cost: CostFields, situation: Situation) -> CostFields:
    """Return the cost with the typical amounts of the first variation for this person."""
    for variation in cost.variations:
        if variation.audience.matches(situation.profile):
            typical = variation.model_dump(exclude={"audience"}, exclude_none=True)
            return cost.model_copy(update=typical)
    return cost


@dataclass(frozen=True, slots=True)
class _Filling:
    """Where numbers are taken from."""

    answers: Answers
    situation: Situation

    def __call__(
        self,
        name: str,
        label: str,
        measure: Measure,
        typical: Decimal,
        said: Said = None,
    ) -> Assumption:
        """Fill in one assumption; a number beyond its bounds is passed over."""
        usable = said is not None and is_possible(said[0], measure)
        given, origin = said if said is not None and usable else (typical, Origin.SELLER)
        own = self.answers.numbers.get(name)
        if own is not None and is_possible(own, measure):
            return Assumption(name, label, measure, typical, given, own, Origin.BUYER)
        return Assumption(name, label, measure, typical, given, given, origin)

    def quantity(self, key: str, period: str = "") -> Said:
        """Return the number of an impacts question in a line's period, or the company's size."""
        if key == EMPLOYEES:
            employees = self.situation.profile.employees
            return None if employees is None else (Decimal(employees), Origin.PROFILE)
        said = numbers(self.situation, "impacts", "numbers").get(key)
        if said is None or not is_possible(said, Measure.MONEY):
            return None
        return _in_period(said, self._asked_per(key), period), Origin.IMPACTS

    def improvement(self, key: str) -> Said:
        """Return the improvement the buyer expects of an outcomes option."""
        said = numbers(self.situation, "outcomes", "improvements").get(key)
        return None if said is None else (said, Origin.OUTCOMES)

    def _asked_per(self, key: str) -> str:
        """Return the period an impacts question asks for; "" where that is not known."""
        asked = raw_entries(self.situation, "impacts", "questions")
        return next((str(one.get("period", "")) for one in asked if one.get("key") == key), "")


def _in_period(value: Decimal, asked: str, wanted: str) -> Decimal:
    """Turn a number per week, month or year into another period's; kept where one is unknown."""
    if asked == wanted or asked not in PERIODS_PER_YEAR or wanted not in PERIODS_PER_YEAR:
        return value
    return round(value * PERIODS_PER_YEAR[asked] / PERIODS_PER_YEAR[wanted], 6)


def _line_assumptions(line: LineFields, fill: _Filling) -> Iterator[Assumption]:
    """Yield quantity, value of one, improvement and, where it counts, capture or margin."""
    if line.category is Category.STRATEGIC:
        return
    name = f"line.{line.key}"
    line = varied_line(line, fill.situation)
    said = fill.quantity(line.driver_from, line.period)
    counted = Measure.MONEY if line.driver_is_money else Measure.COUNT
    label = f"{line.driver_label} a {line.period}"
    yield fill(f"{name}.driver", label, counted, line.driver, said)
    if not line.driver_is_money:
        yield fill(f"{name}.unit_value", line.unit_label, Measure.MONEY, line.unit_value)
    said = fill.improvement(line.improvement_from)
    yield fill(f"{name}.improvement", "Improvement", Measure.SHARE, line.improvement, said)
    if line.category is Category.PRODUCTIVITY:
        yield fill(f"{name}.capture", "Time used again", Measure.SHARE, line.capture)
    if line.category is Category.REVENUE:
        yield fill(f"{name}.margin", "Margin", Measure.SHARE, line.margin)


def _cost_assumptions(cost: CostFields, fill: _Filling) -> Iterator[Assumption]:
    """Yield the quantity, where there is one, and both amounts."""
    name = f"cost.{cost.key}"
    cost = varied_cost(cost, fill.situation)
    each = ", each" if cost.quantity_label else ""
    if cost.quantity_label:
        said = fill.quantity(cost.quantity_from)
        yield fill(f"{name}.quantity", cost.quantity_label, Measure.COUNT, cost.quantity, said)
    yield fill(f"{name}.one_off", f"Once{each}", Measure.MONEY, cost.one_off)
    yield fill(f"{name}.yearly", f"Every year{each}", Measure.MONEY, cost.yearly)


def _general_assumptions(settings: Settings, fill: _Filling) -> Iterator[Assumption]:
    """Yield how the case is counted: horizon, rate, growth, ramp and the scenarios."""
    yield fill("years", "Years counted", Measure.YEARS, Decimal(settings.years))
    yield fill("discount_rate", "Discount rate a year", Measure.SHARE, settings.discount_rate)
    yield fill("growth", "Growth of benefits a year", Measure.GROWTH, settings.growth)
    ramp = settings.ramp
    if settings.counting == "monthly":
        months = Decimal(ramp.months)
        yield fill("ramp.months", "Months to the full effect", Measure.MONTHS, months)
    else:
        yield fill("ramp.year_1", "Effect in year 1", Measure.SHARE, ramp.year_1)
        yield fill("ramp.year_2", "Effect in year 2", Measure.SHARE, ramp.year_2)
        yield fill("ramp.later", "Effect from year 3 on", Measure.SHARE, ramp.later)
    for scenario in Scenario:
        factors = settings.scenarios.of(scenario)
        name, word = f"scenario.{scenario}", scenario.capitalize()
        yield fill(
            f"{name}.realisation", f"{word}: benefits counted", Measure.SHARE, factors.realisation
        )
        yield fill(
            f"{name}.cost_rise", f"{word}: costs raised by", Measure.SHARE, factors.cost_rise
        )
    yield fill("today_yearly", "Today's solution, a year", Measure.MONEY, settings.today_yearly)
