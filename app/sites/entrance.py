"""Who stands before a personal site."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.sites.errors import NoWayInError
from app.sites.models import SiteBrowser
from app.sites.opened import OpenSite
from app.sites.queries import find_browser, read_site


@dataclass(frozen=True, slots=True)
class Guest:
    """A browser that may see a site, and the site as it sees it."""

    browser: SiteBrowser
    site: OpenSite
    is_staff: bool


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
