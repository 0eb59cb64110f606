"""What would be better if a problem were solved, and the believable example of it."""

from decimal import Decimal

from pydantic import Field

from modules.answering import Share
from modules.options import Option


class Outcome(Option):
    """The payoff of one impact: the question behind it, and how much our customers reach."""

    label: str = Field("Better than today", max_length=200, title="Outcome")
    impact: str = Field(
        "", max_length=40, title="Improves", description="Key of a number asked in impacts."
    )
    question: str = Field(
        "How much of it would go away?",
        max_length=300,
        title="Question",
        description="Asks for the payoff, so that the prospect says it.",
    )
    improvement_share: Share = Field(
        Decimal("0.5"), title="Typical improvement", description="A share: 0.5 is half."
    )
    source: str = Field(
        "", max_length=200, title="Where the typical one comes from", description="Shown."
    )


OUTCOMES = (
    Outcome(
        key="faster-approvals",
        label="Approvals in a day, without chasing",
        help="The approver gets the invoice, its order and one button, on the phone.",
        impact="approval-hours",
        question="How many of those hours would you win back?",
        improvement_share=Decimal("0.6"),
        source="average of 40 customers after six months",
    ),
    Outcome(
        key="less-typing",
        label="Invoices that read themselves",
        help="Lines, taxes and orders are matched; people check only what does not fit.",
        impact="typed-invoices",
        question="How many invoices would nobody have to type?",
        improvement_share=Decimal("0.7"),
        source="average of 40 customers after six months",
    ),
    Outcome(
        key="no-late-fees",
        label="Bills paid on the day they are due",
        impact="late-fees",
        question="How much of the fees would you no longer pay?",
        improvement_share=Decimal("0.8"),
        source="customers with more than 500 invoices a month",
    ),
    Outcome(
        key="discounts-taken",
        label="Discounts taken before they pass",
        impact="missed-discounts",
        question="How much of those discounts could you take?",
        improvement_share=Decimal("0.5"),
        source="it depends on your cash; half is what we see",
    ),
    Outcome(
        key="no-double-payments",
        label="Double invoices caught before they are paid",
        impact="double-payments",
        question="How much of it would never leave your account?",
        improvement_share=Decimal("0.9"),
        source="audit of 12 customers",
    ),
)
