"""The example a new campaign begins with: software that takes the chase out of paying suppliers.

Keys and typical numbers fit the examples of the impacts and outcomes rooms.
"""

from decimal import Decimal

from modules.audience import Audience
from modules.roi.lines import CostFields, CostVariation, LineFields, LineVariation
from modules.roi.model import Category, CostKind

LARGE = Audience(min_employees=1000)
SMALL = Audience(max_employees=99)

LINES = (
    LineFields(
        key="approvals",
        label="Hours won back from chasing approvals",
        category=Category.PRODUCTIVITY,
        note="One button for the approver, no reminders for your team.",
        driver_label="Hours of chasing",
        period="week",
        driver=Decimal(12),
        driver_from="approval-hours",
        unit_label="Cost of an hour",
        unit_value=Decimal(45),
        improvement=Decimal("0.6"),
        improvement_from="faster-approvals",
        variations=(
            LineVariation(audience=LARGE, driver=Decimal(45)),
            LineVariation(audience=SMALL, driver=Decimal(5)),
        ),
    ),
    LineFields(
        key="typing",
        label="Invoices nobody has to type",
        category=Category.PRODUCTIVITY,
        note="About eight minutes of typing and checking each.",
        driver_label="Invoices typed",
        period="month",
        driver=Decimal(800),
        driver_from="typed-invoices",
        unit_label="Cost to type one",
        unit_value=Decimal(6),
        improvement=Decimal("0.7"),
        improvement_from="less-typing",
        variations=(
            LineVariation(audience=LARGE, driver=Decimal(6000)),
            LineVariation(audience=SMALL, driver=Decimal(200)),
        ),
    ),
    LineFields(
        key="late-fees",
        label="Late fees you no longer pay",
        category=Category.COST_REDUCTION,
        driver_label="Late fees",
        driver_is_money=True,
        period="month",
        driver=Decimal(900),
        driver_from="late-fees",
        improvement=Decimal("0.8"),
        improvement_from="no-late-fees",
    ),
    LineFields(
        key="discounts",
        label="Early-payment discounts you can take",
        category=Category.COST_REDUCTION,
        note="Only what your cash allows, so we count half.",
        driver_label="Discounts missed",
        driver_is_money=True,
        period="month",
        driver=Decimal(2500),
        driver_from="missed-discounts",
        improvement=Decimal("0.5"),
        improvement_from="discounts-taken",
    ),
    LineFields(
        key="double-payments",
        label="Invoices not paid twice",
        category=Category.RISK,
        driver_label="Paid twice",
        driver_is_money=True,
        driver=Decimal(8000),
        driver_from="double-payments",
        improvement=Decimal("0.9"),
        improvement_from="no-double-payments",
    ),
    LineFields(
        key="audit",
        label="Audit findings avoided",
        category=Category.COST_AVOIDANCE,
        driver_label="Findings",
        driver=Decimal(2),
        unit_label="Work after each",
        unit_value=Decimal(9000),
        improvement=Decimal("0.5"),
        audience=Audience(industries=("Finance", "Insurance", "Healthcare")),
    ),
    LineFields(
        key="calm-close",
        label="A month-end without overtime",
        category=Category.STRATEGIC,
        note="People stay, and numbers come while they still matter. We put no price on it.",
    ),
)

COSTS = (
    CostFields(
        key="licence",
        label="Licence",
        kind=CostKind.LICENCE,
        yearly=Decimal(300),
        quantity_label="People who approve or pay",
        quantity=Decimal(30),
        variations=(
            CostVariation(audience=LARGE, quantity=Decimal(180)),
            CostVariation(audience=SMALL, quantity=Decimal(8)),
        ),
    ),
    CostFields(
        key="setup",
        label="Set-up and connection to your books",
        kind=CostKind.IMPLEMENTATION,
        one_off=Decimal(12000),
        variations=(
            CostVariation(audience=LARGE, one_off=Decimal(45000)),
            CostVariation(audience=SMALL, one_off=Decimal(3500)),
        ),
    ),
    CostFields(
        key="training",
        label="Training for approvers",
        kind=CostKind.TRAINING,
        one_off=Decimal(3000),
        variations=(CostVariation(audience=SMALL, one_off=Decimal(1000)),),
    ),
    CostFields(
        key="own-time",
        label="Your own people's time",
        kind=CostKind.INTERNAL_LABOUR,
        one_off=Decimal(5000),
        yearly=Decimal(1000),
        variations=(CostVariation(audience=SMALL, one_off=Decimal(1500)),),
    ),
    CostFields(
        key="support",
        label="Support",
        kind=CostKind.SUPPORT,
        yearly=Decimal(2000),
        variations=(CostVariation(audience=SMALL, yearly=Decimal(500)),),
    ),
)
