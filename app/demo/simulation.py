"""A few prospects walking through their sites now, from outside, as browsers do."""

import asyncio
import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
from uuid import UUID, uuid4

from app import clock
from app.campaigns.queries import find_live_campaign
from app.config import settings
from app.db import close_database, open_database, transaction
from app.demo.history import acts_of
from app.demo.people import RITAS
from app.demo.walks import WALKS
from app.prospects.queries import find_by_email
from app.sites.commands import make_personal_link
from app.sites.queries import find_site
from app.tracking.shapes import SentAct

WALKERS = (
    ("Ada Okafor", "thorough"),
    ("Tomás Herrera", "supplier worries"),
    ("Saskia de Vries", "quick look"),
)
APART_S = 4
PAGE = re.compile(r'data-page="([^"]+)"')


class Browser:
    """The least a browser does: keeps cookies, reads a page, posts forms and acts."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(cookies).open

    async def get(self, url: str) -> str:
        """Return a page."""
        return await asyncio.to_thread(self._ask, urllib.request.Request(url))  # noqa: S310

    async def post(self, path: str, body: bytes, kind: str) -> str:
        """Post to the server as one of its own pages does."""
        headers = {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"}
        request = urllib.request.Request(settings().base_url + path, body, headers)  # noqa: S310
        return await asyncio.to_thread(self._ask, request)

    def _ask(self, request: urllib.request.Request) -> str:
        """Send a request and return what came back; raises for an error status."""
        with self._open(request, timeout=10) as answer:
            text: str = answer.read().decode()
            return text


async def simulate_visits() -> None:
    """Let the walkers begin one after another; returns when the last one has left."""
    open_database(settings())
    try:
        links = [await _link(name) for name, _ in WALKERS]
    finally:
        await close_database()
    await asyncio.gather(
        *(
            _walk(link, walk, wait_s=nth * APART_S)
            for nth, (link, (_, walk)) in enumerate(zip(links, WALKERS, strict=True))
        )
    )


async def _link(name: str) -> str:
    """Make a personal link for one of Rita's people."""
    email = next(buyer.email for buyer in RITAS if buyer.name == name)
    async with transaction() as db:
        campaign = await find_live_campaign(db, "ledgerline")
        person = campaign and await find_by_email(db, email, workspace_id=campaign.workspace_id)
        site = (
            await find_site(db, campaign_id=campaign.id, prospect_id=person.id)
            if campaign and person
            else None
        )
        if site is None:
            raise LookupError("The demo is not here: run `rapport demo` first.")
        token = await make_personal_link(db, site_id=site.id, purpose="demo", now=clock.now())
    return f"{settings().base_url}/p/{token}"


async def _walk(link: str, walk: str, *, wait_s: float) -> None:
    """Open a site, agree to be seen, and do every step of a walk in its own time."""
    await asyncio.sleep(wait_s)
    browser, visit = Browser(), uuid4()
    page = _page_token(await browser.get(link))
    form = urllib.parse.urlencode({"page": page, "choice": "yes"}).encode()
    shown = await browser.post("/t/consent", form, "application/x-www-form-urlencoded")
    page = _page_token(shown)
    for step, act in zip(WALKS[walk], acts_of(WALKS[walk], clock.now()), strict=True):
        await asyncio.sleep(step.after_s)
        await _send(browser, page, visit, act)


async def _send(browser: Browser, page: str, visit: UUID, act: SentAct) -> None:
    """Post one act, happening now."""
    now = act.model_copy(update={"at": clock.now()})
    body = {"page": page, "visit": str(visit), "acts": [now.model_dump(mode="json")]}
    await browser.post("/t/acts", json.dumps(body).encode(), "application/json")


def _page_token(html: str) -> str:
    """Return the sealed token of a served page. Raises LookupError where there is none."""
    found = PAGE.search(html)
    if found is None:
        raise LookupError("That page has no token; is the server of this database running?")
    return found.group(1)
