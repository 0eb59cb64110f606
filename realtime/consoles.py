"""/console: reps watching. They only listen; what they may hear is settled at connect."""

from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from app.accounts.cookies import SESSION_COOKIE
from app.console.live import find_listener, list_rooms
from app.db import reading
from app.errors import NotFoundError
from realtime.guard import GuardedNamespace, admits
from realtime.messages import ConsoleHello


def user_room(user_id: object) -> str:
    """Name the room of one person, so that their sockets close when what they may see changes."""
    return f"user:{user_id}"


def session_room(session_id: object) -> str:
    """Name the room of one sign-in session, so that its sockets close when it ends."""
    return f"session:{session_id}"


class Consoles(GuardedNamespace):
    """Open consoles; each sits in the rooms of what its viewer may see."""

    @admits(ConsoleHello, who="user")
    async def on_connect(self, sid: str, environ: Mapping[str, Any], hello: ConsoleHello) -> None:
        """Admit a signed-in browser that opened a console page."""
        async with reading() as db:
            viewer = await find_listener(db, cookie=_cookie(environ), page_token=hello.page)
            if viewer is None:
                raise NotFoundError
            rooms = await list_rooms(db, viewer)
        for room in [*rooms, session_room(viewer.session_id), user_room(viewer.user_id)]:
            await self.enter_room(sid, room)


def _cookie(environ: Mapping[str, Any]) -> str:
    """Return the session cookie of the handshake, "" if there is none."""
    try:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
    except CookieError:
        return ""
    return cookies[SESSION_COOKIE].value if SESSION_COOKIE in cookies else ""
