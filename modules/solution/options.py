"""What the product can do, how to go on from here, and the believable example of both."""

import re
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from modules.contract import Fields
from modules.links import safe_address
from modules.options import Key, Option


class Capability(Option):
    """Something the product does, and which problems and outcomes it answers."""

    label: str = Field("What it does", max_length=200, title="Capability")
    help: str = Field(
        "", max_length=1_000, title="Description", json_schema_extra={"format": "long"}
    )
    problems: tuple[Key, ...] = Field(
        (), max_length=40, title="Answers problems", description="Keys of problems."
    )
    outcomes: tuple[Key, ...] = Field(
        (), max_length=40, title="Leads to outcomes", description="Keys of outcomes."
    )


class StepKind(StrEnum):
    """How a prospect goes on."""

    CALL = "ask-for-a-call"
    MAIL = "mail"
    PHONE = "telephone"
    PAGE = "page"


SCHEMES = {
    StepKind.MAIL: ("mailto:",),
    StepKind.PHONE: ("tel:",),
    StepKind.PAGE: ("https://", "http://"),
}


BARE_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:[/?#]|:\d|$)", re.IGNORECASE)
"""A page written without its scheme, as people do; anything else must bring its own."""


class NextStep(Fields):
    """The one button at the end."""

    kind: StepKind = Field(StepKind.CALL, title="What it does")
    label: str = Field("Ask for a call", min_length=1, max_length=80, title="Label")
    address: str = Field(
        "",
        max_length=2_000,
        title="Address",
        description="A mail address, a telephone number or a page; none to ask for a call.",
    )

    @property
    def link(self) -> str:
        """The address to link to, "" when a call is asked for in words on the page."""
        return self._link_to(self.address.strip())

    @model_validator(mode="after")
    def _is_reachable(self) -> Self:
        """Refuse a button that leads nowhere, or anywhere it should not."""
        if self.kind is not StepKind.CALL:
            safe_address(self.link)
        return self

    def _link_to(self, address: str) -> str:
        """Put the scheme before a bare mail address or telephone number."""
        if self.kind is StepKind.CALL:
            return ""
        schemes = SCHEMES[self.kind]
        if self.kind is StepKind.PAGE and not BARE_HOST.match(address):
            return address
        if self.kind is StepKind.PHONE:
            address = "".join(sign for sign in address if sign not in " ()/-.")
        return address if address.startswith(schemes) else f"{schemes[0]}{address}"


CAPABILITIES = (
    Capability(
        key="one-click-approval",
        label="Approval in one click, wherever people are",
        help="Each invoice goes to the right person with its order and budget. "
        "They approve from mail, chat or phone; a deputy steps in after two days.",
        problems=("late-approvals", "late-fees"),
        outcomes=("faster-approvals", "no-late-fees"),
    ),
    Capability(
        key="capture",
        label="Invoices that read themselves",
        help="PDF, paper or portal: lines, taxes and orders are recognised and matched. "
        "People see only what does not fit.",
        problems=("typing",),
        outcomes=("less-typing",),
    ),
    Capability(
        key="payment-plan",
        label="A payment plan that knows every due date",
        help="Pays on the best day: early for a discount, on time for everything else.",
        problems=("late-fees", "missed-discounts"),
        outcomes=("no-late-fees", "discounts-taken"),
    ),
    Capability(
        key="guard",
        label="A guard against double and false invoices",
        help="Compares every bill with all before it, and every account with the supplier file.",
        problems=("double-payments",),
        outcomes=("no-double-payments",),
    ),
    Capability(
        key="commitments",
        label="Commitments on one page",
        help="Orders, bills on their way and bills to come: what you owe, before it is billed.",
        problems=("no-overview",),
    ),
    Capability(
        key="connections",
        label="At home in your accounting system",
        help="Ready connections to the common systems; the first invoices flow after a week.",
    ),
)
