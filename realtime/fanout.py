"""From announcements to consoles: each fact is drawn once and sent to those who may hear it."""

from collections.abc import Awaitable, Callable
from typing import Any

from quart import Quart
from socketio import AsyncServer

from app.bus import Announcement
from app.console.fragments import draw_acts, draw_visit
from app.console.live import rooms_for
from realtime.consoles import session_room, user_room

CONSOLE = "/console"
CLOSING = {"session-ended": session_room, "sight-changed": user_room}
"""What closes console sockets, and whose; a page whose socket was closed loads itself again."""


class Fanout:
    """The listener that turns announcements into console messages."""

    def __init__(self, sio: AsyncServer, web: Quart) -> None:
        self._sio = sio
        self._web = web
        self._tellers: dict[str, Callable[[Announcement], Awaitable[dict[str, Any]]]] = {
            "visit-began": self._began,
            "visit-acted": self._acted,
            "visit-presence": self._presence,
            "visit-ended": self._ended,
        }

    async def __call__(self, fact: Announcement) -> None:
        """Tell the consoles, if this is theirs to hear and anybody listens."""
        if fact.name in CLOSING:
            await self._close(CLOSING[fact.name](fact.subject))
            return
        tell = self._tellers.get(fact.name)
        rooms = rooms_for(fact)
        if tell is None or not self._is_heard(rooms):
            return
        message = {"visit": str(fact.subject), **await tell(fact)}
        await self._sio.emit(fact.name, message, room=rooms, namespace=CONSOLE)

    def _is_heard(self, rooms: list[str]) -> bool:
        """Whether any console sits in one of these rooms."""
        listeners = self._sio.manager.get_participants(CONSOLE, rooms)
        return next(iter(listeners), None) is not None

    async def _began(self, fact: Announcement) -> dict[str, Any]:
        """Draw the card of a visit that began or came back."""
        async with self._web.app_context():
            return {"html": await draw_visit(fact.subject)}

    async def _acted(self, fact: Announcement) -> dict[str, Any]:
        """Draw the new rows of a feed."""
        first, last = int(str(fact.facts["from_seq"])), int(str(fact.facts["to_seq"]))
        async with self._web.app_context():
            rows = await draw_acts(fact.subject, after=first - 1, until=last)
        return {"from_seq": first, "to_seq": last, "html": rows}

    async def _presence(self, fact: Announcement) -> dict[str, Any]:
        """Say whether the visitor is here or away."""
        return {"state": fact.facts["state"]}

    async def _ended(self, _fact: Announcement) -> dict[str, Any]:
        """Say that the visit is over; the console moves it to the past ones."""
        return {}

    async def _close(self, room: str) -> None:
        """Disconnect every console socket in a room."""
        for sid, _ in list(self._sio.manager.get_participants(CONSOLE, room)):
            await self._sio.disconnect(sid, namespace=CONSOLE)
