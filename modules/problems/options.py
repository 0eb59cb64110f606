"""The problems a vendor can solve, and the believable example of them."""

from pydantic import Field

from modules.audience import Audience
from modules.options import Key, Option, Variant


class Problem(Option):
    """A problem: which goals it stands in the way of, and who else feels it (the pain chain)."""

    goals: tuple[Key, ...] = Field(
        (),
        max_length=40,
        title="Goals it stands in the way of",
        description="Keys of goals; empty means any.",
    )
    affected: tuple[str, ...] = Field(
        (),
        max_length=20,
        title="Who else feels it",
        description="Roles, as in: the CFO, because forecasts are late.",
    )


PROBLEMS = (
    Problem(
        key="late-approvals",
        label="Invoices wait for approval",
        help="They sit in inboxes, and finance sends reminders.",
        goals=("close-faster", "pay-on-time", "cut-cost"),
        affected=("budget owners", "your CFO"),
        variants=(
            Variant(
                audience=Audience(industries=("software", "e-commerce")),
                label="Approvals get lost between chat, mail and calls",
            ),
        ),
    ),
    Problem(
        key="typing",
        label="Invoices are typed in by hand",
        help="Somebody copies numbers from a PDF, and somebody else corrects them.",
        goals=("cut-cost", "grow-lean", "close-faster"),
        affected=("your accounting team",),
    ),
    Problem(
        key="late-fees",
        label="Suppliers charge fees or stop delivering",
        help="The bill was fine; it was only paid too late.",
        goals=("pay-on-time",),
        affected=("purchasing", "operations"),
    ),
    Problem(
        key="missed-discounts",
        label="Discounts for early payment go by",
        help="Two percent for ten days is a lot of money in a year.",
        goals=("pay-on-time", "cut-cost"),
        affected=("treasury",),
    ),
    Problem(
        key="double-payments",
        label="Some invoices are paid twice",
        help="Or to the wrong account, and nobody notices for weeks.",
        goals=("stay-in-control", "pass-audit"),
        affected=("internal audit", "your CFO"),
    ),
    Problem(
        key="no-overview",
        label="Nobody sees what is committed but not yet billed",
        help="The forecast changes on the day the invoice arrives.",
        goals=("stay-in-control", "close-faster"),
        affected=("the board", "budget owners"),
        audience=Audience(min_employees=100),
    ),
)
