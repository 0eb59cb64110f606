"""What a page that opens a visit stands on: a yes, a way in, and whose it is. One read."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import NotFoundError
from app.prospects.models import Prospect
from app.sites.models import PersonalLink, SiteBrowser
from app.tracking.claims import PageClaims
from app.tracking.errors import NoConsentError
from app.tracking.models import Consent, Visitor

BROWSER = bindparam("browser", type_=Uuid())
NEWEST_CHOICE = (
    select(Consent.is_yes)
    .where(Consent.browser_id == BROWSER)
    .order_by(Consent.at.desc())
    .limit(1)
    .scalar_subquery()
)
WAY_IN = (
    select(SiteBrowser.is_staff)
    .join(PersonalLink, PersonalLink.id == SiteBrowser.link_id)
    .where(
        SiteBrowser.id == BROWSER,
        SiteBrowser.site_id == bindparam("site", type_=Uuid()),
        PersonalLink.revoked_at.is_(None),
    )
    .scalar_subquery()
)
"""Whether the browser is a colleague's; nothing where its way into the site is closed."""
KNOWN = select(Visitor.prospect_id).where(Visitor.id == BROWSER).scalar_subquery()
OWNER = (
    select(Prospect.owner_id)
    .where(Prospect.id == func.coalesce(bindparam("person", type_=Uuid()), KNOWN))
    .scalar_subquery()
)
ASKED = select(NEWEST_CHOICE, WAY_IN, KNOWN, OWNER)


class Standing(NamedTuple):
    """Who looks after the person now, who the person is if known, and whether it is a colleague."""

    owner_id: UUID
    prospect_id: UUID | None
    is_staff: bool


async def demand_standing(db: AsyncSession, claims: PageClaims) -> Standing:
    """Return what a page stands on.

    Raises NoConsentError unless its browser's newest choice is yes, and NotFoundError once the way
    into the site is closed.
    """
    values = {"browser": claims.browser_id, "site": claims.site_id, "person": claims.prospect_id}
    is_yes, is_staff, visitor_is, owner_id = (await db.execute(ASKED, values)).one()
    if not is_yes:
        raise NoConsentError
    if claims.site_id is not None and is_staff is None:
        raise NotFoundError
    return Standing(
        owner_id=owner_id or claims.owner_id,
        prospect_id=claims.prospect_id or visitor_is,
        is_staff=bool(is_staff) or claims.is_staff,
    )
