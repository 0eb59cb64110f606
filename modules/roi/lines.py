"""What a seller sets for one benefit line and one cost, with its variations by audience."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from modules.audience import Audience
from modules.contract import Fields
from modules.options import Key
from modules.roi.model import Category, CostKind

MOST_COUNT = Decimal(1_000_000_000)
MOST_MONEY = Decimal(1_000_000_000_000)
EMPLOYEES = "employees"


class LineVariation(Fields):
    """Other typical numbers of a line for an audience; an empty number keeps the line's own."""

    audience: Audience = Field(Audience(), title="For whom")
    driver: Decimal | None = Field(None, ge=0, le=MOST_COUNT, title="Typical quantity")
    unit_value: Decimal | None = Field(None, ge=0, le=MOST_MONEY, title="Typical value of one")
    improvement: Decimal | None = Field(None, ge=0, le=1, title="Typical improvement (0 to 1)")


class CostVariation(Fields):
    """Other typical amounts of a cost for an audience; an empty number keeps the cost's own."""

    audience: Audience = Field(Audience(), title="For whom")
    quantity: Decimal | None = Field(None, ge=0, le=MOST_COUNT, title="Typical quantity")
    one_off: Decimal | None = Field(None, ge=0, le=MOST_MONEY, title="Once, for each")
    yearly: Decimal | None = Field(None, ge=0, le=MOST_MONEY, title="Every year, for each")


class LineFields(Fields):
    """A benefit line: quantity x value of one x improvement, and what it is."""

    key: Key = Field(title="Key", description="Small letters, digits and dashes.")
    label: str = Field(min_length=1, max_length=120, title="Benefit")
    category: Category = Field(Category.COST_REDUCTION, title="Kind of benefit")
    note: str = Field("", max_length=400, title="Why this comes about")
    driver_label: str = Field("Quantity", max_length=120, title="What is counted")
    period: Literal["week", "month", "year"] = Field(
        "year", title="Counted per", description="52 weeks or 12 months make a year."
    )
    driver_is_money: bool = Field(
        default=False,
        title="An amount of money is counted",
        description="It has no value of one then.",
    )
    driver: Decimal = Field(Decimal(0), ge=0, le=MOST_COUNT, title="Typical quantity")
    driver_from: str = Field(
        "",
        max_length=60,
        title="Quantity comes from",
        description='Key of an impacts question, "employees" (size of the company) or empty.',
    )
    unit_label: str = Field("Value of one", max_length=120, title="What one is worth, in words")
    unit_value: Decimal = Field(Decimal(0), ge=0, le=MOST_MONEY, title="Typical value of one")
    improvement: Decimal = Field(
        Decimal("0.2"), ge=0, le=1, title="Typical improvement", description="A share, 0 to 1."
    )
    improvement_from: str = Field(
        "",
        max_length=60,
        title="Improvement comes from",
        description="Key of an option of the outcomes module, or empty.",
    )
    capture: Decimal = Field(
        Decimal("0.5"),
        ge=0,
        le=1,
        title="Productivity capture",
        description="For productivity: the share of the time saved that is used again.",
    )
    margin: Decimal = Field(
        Decimal("0.3"),
        ge=0,
        le=1,
        title="Margin",
        description="For revenue: only this share of it counts.",
    )
    audience: Audience = Field(Audience(), title="Shown to")
    variations: tuple[LineVariation, ...] = Field((), max_length=20, title="Other typical numbers")


class CostFields(Fields):
    """A cost: an amount at the start and an amount every year, for each of a quantity."""

    key: Key = Field(title="Key", description="Small letters, digits and dashes.")
    label: str = Field(min_length=1, max_length=120, title="Cost")
    kind: CostKind = Field(CostKind.LICENCE, title="Kind of cost")
    one_off: Decimal = Field(Decimal(0), ge=0, le=MOST_MONEY, title="Once, for each")
    yearly: Decimal = Field(Decimal(0), ge=0, le=MOST_MONEY, title="Every year, for each")
    quantity_label: str = Field(
        "", max_length=120, title="What is counted", description="Empty: a total, counted once."
    )
    quantity: Decimal = Field(Decimal(1), ge=0, le=MOST_COUNT, title="Typical quantity")
    quantity_from: str = Field(
        "",
        max_length=60,
        title="Quantity comes from",
        description='Key of an impacts question, "employees" (size of the company) or empty.',
    )
    audience: Audience = Field(Audience(), title="Counted for")
    variations: tuple[CostVariation, ...] = Field((), max_length=20, title="Other typical amounts")

    @model_validator(mode="after")
    def _a_counted_cost_says_what_it_counts(self) -> Self:
        if self.quantity_from and not self.quantity_label:
            raise ValueError(f"Say what is counted for the cost “{self.label}”.")
        return self
