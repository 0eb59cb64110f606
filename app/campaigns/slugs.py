"""The address of a campaign site: /c/<slug>."""

import re
import unicodedata

from pydantic import Field

from app.campaigns.shapes import Shape

SLUG = r"^[a-z0-9][a-z0-9-]{1,58}[a-z0-9]$"
LONGEST = 50


class Naming(Shape):
    """What the campaign is called here, and its public address."""

    name: str = Field(
        min_length=1,
        max_length=120,
        title="Name of the campaign",
        description="Only you and your colleagues see it.",
    )
    slug: str = Field(
        pattern=SLUG,
        title="Public address",
        description="What stands after /c/. Small letters, digits and dashes; it stays once live.",
    )


class NewCampaign(Shape):
    """What it takes to begin."""

    name: str = Field(
        min_length=1,
        max_length=120,
        title="Name of the campaign",
        description="Only you and your colleagues see it.",
    )
    slug: str = Field(
        "",
        pattern=rf"^$|{SLUG}",
        title="Public address",
        description="What stands after /c/. Leave it empty and it is made from the name.",
    )


def is_slug(text: str) -> bool:
    """Whether this can be the address of a campaign site."""
    return re.fullmatch(SLUG.strip("^$"), text) is not None


def made_slug(name: str, taken: set[str]) -> str:
    """Make an address out of a name, unlike all in `taken`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().casefold()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    slug = words if is_slug(words) else f"offer-{words}".strip("-")
    tries = (f"{slug}-{number}" for number in range(2, len(taken) + 3))
    return slug if slug not in taken else next(one for one in tries if one not in taken)
