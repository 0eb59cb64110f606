"""Reading sites: lean for the page a prospect opens, guarded for reps."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Select,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import User, Workspace
from app.campaigns.models import Campaign
from app.campaigns.plan import plan_of
from app.campaigns.queries import seller_of
from app.db import is_sqlite
from app.errors import NotFoundError
from app.prospects.models import Company, Prospect
from app.prospects.queries import profile_of, visible_to
from app.sites.composition import Composition, Place
from app.sites.models import Answer, PersonalLink, Site, SiteBrowser, SiteVersion
from app.sites.opened import OpenSite
from app.tokens import digest

FACTS = (
    Site.id, Site.workspace_id, Site.campaign_id, Site.prospect_id, Site.published_number,
    Campaign.stamp, Prospect.owner_id, Prospect.name, Prospect.title, Company.name,
    Company.industry, Company.employees, User.name, User.title, User.photo, User.email, User.phone,
    Workspace.name, Workspace.currency,
    select(func.count()).where(Answer.site_id == Site.id).correlate(Site).scalar_subquery(),
    select(cast(func.sum(Answer.stamp), BigInteger)).where(Answer.site_id == Site.id)
    .correlate(Site).scalar_subquery(),
)  # fmt: skip
"""Everything small that a personal site shows, and a stamp for everything large. While all of it
is the same, the site looks the same: kept pages go by it (`Entrance.facts`, `OpenSite.facts`).
Who shows anything else of these tables adds it here."""


async def read_site(db: AsyncSession, site_id: UUID) -> OpenSite:
    """Return the published version of a site and all around it, in one query.

    Raises NotFoundError. Asks nobody who they are: callers have done that.
    """
    query = select(
        Site, SiteVersion, Campaign, Prospect, Company, User, Workspace, _all_answers(), *FACTS
    )
    query = joined(query.select_from(Site)).join(
        SiteVersion,
        (SiteVersion.site_id == Site.id) & (SiteVersion.number == Site.published_number),
    )
    row = (await db.execute(query.where(Site.id == site_id))).one_or_none()
    if row is None:
        raise NotFoundError
    return _opened(tuple(row))


def joined(query: Select[Any]) -> Select[Any]:
    """Join what stands around a site."""
    return (
        query.join(Campaign, Campaign.id == Site.campaign_id)
        .join(Prospect, Prospect.id == Site.prospect_id)
        .join(User, User.id == Prospect.owner_id)
        .join(Workspace, Workspace.id == Site.workspace_id)
        .outerjoin(Company, Company.id == Prospect.company_id)
    )


def _all_answers() -> ColumnElement[Any]:
    """Return a site's answers as one JSON list of [module key, answers, headline]."""
    if is_sqlite():
        said = func.json(Answer.answers)
        one = func.json_array(Answer.module_key, said, Answer.headline)
        listed: ColumnElement[Any] = func.json_group_array(one)
    else:
        one = func.json_build_array(Answer.module_key, Answer.answers, Answer.headline)
        listed = func.json_agg(one)
    mine = select(listed).where(Answer.site_id == Site.id).correlate(Site)
    return type_coerce(mine.scalar_subquery(), JSON)


def _opened(row: tuple[Any, ...]) -> OpenSite:
    """Put the rows of a site together."""
    site, version, campaign, prospect, company, owner, workspace, answers, *facts = row
    plan = plan_of(campaign, workspace.currency)
    return OpenSite(
        workspace_id=site.workspace_id, campaign_id=campaign.id, campaign_slug=campaign.slug,
        owner_id=prospect.owner_id, plan=plan,
        seller=seller_of(owner, plan.offer.company or workspace.name),
        profile=profile_of(prospect, company),
        composition=Composition.model_validate(version.composition), number=version.number,
        site_id=site.id, prospect_id=prospect.id,
        answers={key: said for key, said, _ in answers or ()},
        headlines={key: headline for key, _, headline in answers or ()},
        facts=tuple(facts),
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
    places = await _published_places(db, site_id)
    stored = await db.scalars(select(Answer).where(Answer.site_id == site_id))
    by_key = {one.module_key: one.answers for one in stored}
    by_kind: dict[str, Mapping[str, Any]] = {}
    for place in places:
        if place.key in by_key:
            by_kind.setdefault(place.kind, by_key[place.key])
    return by_kind


async def get_titles(db: AsyncSession, site_id: UUID) -> Mapping[str, str]:
    """Return what stands above each module of the published version, by the module's key."""
    return {place.key: place.title for place in await _published_places(db, site_id)}


async def _published_places(db: AsyncSession, site_id: UUID) -> Sequence[Place]:
    """Return the places of the version people see, none where there is no such site."""
    published = (
        select(SiteVersion.composition)
        .join(Site, Site.id == SiteVersion.site_id)
        .where(Site.id == site_id, SiteVersion.number == Site.published_number)
    )
    composition = await db.scalar(published)
    return Composition.model_validate(composition).places if composition else ()


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
