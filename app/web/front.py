"""In front of the framework: ordinary openings of visitors' pages are answered right here.

What the framework spends on a request is more than such an answer costs. Only plain GETs of
browsers in which nobody is signed in; everything else, and everything that goes wrong here, is
the view's, which decides by the same rules.
"""

import re
import string
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote
from uuid import UUID

import structlog
from quart import Quart, request
from sqlalchemy.exc import OperationalError

from app.accounts.access import Access
from app.accounts.cookies import SESSION_COOKIE
from app.db import is_away, is_sqlite
from app.metrics import count_request
from app.web.asked import Asked, Reply
from app.web.visitor_pages import VisitorPages

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

ID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PERSONAL_PATH = re.compile(rf"/s/({ID})/(?:modules/([^/]{{1,100}}))?")
CAMPAIGN_PATH = re.compile(r"/c/([a-z0-9-]{1,60})")
AWAY = "rapport.away"
"""Where a request keeps what the database said: its view would wait for the same in vain. SQLite is
only locked for a moment, and views are patient."""
VIEWS = ("sites.show_site", "sites.show_module", "campaigns.show_campaign_site")

log = structlog.get_logger()


def stand_before(app: Quart) -> None:
    """Answer what can be answered before `app` is asked; all its views must be there."""
    door = FrontDoor(app)
    app.extensions["front"] = door
    app.before_request(refuse_if_away)
    # As Quart's documentation has it.
    app.asgi_app = door  # type: ignore[method-assign]


async def refuse_if_away() -> None:
    """Answer with the page for a database that is away, where that has come out already."""
    error = request.scope.get(AWAY)
    if isinstance(error, Exception):
        raise error


class FrontDoor:
    """An ASGI application before the application."""

    def __init__(self, app: Quart) -> None:
        """Stand before `app`. Raises RuntimeError unless the views in question are for all."""
        for name in VIEWS:
            access: Access | None = getattr(app.view_functions.get(name), "access", None)
            if access is None or not access.because:
                raise RuntimeError(f"{name} must be open to all to be answered at the front door.")
        self.pages = VisitorPages(app)
        self._behind = app.asgi_app

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer, or let the application do it."""
        reply = None
        if scope["type"] == "http" and not scope["query_string"].isascii():
            scope["query_string"] = quote(scope["query_string"], safe=string.printable).encode()
        if scope["type"] == "http" and scope["method"] == "GET":
            began = time.perf_counter()
            reply = await self._answer(scope)
        if reply is None:
            await self._behind(scope, receive, send)
            return
        await reply.send(send)
        count_request(reply.status, time.perf_counter() - began)

    async def _answer(self, scope: Any) -> Reply | None:
        """Return the answer if it is an ordinary one."""
        path: str = scope["path"]
        personal = PERSONAL_PATH.fullmatch(path)
        campaign = None if personal else CAMPAIGN_PATH.fullmatch(path)
        if personal is None and campaign is None:
            return None
        try:
            asked = Asked(scope)
            if SESSION_COOKIE in asked.cookies:
                return None
            if campaign:
                return await self.pages.campaign(asked, campaign[1])
            return await self._personal(asked, personal) if personal else None
        except UnicodeDecodeError:
            return None
        except Exception as error:
            if not is_away(error):
                log.exception("A kept page failed; its view answers instead.")
            elif not (is_sqlite() and isinstance(error, OperationalError)):
                scope[AWAY] = error
            return None

    async def _personal(self, asked: Asked, found: re.Match[str]) -> Reply | None:
        """Answer for a personal site or one of its modules."""
        site_id, key = UUID(found[1]), found[2]
        if key is None:
            return await self.pages.personal(asked, site_id)
        return await self.pages.module(asked, site_id, key)
