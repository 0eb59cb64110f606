"""The public page being served, as far as those who draw around it must know."""

from dataclasses import dataclass, field
from uuid import UUID

from app.campaigns.shapes import Source, Tracked


@dataclass(frozen=True, slots=True)
class Seller:
    """The rep whose page this is, as visitors see them."""

    name: str
    title: str
    photo: str
    email: str
    phone: str
    company: str


@dataclass(frozen=True, slots=True)
class PublicPage:
    """A campaign or personal page in front of a visitor; routes put it in `g.page`.

    `site_id` and `prospect_id` are set on personal sites. `browser_id` is the SiteBrowser there,
    and on campaign sites the Visitor once there is one. `is_staff` marks own and colleagues'
    visits.
    """

    workspace_id: UUID
    campaign_id: UUID
    owner_id: UUID
    seller: Seller
    tracked: Tracked
    path: str
    site_id: UUID | None = None
    prospect_id: UUID | None = None
    browser_id: UUID | None = None
    is_staff: bool = False
    source: Source = field(default_factory=Source)
