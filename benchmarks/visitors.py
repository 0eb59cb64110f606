"""Prospects and a rep for the benchmarks, from outside: links are opened and pages read."""

import asyncio
import re
from dataclasses import dataclass
from uuid import UUID

import httpx

from app import clock
from app.campaigns.commands import capture_lead
from app.campaigns.queries import find_live_campaign
from app.campaigns.shapes import Source
from app.config import settings
from app.db import close_database, open_database, reading, transaction
from app.prospects.shapes import Person
from app.sites.commands import make_personal_link
from app.sites.queries import find_site
from app.worker import run_due_jobs

PAGE = re.compile(r'data-page="([^"]+)"')


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page as one browser got it: bytes on the wire, and its sealed page token."""

    url: str
    cookie: str
    size: int
    token: str


def open_page(url: str, browser: httpx.Client | None = None) -> OpenPage:
    """Open an address in a browser, a new one unless given, and follow where it leads."""
    browser = browser or httpx.Client(follow_redirects=True, timeout=20)
    page = browser.get(url)
    page.raise_for_status()
    found = PAGE.search(page.text)
    sent = page.request.headers.get("Cookie", "")
    return OpenPage(str(page.url), sent, page.num_bytes_downloaded, found.group(1) if found else "")


def open_link(link: str, *, consents: bool = False) -> OpenPage:
    """Open a personal link in a new browser, and say yes to being seen when asked to."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        page = open_page(link, browser)
        if consents:
            target = httpx.URL(page.url).join("/t/consent")
            form = {"page": page.token, "choice": "yes"}
            browser.post(target, data=form, headers={"Sec-Fetch-Site": "same-origin"})
            page = open_page(page.url, browser)
    return page


def invite(count: int) -> list[str]:
    """Let new people send the lead form of the demo's campaign; returns their personal links."""
    return asyncio.run(_invite(count))


async def _invite(count: int) -> list[str]:
    """Work on the database of the settings, before its server runs."""
    open_database(settings())
    try:
        people = [await _capture(nth) for nth in range(count)]
        await run_due_jobs(clock.now())
        return [await _link(*ids) for ids in people]
    finally:
        await close_database()


async def _capture(nth: int) -> tuple[UUID, UUID]:
    """Bring one person in; returns campaign and prospect."""
    person = Person(
        email=f"visitor.{nth}@bench.example", name=f"Visitor {nth}", title="Head of Finance",
        company=f"Bench {nth}", industry="Software", employees=40 + nth * 50,
    )  # fmt: skip
    async with transaction() as db:
        campaign = await find_live_campaign(db, "ledgerline")
        if campaign is None:
            raise LookupError("The demo has no campaign.")
        source = Source(avenue="direct")
        found = await capture_lead(db, campaign, person, source=source, now=clock.now())
    return campaign.id, found


async def _link(campaign_id: UUID, prospect_id: UUID) -> str:
    """Make a link to a person's site."""
    async with reading() as db:
        site = await find_site(db, campaign_id=campaign_id, prospect_id=prospect_id)
    if site is None:
        raise LookupError("The lead led to no site.")
    async with transaction() as db:
        token = await make_personal_link(db, site_id=site.id, purpose="bench", now=clock.now())
    return f"{settings().base_url}/p/{token}"
