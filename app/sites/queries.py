"""Reading sites: lean for the page a prospect opens, guarded for reps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import User, Workspace
from app.campaigns.models import Campaign
from app.campaigns.plan import plan_of
from app.campaigns.queries import seller_of
from app.errors import NotFoundError
from app.prospects.models import Company, Prospect
from app.prospects.queries import profile_of, visible_to
from app.sites.composition import Composition, Place
from app.sites.models import Answer, PersonalLink, Site, SiteBrowser, SiteVersion
from app.sites.opened import OpenSite
from app.tokens import digest

SiteRow = tuple[Site, SiteVersion, Campaign, Prospect, Company | None, User, Workspace]


async def read_site(db: AsyncSession, site_id: UUID) -> OpenSite:
    """Return the published version of a site and all around it, in two queries.

    Raises NotFoundError. Asks nobody who they are: callers have done that.
    """
    query = (
        select(Site, SiteVersion, Campaign, Prospect, Company, User, Workspace)
        .join(
            SiteVersion,
            (SiteVersion.site_id == Site.id) & (SiteVersion.number == Site.published_number),
        )
        .join(Campaign, Campaign.id == Site.campaign_id)
        .join(Prospect, Prospect.id == Site.prospect_id)
        .join(User, User.id == Prospect.owner_id)
        .join(Workspace, Workspace.id == Site.workspace_id)
        .outerjoin(Company, Company.id == Prospect.company_id)
        .where(Site.id == site_id)
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError
    answers = (await db.scalars(select(Answer).where(Answer.site_id == site_id))).all()
    return _opened(row, answers)


def _opened(row: SiteRow, answers: Sequence[Answer]) -> OpenSite:
    """Put the rows of a site together."""
    site, version, campaign, prospect, company, owner, workspace = row
    plan = plan_of(campaign, workspace.currency)
    return OpenSite(
        workspace_id=site.workspace_id, campaign_id=campaign.id, campaign_slug=campaign.slug,
        owner_id=prospect.owner_id, plan=plan,
        seller=seller_of(owner, plan.offer.company or workspace.name),
        profile=profile_of(prospect, company),
        composition=Composition.model_validate(version.composition), number=version.number,
        site_id=site.id, prospect_id=prospect.id,
        answers={one.module_key: one.answers for one in answers},
        headlines={one.module_key: one.headline for one in answers},
        answered_at=max((one.answered_at for one in answers), default=None),
    )  # fmt: skip


async def find_browser(db: AsyncSession, site_id: UUID, token: str) -> SiteBrowser | None:
    """Return the browser this cookie belongs to, None if it opens nothing (any more).

    A revoked link takes its browsers with it; an expired one only lets no new ones in.
    """
    query = (
        select(SiteBrowser)
        .join(PersonalLink, PersonalLink.id == SiteBrowser.link_id)
        .where(
            SiteBrowser.token_digest == digest(token),
            SiteBrowser.site_id == site_id,
            PersonalLink.revoked_at.is_(None),
        )
    )
    found: SiteBrowser | None = await db.scalar(query)
    return found


async def get_answers(db: AsyncSession, site_id: UUID) -> dict[str, Mapping[str, Any]]:
    """Return a site's answers by module kind, as `History.answers` wants them."""
    query = (
        select(SiteVersion.composition)
        .join(Site, Site.id == SiteVersion.site_id)
        .where(Site.id == site_id, SiteVersion.number == Site.published_number)
    )
    composition = await db.scalar(query)
    if composition is None:
        return {}
    places: Sequence[Place] = Composition.model_validate(composition).places
    stored = await db.scalars(select(Answer).where(Answer.site_id == site_id))
    by_key = {one.module_key: one.answers for one in stored}
    by_kind: dict[str, Mapping[str, Any]] = {}
    for place in places:
        if place.key in by_key:
            by_kind.setdefault(place.kind, by_key[place.key])
    return by_kind


async def get_titles(db: AsyncSession, site_id: UUID) -> Mapping[str, str]:
    """Return what stands above each module of the published version, by the module's key."""
    query = (
        select(SiteVersion.composition)
        .join(Site, Site.id == SiteVersion.site_id)
        .where(Site.id == site_id, SiteVersion.number == Site.published_number)
    )
    composition = await db.scalar(query)
    if composition is None:
        return {}
    return {place.key: place.title for place in Composition.model_validate(composition).places}


async def get_site(db: AsyncSession, site_id: UUID, *, viewer: Viewer) -> Site:
    """Return a site whose person the viewer may see. Raises NotFoundError for any other."""
    query = (
        select(Site)
        .join(Prospect, Prospect.id == Site.prospect_id)
        .where(Site.id == site_id, Site.workspace_id == viewer.workspace_id, visible_to(viewer))
    )
    site: Site | None = await db.scalar(query)
    if site is None:
        raise NotFoundError
    return site


async def find_site(db: AsyncSession, *, campaign_id: UUID, prospect_id: UUID) -> Site | None:
    """Return a person's site in a campaign."""
    mine = (Site.campaign_id == campaign_id) & (Site.prospect_id == prospect_id)
    found: Site | None = await db.scalar(select(Site).where(mine))
    return found


async def list_versions(db: AsyncSession, site_id: UUID) -> Sequence[SiteVersion]:
    """Return all versions of a site, newest first."""
    query = select(SiteVersion).where(SiteVersion.site_id == site_id)
    return (await db.scalars(query.order_by(SiteVersion.number.desc()))).all()


async def get_version(db: AsyncSession, site_id: UUID, number: int) -> SiteVersion:
    """Return one version. Raises NotFoundError."""
    version = await db.get(SiteVersion, (site_id, number))
    if version is None:
        raise NotFoundError
    return version


async def list_links(db: AsyncSession, site_id: UUID) -> Sequence[PersonalLink]:
    """Return the links that ever led to a site, newest first."""
    query = select(PersonalLink).where(PersonalLink.site_id == site_id)
    return (await db.scalars(query.order_by(PersonalLink.created_at.desc()).limit(50))).all()


async def list_sites(db: AsyncSession, prospect_id: UUID) -> Sequence[tuple[Site, str]]:
    """Return a person's sites with the names of their campaigns, newest first."""
    query = (
        select(Site, Campaign.name)
        .join(Campaign, Campaign.id == Site.campaign_id)
        .where(Site.prospect_id == prospect_id)
        .order_by(Site.created_at.desc())
    )
    return [(site, name) for site, name in (await db.execute(query)).all()]
