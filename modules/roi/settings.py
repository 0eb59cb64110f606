"""What a seller sets for the ROI room, and what a buyer answers in it."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from modules.contract import Fields
from modules.roi.example import COSTS, LINES
from modules.roi.lines import MOST_MONEY, CostFields, LineFields


class Scenario(StrEnum):
    """How careful the count is."""

    CONSERVATIVE = "conservative"
    LIKELY = "likely"
    OPTIMISTIC = "optimistic"


class Factors(Fields):
    """What a scenario counts: a share of each benefit, and costs raised by a share."""

    realisation: Decimal = Field(
        ge=0, le=1, title="Benefits realised", description="A share, 0 to 1, of every benefit."
    )
    cost_rise: Decimal = Field(
        Decimal(0), ge=0, le=1, title="Costs raised by", description="A share, 0 to 1."
    )


class Scenarios(Fields):
    """The three factor sets."""

    conservative: Factors = Field(
        Factors(realisation=Decimal("0.5"), cost_rise=Decimal("0.1")), title="Conservative"
    )
    likely: Factors = Field(Factors(realisation=Decimal("0.75")), title="Likely")
    optimistic: Factors = Field(Factors(realisation=Decimal(1)), title="Optimistic")

    def of(self, scenario: Scenario) -> Factors:
        """Return a scenario's factors."""
        return {
            Scenario.CONSERVATIVE: self.conservative,
            Scenario.LIKELY: self.likely,
            Scenario.OPTIMISTIC: self.optimistic,
        }[scenario]


class Ramp(Fields):
    """How fast the full effect is reached."""

    year_1: Decimal = Field(Decimal("0.6"), ge=0, le=1, title="Effect in year 1 (0 to 1)")
    year_2: Decimal = Field(Decimal(1), ge=0, le=1, title="Effect in year 2 (0 to 1)")
    later: Decimal = Field(Decimal(1), ge=0, le=1, title="Effect from year 3 on (0 to 1)")
    months: int = Field(
        6, ge=0, le=36, title="Months to full effect", description="When counting by the month."
    )


class Settings(Fields):
    """The seller's business case: lines, costs and how they are counted."""

    title: str = Field("What it is worth to you", max_length=120, title="Title")
    intro: str = Field(
        "A first calculation with typical numbers. Put in your own and watch it change.",
        max_length=600,
        title="Introduction",
        json_schema_extra={"format": "long"},
    )
    lines: tuple[LineFields, ...] = Field(LINES, max_length=40, title="Benefits")
    costs: tuple[CostFields, ...] = Field(COSTS, max_length=40, title="Costs")
    years: int = Field(3, ge=1, le=10, title="Years counted")
    discount_rate: Decimal = Field(
        Decimal("0.10"), ge=0, le=1, title="Discount rate a year", description="A share, 0 to 1."
    )
    growth: Decimal = Field(
        Decimal(0),
        ge=Decimal("-0.5"),
        le=1,
        title="Growth of the benefits a year",
        description="A share, -0.5 to 1.",
    )
    ramp: Ramp = Field(Ramp(), title="Until the full effect")
    scenarios: Scenarios = Field(Scenarios(), title="The three scenarios")
    today_yearly: Decimal = Field(
        Decimal(0),
        ge=0,
        le=MOST_MONEY,
        title="Cost of today's solution a year",
        description="Only compared with the total cost of ownership; never counted as a benefit.",
    )
    counting: Literal["yearly", "monthly"] = Field("yearly", title="Count by the year or month")
    sensitivity: Decimal = Field(
        Decimal("0.2"), gt=0, le=1, title="Sensitivity", description="Each number ± this share."
    )

    @model_validator(mode="after")
    def _keys_are_unique(self) -> Self:
        _refuse_repeats("The key", (line.key for line in self.lines))
        _refuse_repeats("The key", (cost.key for cost in self.costs))
        return self

    @model_validator(mode="after")
    def _one_driver_feeds_one_line(self) -> Self:
        _refuse_repeats(
            "One number feeds one benefit, or it would be counted twice: the source",
            (line.driver_from for line in self.lines if line.driver_from),
        )
        return self


class Answers(Fields):
    """The buyer's choice of scenario and own numbers, by the name of the assumption.

    A number that is not there is not overridden. Numbers of assumptions which no longer exist,
    or beyond their bounds, are kept and not counted.
    """

    scenario: Scenario | None = Field(None, title="Scenario")
    order: Literal["category", "value"] = Field("category", title="Order of the benefits")
    numbers: dict[
        Annotated[str, Field(max_length=120)],
        Annotated[Decimal, Field(ge=-MOST_MONEY, le=MOST_MONEY, decimal_places=8)],
    ] = Field(
        default_factory=dict,
        max_length=600,
        title="Own numbers",
        description=(
            "By assumption. Quantities 0 to 1,000,000,000; money 0 to 1,000,000,000,000; shares 0 "
            "to 1; growth -0.5 to 1; years 1 to 10; months 0 to 36."
        ),
    )

    @property
    def chosen(self) -> Scenario:
        """The scenario that counts; likely until the buyer chooses."""
        return self.scenario or Scenario.LIKELY


def _refuse_repeats(what: str, keys: Iterable[str]) -> None:
    """Raise ValueError naming the keys that appear twice."""
    twice = [key for key, times in Counter(keys).items() if times > 1]
    if twice:
        raise ValueError(f"{what} “{twice[0]}” is used twice.")
