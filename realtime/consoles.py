"""/console: reps watching. They only listen; what they may hear is settled at connect."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from uuid import UUID

from app import metrics
from app.accounts.access import Viewer
from app.accounts.cookies import SESSION_COOKIE
from app.console.live import find_listener, list_rooms
from app.db import reading
from app.errors import NotFoundError
from realtime.guard import GuardedNamespace, admits
from realtime.messages import ConsoleHello
from realtime.repeated import Repeated

CONSOLE = "/console"
RECHECK_S = 60.0
"""How often an open console is asked whether its sign-in still holds."""


def user_room(user_id: object) -> str:
    """Name the room of one person, so that their sockets close when what they may see changes."""
    return f"user:{user_id}"


def session_room(session_id: object) -> str:
    """Name the room of one sign-in session, so that its sockets close when it ends."""
    return f"session:{session_id}"


@dataclass(frozen=True, slots=True)
class Open:
    """An open console: what it proved, and where it listens."""

    workspace_id: UUID
    cookie: str = field(repr=False)
    page: str = field(repr=False)
    rooms: frozenset[str]


class Consoles(GuardedNamespace):
    """Open consoles; each sits in the rooms of what its viewer may see."""

    def __init__(
        self, watch: Callable[[UUID], Awaitable[None]], unwatch: Callable[[UUID], None]
    ) -> None:
        super().__init__(CONSOLE)
        self._watch = watch
        self._unwatch = unwatch
        self._open: dict[str, Open] = {}
        self._closing: set[asyncio.Future[None]] = set()
        self._recheck = Repeated(RECHECK_S, self.recheck)

    @admits(ConsoleHello, who="user")
    async def on_connect(self, sid: str, environ: Mapping[str, Any], hello: ConsoleHello) -> None:
        """Admit a signed-in browser that opened a console page."""
        cookie = _cookie(environ)
        viewer, rooms = await _find(cookie, hello.page)
        if viewer is None:
            raise NotFoundError
        for room in [*rooms, session_room(viewer.session_id), user_room(viewer.user_id)]:
            await self.enter_room(sid, room)
        self._open[sid] = Open(viewer.workspace_id, cookie, hello.page, rooms)
        self._recheck.start()
        metrics.SOCKETS_OPEN.labels(CONSOLE).inc()
        try:
            await self._watch(viewer.workspace_id)
        except BaseException:
            await self.on_disconnect(sid)
            raise

    async def on_disconnect(self, sid: str, _reason: object = None) -> None:
        """Stop watching for a console that is gone."""
        console = self._open.pop(sid, None)
        if console is not None:
            metrics.SOCKETS_OPEN.labels(CONSOLE).dec()
            self._unwatch(console.workspace_id)
        if not self._open:
            self._recheck.stop()

    def recheck_soon(self) -> None:
        """Check all consoles now: something may not have been heard."""
        self._recheck.soon()

    async def recheck(self) -> None:
        """Close consoles whose sign-in is over, by age too, or who may see something else now."""
        for sid, console in list(self._open.items()):
            viewer, rooms = await _find(console.cookie, console.page)
            if viewer is None or rooms != console.rooms:
                task = asyncio.ensure_future(self.disconnect(sid))
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)


async def _find(cookie: str, page: str) -> tuple[Viewer | None, frozenset[str]]:
    """Return who opened a console and in which rooms they may listen."""
    async with reading() as db:
        viewer = await find_listener(db, cookie=cookie, page_token=page)
        rooms = await list_rooms(db, viewer) if viewer else []
    return viewer, frozenset(rooms)


def _cookie(environ: Mapping[str, Any]) -> str:
    """Return the session cookie of the handshake, "" if there is none."""
    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        return ""
    return cookies[SESSION_COOKIE].value if SESSION_COOKIE in cookies else ""
