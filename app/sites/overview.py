"""What a rep sees of a person's site: versions with reasons, links, who it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.campaigns.queries import load_campaign
from app.prospects.models import Prospect
from app.prospects.queries import get_prospect
from app.sites.composition import Composition
from app.sites.differences import differences
from app.sites.models import Answer, PersonalLink, Site, SiteVersion, VersionState
from app.sites.queries import get_site, list_links, list_sites, list_versions


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version, and what a person would notice against the one it is compared with."""

    version: SiteVersion
    composition: Composition
    differences: tuple[str, ...]
    is_published: bool

    @property
    def can_publish(self) -> bool:
        """Whether it waits for the rep."""
        return self.version.state == VersionState.DRAFT

    @property
    def can_return(self) -> bool:
        """Whether it was online before and could be again."""
        return self.version.state == VersionState.PUBLISHED and not self.is_published


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A personal link and whether it still opens the site."""

    link: PersonalLink
    state: str


@dataclass(frozen=True, slots=True)
class Overview:
    """A site with its history."""

    site: Site
    prospect: Prospect
    campaign_name: str
    versions: Sequence[VersionLine]
    links: Sequence[LinkLine]

    @property
    def published(self) -> VersionLine:
        """The version people see."""
        return next(line for line in self.versions if line.is_published)


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site in the list on a person's page."""

    site: Site
    campaign_name: str
    draft: int | None
    answered: int
    answered_at: datetime | None


async def read_overview(
    db: AsyncSession, site_id: UUID, *, viewer: Viewer, now: datetime
) -> Overview:
    """Return everything about a site the viewer may see. Raises NotFoundError."""
    site = await get_site(db, site_id, viewer=viewer)
    prospect = await get_prospect(db, site.prospect_id, viewer=viewer)
    campaign = await load_campaign(db, site.campaign_id)
    versions = _lines(site, await list_versions(db, site_id))
    links = [LinkLine(link, _state(link, now)) for link in await list_links(db, site_id)]
    return Overview(site, prospect, campaign.name, versions, links)


def _lines(site: Site, versions: Sequence[SiteVersion]) -> list[VersionLine]:
    """Compare a draft with what is online, every other version with the one before it."""
    kept = [one for one in versions if one.state != VersionState.DISCARDED]
    read = {one.number: Composition.model_validate(one.composition) for one in kept}
    lines = []
    for version, before in zip(kept, [*kept[1:], None], strict=True):
        against = site.published_number if version.state == VersionState.DRAFT else None
        if against is None and before is not None:
            against = before.number
        found = differences(read[against], read[version.number]) if against else ()
        is_published = version.number == site.published_number
        lines.append(VersionLine(version, read[version.number], found, is_published))
    return lines


def _state(link: PersonalLink, now: datetime) -> str:
    """Say whether a link works."""
    if link.revoked_at is not None:
        return "revoked"
    return "expired" if link.expires_at <= now else "works"


async def list_site_lines(
    db: AsyncSession, prospect_id: UUID, *, viewer: Viewer
) -> Sequence[SiteLine]:
    """Return the sites of a person the viewer may see. Raises NotFoundError."""
    await get_prospect(db, prospect_id, viewer=viewer)
    mine = await list_sites(db, prospect_id)
    ids = [site.id for site, _ in mine]
    drafts = (
        select(SiteVersion.site_id, func.max(SiteVersion.number))
        .where(SiteVersion.site_id.in_(ids), SiteVersion.state == VersionState.DRAFT)
        .group_by(SiteVersion.site_id)
    )
    answers = (
        select(Answer.site_id, func.count(), func.max(Answer.answered_at))
        .where(Answer.site_id.in_(ids), Answer.headline != "")
        .group_by(Answer.site_id)
    )
    waiting = {one[0]: one[1] for one in (await db.execute(drafts)).all()}
    said = {one[0]: (one[1], one[2]) for one in (await db.execute(answers)).all()}
    return [
        SiteLine(site, name, waiting.get(site.id), *said.get(site.id, (0, None)))
        for site, name in mine
    ]
