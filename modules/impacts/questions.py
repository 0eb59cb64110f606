"""What is counted, the roles that feel it, and the believable example of both."""

from decimal import Decimal
from typing import Literal, Self

from pydantic import Field, model_validator

from modules.answering import Amount
from modules.audience import Audience
from modules.contract import Profile
from modules.options import Key, Option, Variant

Period = Literal["week", "month", "year"]


class NumberVariant(Variant):
    """Another wording, or other usual numbers, for one audience."""

    typical: Amount | None = Field(None, title="Typical for them", description="Empty: as usual.")
    low: Amount | None = Field(None, title="Low for them")
    high: Amount | None = Field(None, title="High for them")

    @property
    def has_numbers(self) -> bool:
        """Whether it changes what is usual."""
        return any(number is not None for number in (self.typical, self.low, self.high))


class Question(Option):
    """A number only the prospect knows, and what one of it costs them."""

    label: str = Field("How many?", max_length=200, title="Question")
    variants: tuple[NumberVariant, ...] = Field(
        (), max_length=20, title="Other wordings and usual numbers"
    )
    problems: tuple[Key, ...] = Field(
        (),
        max_length=40,
        title="Asked for problems",
        description="Keys of problems; empty means always.",
    )
    unit: str = Field(
        "",
        max_length=40,
        title="Unit",
        description="For example hours. Empty when the number is an amount of money.",
    )
    period: Period = Field("month", title="Counted per")
    typical: Amount = Field(Decimal(10), title="Typical number")
    low: Amount = Field(Decimal(1), title="Low number")
    high: Amount = Field(Decimal(100), title="High number")
    unit_cost: Amount = Field(
        Decimal(1),
        title="Cost of one",
        description="What one unit costs, in the currency of the campaign. 1 for amounts of money.",
    )
    cost_note: str = Field(
        "", max_length=200, title="Where the cost comes from", description="Shown to the prospect."
    )

    @model_validator(mode="after")
    def _numbers_rise(self) -> Self:
        """Refuse a range that is none."""
        if not self.low <= self.typical <= self.high:
            raise ValueError("Low, typical and high must rise in this order.")
        return self

    def usual_for(self, profile: Profile) -> tuple[Decimal, Decimal, Decimal, str]:
        """Return low, typical and high for this person and why they differ ("" if they do not).

        Numbers of an audience that do not rise together with the usual ones are put in order.
        """
        fitting = [
            variant
            for variant in self.variants
            if variant.has_numbers
            and not variant.audience.is_everybody
            and variant.audience.matches(profile)
        ]
        if not fitting:
            return self.low, self.typical, self.high, ""
        own = fitting[0]
        typical = self.typical if own.typical is None else own.typical
        low = min(self.low if own.low is None else own.low, typical)
        high = max(self.high if own.high is None else own.high, typical)
        return low, typical, high, own.audience.because(profile)


class Role(Option):
    """Somebody else who feels a problem, and how: what a rep has to know before the call."""

    label: str = Field("Somebody else", max_length=200, title="Role")
    problems: tuple[Key, ...] = Field(
        (), max_length=40, title="Feels these problems", description="Empty means any."
    )


SMALL = Audience(max_employees=99)
LARGE = Audience(min_employees=1_000)

QUESTIONS = (
    Question(
        key="approval-hours",
        label="How many hours go into chasing approvals?",
        help="Everybody together: reminders, searching, asking again.",
        problems=("late-approvals", "no-overview"),
        unit="hours",
        period="week",
        low=Decimal(4),
        typical=Decimal(12),
        high=Decimal(40),
        unit_cost=Decimal(45),
        cost_note="an hour with all its costs, average of our customers",
        variants=(
            NumberVariant(audience=SMALL, typical=Decimal(5), low=Decimal(1), high=Decimal(15)),
            NumberVariant(audience=LARGE, typical=Decimal(45), low=Decimal(15), high=Decimal(160)),
        ),
    ),
    Question(
        key="typed-invoices",
        label="How many invoices are typed in by hand?",
        help="Paper, PDF by mail, portals: all that does not arrive as data.",
        problems=("typing",),
        unit="invoices",
        period="month",
        low=Decimal(150),
        typical=Decimal(800),
        high=Decimal(4_000),
        unit_cost=Decimal(6),
        cost_note="eight minutes of typing and checking each",
        variants=(
            NumberVariant(audience=SMALL, typical=Decimal(200), low=Decimal(40), high=Decimal(600)),
            NumberVariant(
                audience=LARGE, typical=Decimal(6_000), low=Decimal(1_500), high=Decimal(30_000)
            ),
        ),
    ),
    Question(
        key="late-fees",
        label="What do you pay in late fees and reminders?",
        help="A look at the statements of last month is enough.",
        problems=("late-fees", "late-approvals"),
        period="month",
        low=Decimal(100),
        typical=Decimal(900),
        high=Decimal(6_000),
    ),
    Question(
        key="missed-discounts",
        label="Which discounts go by because you pay too late?",
        help="Two percent of what could have been paid within ten days.",
        problems=("missed-discounts",),
        period="month",
        low=Decimal(200),
        typical=Decimal(2_500),
        high=Decimal(20_000),
    ),
    Question(
        key="double-payments",
        label="How much was paid twice, or to the wrong place?",
        help="Even when it came back later. A rough number is fine.",
        problems=("double-payments",),
        period="year",
        low=Decimal(500),
        typical=Decimal(8_000),
        high=Decimal(80_000),
    ),
)

ROLES = (
    Role(key="cfo", label="CFO", help="Numbers come late, so forecasts are guesses."),
    Role(
        key="budget-owners",
        label="Budget owners",
        help="They sign without seeing what is left.",
        problems=("late-approvals", "no-overview"),
    ),
    Role(
        key="purchasing",
        label="Purchasing",
        help="They hear from suppliers what finance has not paid.",
        problems=("late-fees", "missed-discounts", "late-approvals"),
    ),
    Role(
        key="operations",
        label="Operations",
        help="A blocked account means a delivery that does not come.",
        problems=("late-fees",),
    ),
    Role(
        key="audit",
        label="Internal audit",
        help="Every missing approval becomes a finding.",
        problems=("double-payments", "late-approvals"),
    ),
    Role(
        key="accounting",
        label="Accounting team",
        help="Overtime at month end, and people who leave.",
        problems=("typing", "late-approvals"),
    ),
)
