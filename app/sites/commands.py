"""Opening a site for a person, and leading it from version to version."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.models import Workspace
from app.bus import Announcement, announce
from app.campaigns.models import Campaign
from app.campaigns.plan import plan_of
from app.db import insert_or_ignore
from app.errors import ConflictError, NotFoundError
from app.prospects.commands import add_to_timeline
from app.prospects.queries import get_profile
from app.prospects.timeline import TimelineLine
from app.sites.answers import Answered, answer_module
from app.sites.compose import compose
from app.sites.composition import Composition, History
from app.sites.differences import differences
from app.sites.links import make_personal_link, revoke_links
from app.sites.models import Site, SiteVersion, VersionState
from app.sites.queries import get_version, read_site

__all__ = [
    "Answered",
    "answer_module",
    "make_personal_link",
    "open_site",
    "propose_next_version",
    "publish_version",
    "revoke_links",
    "roll_back",
]

LONGEST_REASON = 300


async def open_site(
    db: AsyncSession, *, campaign: Campaign, prospect_id: UUID, history: History, now: datetime
) -> Site:
    """Return the person's site in a campaign; composed and published now if there was none."""
    mine = (Site.campaign_id == campaign.id) & (Site.prospect_id == prospect_id)
    row = {
        "id": uuid4(), "workspace_id": campaign.workspace_id, "campaign_id": campaign.id,
        "prospect_id": prospect_id, "published_number": 1, "created_at": now,
    }  # fmt: skip
    made = await db.scalar(insert_or_ignore(Site, [row]).returning(Site.id))
    site = (await db.scalars(select(Site).where(mine))).one()
    if made is not None:
        workspace = await db.get_one(Workspace, campaign.workspace_id)
        profile = await get_profile(db, prospect_id)
        composition = compose(plan_of(campaign, workspace.currency), profile, history)
        _add(db, site.id, 1, composition, because="Composed for the first time.", now=now).publish(
            now
        )
        await db.flush()
    return site


async def propose_next_version(
    db: AsyncSession, *, site_id: UUID, history: History, because: str, now: datetime
) -> SiteVersion | None:
    """Compose the site again; a draft waits for the rep, or goes live where the campaign says so.

    None if nothing would be different: from what is published, from the draft that waits, or from
    what the rep rolled back. A new draft replaces the older one.
    """
    site = await _lock(db, site_id)
    opened = await read_site(db, site_id)
    composition = compose(opened.plan, opened.profile, history)
    newest = await _newest(db, site_id)
    if not differences(opened.composition, composition):
        await _discard_drafts(db, site_id)
        return None
    if newest and not differences(Composition.model_validate(newest.composition), composition):
        return None
    await _discard_drafts(db, site_id)
    number = (await _last_number(db, site_id)) + 1
    version = _add(db, site_id, number, composition, because=because, now=now)
    was_rolled_back = newest is not None and newest.has_been_seen_after(site.published_number)
    if opened.plan.tracked.publishes_by_itself and not was_rolled_back:
        await _put_online(db, site, version, now=now, by_user_id=None)
    await db.flush()
    return version


async def publish_version(
    db: AsyncSession, *, site_id: UUID, number: int, by_user_id: UUID | None, now: datetime
) -> SiteVersion:
    """Put a draft online. Raises ConflictError if it was replaced meanwhile."""
    site = await _lock(db, site_id)
    version = await get_version(db, site_id, number)
    if version.state != VersionState.DRAFT:
        raise ConflictError("This version is no longer a draft. Please look at the newest one.")
    await _put_online(db, site, version, now=now, by_user_id=by_user_id)
    return version


async def roll_back(
    db: AsyncSession, *, site_id: UUID, number: int, by_user_id: UUID | None, now: datetime
) -> SiteVersion:
    """Put a version online again that people have seen before. Raises ConflictError otherwise."""
    site = await _lock(db, site_id)
    version = await get_version(db, site_id, number)
    if version.state != VersionState.PUBLISHED or number == site.published_number:
        raise ConflictError("Only an earlier version that was online can be brought back.")
    await _put_online(db, site, version, now=now, by_user_id=by_user_id)
    return version


async def _put_online(
    db: AsyncSession, site: Site, version: SiteVersion, *, now: datetime, by_user_id: UUID | None
) -> None:
    """Show a version from now on and write it on the person's timeline."""
    is_return = version.number < site.published_number
    version.publish(now)
    site.published_number = version.number
    words = (
        f"Went back to version {version.number}"
        if is_return
        else (f"Published version {version.number}")
    )
    line = TimelineLine(
        kind="site", title=f"{words} of the personal site", details=(("Because", version.because),),
        link=f"/sites/{site.id}", by_user_id=by_user_id,
    )  # fmt: skip
    await add_to_timeline(db, site.prospect_id, line, now=now)
    announce(
        db,
        Announcement(
            "site-published", site.workspace_id, subject=site.id, prospect_id=site.prospect_id
        ),
    )


def _add(
    db: AsyncSession, site_id: UUID, number: int, composition: Composition, *, because: str,
    now: datetime,
) -> SiteVersion:  # fmt: skip
    """Write a draft down."""
    version = SiteVersion(
        site_id=site_id, number=number, composition=composition.model_dump(mode="json"),
        state=VersionState.DRAFT, because=because[:LONGEST_REASON], created_at=now,
    )  # fmt: skip
    db.add(version)
    return version


async def _lock(db: AsyncSession, site_id: UUID) -> Site:
    """Load a site and let nobody else number its versions meanwhile. Raises NotFoundError."""
    site: Site | None = await db.scalar(select(Site).where(Site.id == site_id).with_for_update())
    if site is None:
        raise NotFoundError
    return site


async def _newest(db: AsyncSession, site_id: UUID) -> SiteVersion | None:
    """Return the newest version that was not discarded."""
    standing = (SiteVersion.site_id == site_id) & (SiteVersion.state != VersionState.DISCARDED)
    query = select(SiteVersion).where(standing).order_by(SiteVersion.number.desc()).limit(1)
    found: SiteVersion | None = await db.scalar(query)
    return found


async def _last_number(db: AsyncSession, site_id: UUID) -> int:
    """Return the highest number given so far; discarded versions keep theirs."""
    query = select(func.max(SiteVersion.number)).where(SiteVersion.site_id == site_id)
    return await db.scalar(query) or 0


async def _discard_drafts(db: AsyncSession, site_id: UUID) -> None:
    """Drop what nobody has seen."""
    drafts = (SiteVersion.site_id == site_id) & (SiteVersion.state == VersionState.DRAFT)
    await db.execute(update(SiteVersion).where(drafts).values(state=VersionState.DISCARDED))
