"""Addresses and buttons that people may put on a page, and nothing that could run there."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from modules.contract import Fields

ADDRESS = re.compile(r"(?:https?://[^\s/<>\"'\\]|mailto:[^\s<>\"'\\@]+@|tel:\+?[0-9])[^\s<>\"'\\]*")
"""The only addresses allowed: pages, mail and telephone. Never `javascript:` or `data:`."""

ACT_PATTERN = r"^[a-z][a-z0-9.-]{0,39}$"


def safe_address(text: str) -> str:
    """Return the address if it is harmless. Raises ValueError otherwise."""
    address = text.strip()
    if not ADDRESS.fullmatch(address):
        raise ValueError("An address starts with https://, http://, mailto: or tel:")
    return address


Address = Annotated[str, Field(max_length=2_000), AfterValidator(safe_address)]


class Button(Fields):
    """A link that looks like a button and is worth tracking."""

    label: str = Field("Read more", min_length=1, max_length=80, title="Label")
    url: Address = Field("https://example.com/", title="Address")
    act: str = Field(
        "text.button",
        pattern=ACT_PATTERN,
        title="Name of the act",
        description="What the rep sees when it is clicked, for example price-list.open.",
    )
