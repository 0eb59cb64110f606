"""A console as its page opens it, and a workspace whose people look at one."""

import asyncio
import contextlib

import aiohttp
import socketio

from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import Role
from app.console.live import console_token
from app.db import transaction
from app.prospects.sharing import share_prospect
from tests.make import NOW, make_campaign, make_prospect, make_user, make_viewer, make_workspace
from tests.visiting import make_page

CONSOLE = "/console"
SOON_S = 2
ROLES = {"admin": Role.ADMIN, "owner": Role.REP, "other": Role.REP, "granted": Role.SUPPORT,
         "ungranted": Role.SUPPORT}  # fmt: skip


class Console:
    """A console page's socket and what it has heard."""

    def __init__(self, url, cookie, page, *, origin=None):
        self.url, self.page = url, page
        self.headers = {"Cookie": f"{SESSION_COOKIE}={cookie}"} if cookie else {}
        if origin:
            self.headers["Origin"] = origin
        self.heard, self.refusal = [], None
        self.closed, self.told = asyncio.Event(), asyncio.Event()
        self.http = aiohttp.ClientSession()
        self.client = socketio.AsyncClient(reconnection=False, http_session=self.http)
        self.client.on("*", self._hear, namespace=CONSOLE)
        self.client.on("connect_error", self._refused, namespace=CONSOLE)
        self.client.on("disconnect", lambda *_: self.closed.set(), namespace=CONSOLE)

    async def _hear(self, event, message):
        self.heard.append((event, message))
        self.told.set()

    async def _refused(self, error):
        self.refusal = error

    async def open(self):
        await self.client.connect(
            self.url, headers=self.headers, namespaces=[CONSOLE], transports=["websocket"],
            auth={} if self.page is None else {"page": self.page}, wait_timeout=5,
        )  # fmt: skip
        return self

    async def hears(self, event=None):
        """Wait for the first message, or the first of a kind; returns what was heard."""
        async with asyncio.timeout(SOON_S):
            while not any(event in (None, name) for name, _ in self.heard):
                self.told.clear()
                await self.told.wait()
        return self.heard

    async def is_closed_soon(self):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.closed.wait(), SOON_S)
        return self.closed.is_set()

    async def call(self, event, message=None):
        return await self.client.call(event, message, namespace=CONSOLE, timeout=5)

    async def close(self):
        await self.client.disconnect()
        await self.http.close()


class Place:
    """A workspace with every role, one prospect of the owner, and the page it was served."""

    def __init__(self):
        self.users, self.cookies, self.viewers = {}, {}, {}

    async def build(self):
        async with transaction() as db:
            workspace = await make_workspace(db)
            for role, kind in ROLES.items():
                user = await make_user(db, workspace=workspace, role=kind, password_hash="x")
                self.users[role] = user
                self.cookies[role], self.viewers[role] = await make_viewer(db, user)
            self.prospect = await make_prospect(db, owner=self.users["owner"])
            campaign = await make_campaign(db, owner=self.users["owner"])
            self.campaign = campaign
            self.claims = await make_page(db, prospect=self.prospect, owner=self.users["owner"])
            await share_prospect(
                db, self.prospect.id, frozenset({self.users["granted"].id}),
                viewer=self.viewers["admin"], now=NOW,
            )  # fmt: skip
        return self

    def door(self, role):
        """The cookie and the page token of one role."""
        return self.cookies[role], console_token(self.viewers[role])
