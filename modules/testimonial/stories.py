"""What customers say, who they are, and the believable example of it."""

from pydantic import Field

from modules.audience import Audience
from modules.contract import Fields
from modules.options import Key


class Result(Fields):
    """One measured result, such as "4 days" and "earlier month end"."""

    figure: str = Field("", max_length=40, title="Figure")
    meaning: str = Field("", max_length=120, title="What it means")


class Story(Fields):
    """One customer's words. The audience says whom the teller resembles."""

    key: Key = Field("story", title="Key")
    quote: str = Field(
        "It does what we were promised.",
        min_length=1,
        max_length=1_000,
        title="Quote",
        json_schema_extra={"format": "long"},
    )
    name: str = Field("", max_length=120, title="Who says it")
    role: str = Field("", max_length=120, title="Their role")
    company: str = Field("", max_length=120, title="Their company")
    results: tuple[Result, ...] = Field((), max_length=4, title="Results")
    audience: Audience = Field(
        Audience(), title="Resembles", description="Industry, title and size of the teller."
    )


FINANCE = ("finance", "CFO", "controller", "accounting")

STORIES = (
    Story(
        key="nordlicht",
        quote="We approve invoices between two meetings now. Month end went from nine days to "
        "four, and nobody writes reminders any more.",
        name="Jana Petersen",
        role="Head of Finance",
        company="Nordlicht Software",
        results=(
            Result(figure="5 days", meaning="earlier month end"),
            Result(figure="31 hours", meaning="a week won back"),
        ),
        audience=Audience(
            industries=("Software",), titles=FINANCE, min_employees=100, max_employees=999
        ),
    ),
    Story(
        key="brightwell",
        quote="We doubled our customers and kept a finance team of three. The invoices just "
        "arrive coded.",
        name="Tom Adeyemi",
        role="Chief Operating Officer",
        company="Brightwell",
        results=(Result(figure="Twice", meaning="the invoices with the same team"),),
        audience=Audience(
            industries=("Software",), titles=("operating", "COO", "founder"), max_employees=99
        ),
    ),
    Story(
        key="ferrum",
        quote="Steel comes on time because we pay on time. Our three largest suppliers gave us "
        "back the terms we had lost.",
        name="Lucia Ferraro",
        role="Head of Purchasing",
        company="Ferrum Parts",
        results=(
            Result(figure="€84,000", meaning="discounts taken in the first year"),
            Result(figure="0", meaning="blocked accounts"),
        ),
        audience=Audience(
            industries=("Manufacturing",),
            titles=("purchasing", "procurement", "supply"),
            min_employees=250,
        ),
    ),
    Story(
        key="havn",
        quote="Forty depots, one place to see what we owe. The first week paid for the year.",
        name="Mikkel Sand",
        role="Group Controller",
        company="Havn Logistics",
        results=(Result(figure="€61,000", meaning="double payments stopped"),),
        audience=Audience(industries=("Logistics",), titles=FINANCE, min_employees=1_000),
    ),
    Story(
        key="stmary",
        quote="Our wards order what they need, and we can tell the auditor who agreed to what.",
        name="Dr. Eleni Markou",
        role="Managing Director",
        company="St. Mary Clinics",
        results=(Result(figure="1 hour", meaning="for an audit that took a week"),),
        audience=Audience(industries=("Healthcare",), min_employees=250),
    ),
    Story(
        key="general",
        quote="I expected a project. It was a Tuesday.",
        name="Priya Raman",
        role="Head of Accounting",
        company="Weyland & Daughters",
        results=(Result(figure="6 days", meaning="from the first call to the first invoice"),),
    ),
)
