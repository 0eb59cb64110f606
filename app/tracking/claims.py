"""The sealed page token: what a served page proves about itself to sockets and posts.

It says which page of whom this is and which browser it was served to, so nothing of that is ever
taken from a message. Readable by its visitor, forgeable by nobody, worthless after seven days.
"""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app import tokens

MAX_AGE_S = 7 * 24 * 3600
PURPOSE = "page"


class PageClaims(BaseModel):
    """What one served page is. Short names in the token keep pages small.

    `browser_id` is empty on a campaign site until its visitor says yes. `own` maps the names of
    the campaign's own acts to what reps read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    workspace_id: UUID = Field(alias="w")
    campaign_id: UUID = Field(alias="c")
    owner_id: UUID = Field(alias="o")
    site_id: UUID | None = Field(None, alias="s")
    prospect_id: UUID | None = Field(None, alias="p")
    browser_id: UUID | None = Field(None, alias="b")
    is_staff: bool = Field(default=False, alias="t")
    kinds: tuple[str, ...] = Field((), alias="k")
    own: Mapping[str, str] = Field(default_factory=dict, alias="a")
    path: str = Field(alias="u")
    rep_name: str = Field("", alias="n")
    rep_photo: str = Field("", alias="f")
    source: Mapping[str, object] = Field(default_factory=dict, alias="r")

    def seal(self) -> str:
        """Return the token that goes into the page."""
        claims = self.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return tokens.seal(PURPOSE, claims)


def read_claims(sealed: str) -> PageClaims | None:
    """Return what a page token says, or None when it is forged or too old."""
    claims = tokens.unseal(PURPOSE, sealed, max_age_s=MAX_AGE_S)
    if claims is None:
        return None
    try:
        return PageClaims.model_validate(claims)
    except ValidationError:
        return None
