"""Reading campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import Role, User, Workspace
from app.accounts.queries import get_user, get_workspace
from app.campaigns.models import Campaign, CampaignState, Lead
from app.campaigns.page import Seller
from app.campaigns.plan import offer_of
from app.errors import NotFoundError

MOST_LISTED = 500


FACTS = (
    Campaign.id, Campaign.workspace_id, Campaign.owner_id, Campaign.stamp, User.name, User.title,
    User.photo, User.email, User.phone, Workspace.name,
)  # fmt: skip
"""Everything small that a campaign site shows, and a stamp for the rest: kept pages go by it."""


@dataclass(frozen=True, slots=True)
class CampaignLine:
    """A campaign in the list, with what it has brought so far."""

    campaign: Campaign
    owner_name: str
    leads: int
    last_lead_at: datetime | None


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """Return which campaigns somebody sees: admins all, reps their own, support none."""
    if viewer.role is Role.SUPPORT:
        return false()
    mine = Campaign.workspace_id == viewer.workspace_id
    return mine if viewer.is_admin else mine & (Campaign.owner_id == viewer.user_id)


async def get_campaign(
    db: AsyncSession, campaign_id: UUID, *, viewer: Viewer, to_edit: bool = False
) -> Campaign:
    """Return a campaign this person sees, held until the commit if `to_edit`.

    Raises NotFoundError.
    """
    query = select(Campaign).where(Campaign.id == campaign_id, visible_to(viewer))
    campaign = await db.scalar(query.with_for_update() if to_edit else query)
    if campaign is None:
        raise NotFoundError
    return campaign


async def load_campaign(db: AsyncSession, campaign_id: UUID) -> Campaign:
    """Return a campaign for jobs and for slices that checked access themselves.

    Raises NotFoundError.
    """
    campaign = await db.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFoundError
    return campaign


async def find_by_slug(db: AsyncSession, slug: str) -> Campaign | None:
    """Return the campaign at this address in whatever state, or None."""
    return await db.scalar(select(Campaign).where(Campaign.slug == slug))


async def find_live_campaign(db: AsyncSession, slug: str) -> Campaign | None:
    """Return the live campaign at this address, or None."""
    campaign = await find_by_slug(db, slug)
    return campaign if campaign is not None and campaign.is_live else None


def site_query(*columns: Any) -> Select[Any]:
    """Return the read of the live campaign at the address `slug`: these columns, then the facts."""
    return (
        select(*columns, *FACTS)
        .join(User, User.id == Campaign.owner_id)
        .join(Workspace, Workspace.id == Campaign.workspace_id)
        .where(Campaign.slug == bindparam("slug"), Campaign.state == CampaignState.LIVE)
    )


async def read_campaign_site(
    db: AsyncSession, slug: str
) -> tuple[Campaign, Seller, tuple[object, ...]] | None:
    """Return a live campaign, its seller and the facts its site goes by, in one query."""
    query = site_query(Campaign, User, Workspace.name).select_from(Campaign)
    row = (await db.execute(query, {"slug": slug})).one_or_none()
    if row is None:
        return None
    campaign, user, company, *facts = row
    return campaign, seller_of(user, offer_of(campaign).company or company), tuple(facts)


async def find_logo(db: AsyncSession, slug: str, *, viewer: Viewer | None) -> bytes | None:
    """Return a campaign's logo as PNG, or None. A draft's logo is for those who see the draft."""
    is_public = Campaign.state != CampaignState.DRAFT
    seen = is_public if viewer is None else is_public | visible_to(viewer)
    return await db.scalar(select(Campaign.logo).where(Campaign.slug == slug, seen))


async def get_seller(db: AsyncSession, campaign: Campaign) -> Seller:
    """Return the rep of a campaign as visitors see them."""
    user = await get_user(db, campaign.owner_id, workspace_id=campaign.workspace_id)
    company = offer_of(campaign).company
    if not company:
        company = (await get_workspace(db, campaign.workspace_id)).name
    return seller_of(user, company)


def seller_of(user: User, company: str) -> Seller:
    """Return a rep as visitors see them."""
    return Seller(
        name=user.name,
        title=user.title,
        photo=user.photo_url,
        email=user.email,
        phone=user.phone,
        company=company,
    )


async def list_campaigns(db: AsyncSession, *, viewer: Viewer) -> Sequence[CampaignLine]:
    """Return the campaigns this person sees, the most recently changed first."""
    leads, last = func.count(Lead.id), func.max(Lead.at)
    query = (
        select(Campaign, User.name, leads, last)
        .join(User, User.id == Campaign.owner_id)
        .outerjoin(Lead, Lead.campaign_id == Campaign.id)
        .where(visible_to(viewer))
        .group_by(Campaign.id, User.name)
        .order_by(Campaign.updated_at.desc(), Campaign.id)
        .limit(MOST_LISTED)
    )
    return [CampaignLine(*row) for row in await db.execute(query)]


async def list_slugs(db: AsyncSession, beginning: str) -> set[str]:
    """Return all taken addresses that begin like this, of all workspaces: they share one space."""
    query = select(Campaign.slug).where(Campaign.slug.startswith(beginning, autoescape=True))
    return set(await db.scalars(query))
