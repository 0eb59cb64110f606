"""Ways in: making personal links, opening them, taking them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.bus import Announcement, announce
from app.config import settings
from app.sites.models import PersonalLink, Site, SiteBrowser
from app.sites.queries import find_browser
from app.tokens import digest, make_token

LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A browser let in: to which site, and the token its cookie holds."""

    site_id: UUID
    token: str


async def make_personal_link(
    db: AsyncSession, *, site_id: UUID, purpose: str, now: datetime
) -> str:
    """Return the token of a fresh link to a site; it is told once and stored as a digest only."""
    token = make_token()
    link = PersonalLink(
        id=uuid4(), site_id=site_id, token_digest=digest(token), purpose=purpose, created_at=now,
        expires_at=now + timedelta(days=settings().personal_link_days),
    )  # fmt: skip
    db.add(link)
    await db.flush()
    return token


async def revoke_links(db: AsyncSession, *, site: Site, now: datetime) -> int:
    """Close every way into a site, for browsers already in too; returns how many links it was."""
    standing = (PersonalLink.site_id == site.id) & PersonalLink.revoked_at.is_(None)
    result = await db.execute(update(PersonalLink).where(standing).values(revoked_at=now))
    announce(
        db,
        Announcement(
            "links-revoked", site.workspace_id, subject=site.id, prospect_id=site.prospect_id
        ),
    )
    return result.rowcount if isinstance(result, CursorResult) else 0


async def open_link(
    db: AsyncSession, *, token: str, known: Sequence[str], viewer: Viewer | None, now: datetime
) -> Entry | None:
    """Let a browser in, None if the link is unknown, expired or revoked.

    `known` are the cookie tokens the browser brought: one that is good for this site is used
    again. A browser in which a colleague is signed in is marked as staff, for good.
    """
    if len(token) > LONGEST_TOKEN:
        return None
    query = (
        select(PersonalLink, Site)
        .join(Site, Site.id == PersonalLink.site_id)
        .where(
            PersonalLink.token_digest == digest(token),
            PersonalLink.revoked_at.is_(None),
            PersonalLink.expires_at > now,
        )
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        return None
    link, site = row
    is_staff = viewer is not None and viewer.workspace_id == site.workspace_id
    return await _let_in(db, link, known=known, is_staff=is_staff, now=now)


async def note_opened(db: AsyncSession, *, browser_id: UUID, now: datetime) -> None:
    """Note when a link first led somebody in who agreed to be seen; before that nobody is told."""
    browser = select(SiteBrowser.link_id).where(SiteBrowser.id == browser_id).scalar_subquery()
    unopened = (PersonalLink.id == browser) & PersonalLink.opened_at.is_(None)
    await db.execute(update(PersonalLink).where(unopened).values(opened_at=now))


async def _let_in(
    db: AsyncSession, link: PersonalLink, *, known: Sequence[str], is_staff: bool, now: datetime
) -> Entry:
    """Recognise the browser, or write a new one down."""
    for token in known:
        browser = await find_browser(db, link.site_id, token)
        if browser is not None:
            browser.link_id, browser.seen_at = link.id, now
            browser.is_staff = browser.is_staff or is_staff
            return Entry(link.site_id, token)
    token = make_token()
    browser = SiteBrowser(
        id=uuid4(), site_id=link.site_id, link_id=link.id, token_digest=digest(token),
        is_staff=is_staff, staff_answers={}, created_at=now, seen_at=now,
    )  # fmt: skip
    db.add(browser)
    await db.flush()
    return Entry(link.site_id, token)
