"""Who stands before a personal site."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.glance import glance
from app.sites.errors import NoWayInError
from app.sites.models import PersonalLink, Site, SiteBrowser
from app.sites.opened import OpenSite
from app.sites.queries import FACTS, find_browser, joined, read_site
from app.tokens import digest


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser that may see a site, and the site as it sees it."""

    browser: SiteBrowser
    site: OpenSite
    is_staff: bool


@dataclass(frozen=True, slots=True)
class Entrance:
    """A browser that may see a site, and what tells whether the site still looks as it did.

    `more` holds the columns the asker added. A staff browser sees answers of its own, which the
    facts do not cover.
    """

    browser_id: UUID
    is_staff: bool
    facts: tuple[object, ...]
    more: tuple[Any, ...] = ()


async def enter(
    db: AsyncSession, site_id: UUID, token: str | None, *, viewer: Viewer | None
) -> Guest:
    """Let in who holds the site's cookie; a colleague sees what they entered themselves.

    Raises NoWayInError for everybody else, also where there is no such site.
    """
    browser = await find_browser(db, site_id, token) if token else None
    if browser is None:
        raise NoWayInError
    site = await read_site(db, site_id)
    is_staff = browser.is_staff or (viewer is not None and viewer.workspace_id == site.workspace_id)
    if is_staff:
        site = site.with_answers(browser.staff_answers)
    return Guest(browser, site, is_staff)


def entrance_query(more: Sequence[ColumnElement[Any]] = ()) -> Select[Any]:
    """Return the one small read that decides about a browser as `find_browser` does."""
    query = joined(
        select(SiteBrowser.id, SiteBrowser.is_staff, *FACTS, *more)
        .select_from(SiteBrowser)
        .join(PersonalLink, PersonalLink.id == SiteBrowser.link_id)
        .join(Site, Site.id == SiteBrowser.site_id)
    )
    return query.where(
        SiteBrowser.token_digest == bindparam("digest"),
        SiteBrowser.site_id == bindparam("site_id"),
        PersonalLink.revoked_at.is_(None),
    )


PLAIN = entrance_query()


async def find_entrance(
    site_id: UUID, token: str | None, query: Select[Any] = PLAIN
) -> Entrance | None:
    """Return what a site's cookie opens, None if it is nothing (any more); one small read."""
    if not token:
        return None
    row = await glance(query, {"digest": digest(token), "site_id": site_id})
    if row is None:
        return None
    browser_id, is_staff, *rest = row
    facts, more = tuple(rest[: len(FACTS)]), tuple(rest[len(FACTS) :])
    return Entrance(browser_id, is_staff, facts, more)
