"""Personal and campaign sites out of kept pages: one small read decides whether one still holds.

A page is drawn once for what is known and where its visitor stands with tracking; then it is
shown as long as the facts are the same, in every process by itself. What is one browser's own goes
into its holes. Whatever is out of the ordinary is left to the views, which do it all.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from markupsafe import escape
from quart import Quart
from sqlalchemy import bindparam, select

from app import clock
from app.campaigns.models import Campaign
from app.campaigns.page import PublicPage
from app.campaigns.queries import read_campaign_site, site_query
from app.campaigns.sending import seal_arrival
from app.campaigns.shapes import Source
from app.campaigns.site import public_page, site_page
from app.campaigns.source import source_of
from app.db import reading
from app.glance import glance
from app.sites.entrance import entrance_query, find_entrance
from app.sites.fingerprints import find_fingerprints, note_fingerprints
from app.sites.kept import Kept
from app.sites.models import SiteBrowser
from app.sites.queries import read_site
from app.sites.render import draw, place_modules
from app.sites.variables import page_variables, public_page_of
from app.tokens import digest
from app.tracking.models import Visitor
from app.tracking.page import State, claims_of, newest_choice, state_of, tracking_of
from app.web.asked import Asked, Reply
from app.web.holes import HoledPage, cut, mark, marking
from app.web.security import csrf_token_for

MOST_BYTES = 64_000_000
"""For kept pages, in each process; the answers of browsers that come again take half as much."""
FRESH_S = 300.0
"""So long a browser gets the page token it got before. It is good for seven days."""
PERSONAL = {
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}
MODULE = PERSONAL | {"Referrer-Policy": "no-referrer"}
PUBLIC = {"Cache-Control": "private, no-cache"}

_VISITOR = (
    select(Visitor.id)
    .where(Visitor.token_digest == bindparam("digest"), Visitor.campaign_id == Campaign.id)
    .correlate(Campaign)
    .scalar_subquery()
)
SITE_QUERY = entrance_query(newest_choice(SiteBrowser.id))
CAMPAIGN_QUERY = site_query(_VISITOR, *newest_choice(_VISITOR)).select_from(Campaign)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page as many may see it. `key` says what it was drawn of, `digest` what came out."""

    key: Hashable
    holed: HoledPage
    page: PublicPage
    style: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Filled:
    """A page as one browser got it."""

    values: Mapping[str, bytes]
    zipped: bytes
    etag: str
    at: float


class VisitorPages:
    """The pages this process keeps."""

    def __init__(self, app: Quart) -> None:
        """Keep nothing yet."""
        self._app = app
        self.drawn: Kept[Drawn] = Kept(MOST_BYTES)
        self.filled: Kept[Filled] = Kept(MOST_BYTES // 2)
        self._drawing: dict[Hashable, asyncio.Task[Drawn | None]] = {}

    async def personal(self, asked: Asked, site_id: UUID) -> Reply | None:
        """Answer with a personal page, None where its view must decide."""
        entrance = await find_entrance(site_id, asked.cookies.get("site"), SITE_QUERY)
        if entrance is None or entrance.is_staff:
            return None
        is_yes, how = entrance.more
        state, is_new = state_of((is_yes, how), asked.cookies, asked.headers)
        if is_new:
            return None
        drawn = await self._find_or_draw(
            (entrance.facts, state), lambda: self._draw_personal(site_id, state)
        )
        if drawn is None:
            return None
        filled = self._fill(drawn, entrance.browser_id, csrf_token_for(asked.cookies))
        return asked.answered(
            drawn.style, PERSONAL, filled.etag, filled.zipped,
            lambda: drawn.holed.filled(filled.values),
        )  # fmt: skip

    async def module(self, asked: Asked, site_id: UUID, key: str) -> Reply | None:
        """Answer that a browser shows a module just as it is, None where its view must decide."""
        query = asked.query()
        shown = query.get("fingerprint")
        if not shown or "after" in query:
            return None
        entrance = await find_entrance(site_id, asked.cookies.get("site"))
        if entrance is None or entrance.is_staff:
            return None
        if find_fingerprints(entrance.facts).get(key) != shown:
            return None
        return asked.unchanged(MODULE)

    async def campaign(self, asked: Asked, slug: str) -> Reply | None:
        """Answer with a campaign site, None where its view must decide.

        It has no ETag: every form carries a key of its own, and a form shown a second time would
        make the second lead of two people at one screen a repeat of the first.
        """
        visitor = asked.cookies.get("visitor", "")
        values = {"slug": slug, "digest": digest(visitor) if visitor else ""}
        row = await glance(CAMPAIGN_QUERY, values)
        if row is None:
            return None
        visitor_id, is_yes, how, *facts = row
        state, is_new = state_of((is_yes, how), asked.cookies, asked.headers)
        if is_new:
            return None
        drawn = await self._find_or_draw(
            (tuple(facts), state), lambda: self._draw_campaign(slug, state)
        )
        if drawn is None:
            return None
        source = source_of(asked.query(), asked.referrer, own_host=asked.host)
        own = _own(
            csrf=csrf_token_for(asked.cookies), arrival=seal_arrival(source),
            page=_sealed(drawn.page, visitor_id, source),
        )  # fmt: skip
        zipped = drawn.holed.filled_and_zipped(own) if asked.takes_gzip else b""
        return asked.answered(drawn.style, PUBLIC, "", zipped, lambda: drawn.holed.filled(own))

    async def _find_or_draw(
        self, of: tuple[Any, State], draw: Callable[[], Coroutine[Any, Any, Drawn | None]]
    ) -> Drawn | None:
        """Return the kept page; the first who asks draws it, the others wait for that."""
        key = (*of, clock.now().date())
        found = self.drawn.find(key)
        if found is not None:
            return found
        drawing = self._drawing.get(key)
        if drawing is None:
            drawing = self._drawing[key] = asyncio.create_task(draw())
            drawing.add_done_callback(lambda _: self._drawing.pop(key))
        return await asyncio.shield(drawing)

    async def _draw_personal(self, site_id: UUID, state: State) -> Drawn | None:
        """Draw a personal page and keep it."""
        async with reading() as db:
            site = await read_site(db, site_id)
        async with self._app.app_context():
            modules = await draw(place_modules(site))
            note_fingerprints(site.facts, modules)
            variables = page_variables(site, modules, is_staff=False)
            page = public_page_of(site, f"/s/{site_id}/")
            return await self._draw("sites/page.html", variables, page, (site.facts, state))

    async def _draw_campaign(self, slug: str, state: State) -> Drawn | None:
        """Draw a campaign site and keep it; None if it was closed just now."""
        async with reading() as db:
            found = await read_campaign_site(db, slug)
        if found is None:
            return None
        campaign, seller, facts = found
        site = site_page(campaign, seller, sealed=mark("arrival"))
        variables: dict[str, object] = {"site": site, "brand_css": site.brand_css}
        page = public_page(campaign, seller, Source())
        return await self._draw("campaigns/site.html", variables, page, (facts, state))

    async def _draw(
        self, name: str, variables: Mapping[str, Any], page: PublicPage, of: tuple[Any, State]
    ) -> Drawn:
        """Draw a template with marks where a browser's own belongs, and keep the pieces."""
        now = clock.now()
        tracking = tracking_of(claims_of(page), of[1], mark("page"))
        around = {"viewer": None, "now": now, "page": page, "tracking": tracking}
        with marking():
            template = self._app.jinja_env.get_template(name)
            html = await template.render_async(**variables, **around)
        holed, key = cut(html), (*of, now.date())
        drawn = Drawn(key, holed, page, str(variables["brand_css"]), _digest(*holed.pieces))
        self.drawn.keep(key, drawn, holed.size)
        return drawn

    def _fill(self, drawn: Drawn, browser_id: UUID, csrf: str) -> Filled:
        """Return a page as this browser gets it, for some minutes the same."""
        key = (drawn.key, browser_id, csrf)
        found, now = self.filled.find(key), time.monotonic()
        if found is not None and now - found.at < FRESH_S:
            return found
        values = _own(csrf=csrf, page=_sealed(drawn.page, browser_id, Source()))
        mine = (drawn.digest, csrf.encode(), browser_id.bytes, _day(clock.now().date()))
        filled = Filled(
            values, drawn.holed.filled_and_zipped(values), f'W/"{_digest(*mine).hex()[:32]}"', now
        )
        self.filled.keep(key, filled, len(filled.zipped) + sum(map(len, values.values())))
        return filled


def _sealed(page: PublicPage, browser_id: UUID | None, source: Source) -> str:
    """Return the page token of a browser."""
    return claims_of(replace(page, browser_id=browser_id, source=source)).seal()


def _own(**values: str) -> dict[str, bytes]:
    """Return what goes into the holes, safe in HTML."""
    return {name: escape(value).encode() for name, value in values.items()}


def _digest(*parts: bytes) -> bytes:
    """Return a digest of parts, each kept apart from the next."""
    return sha256(b"".join(sha256(part).digest() for part in parts)).digest()


def _day(day: date) -> bytes:
    """Return a day as bytes: a browser that asks every day has a token of the same day."""
    return day.isoformat().encode()
