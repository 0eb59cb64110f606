"""From announcements to consoles: each fact is told once to each console that may hear it.

Announcements are hints and may be lost, with Redis or without. What counts is the position: how
far the consoles of this process have been told of each visit. What an announcement or the look
into the database finds beyond it is told, in order; what is not beyond it has been told.
"""

import asyncio
from collections import Counter, deque
from contextlib import suppress
from contextvars import Context
from uuid import UUID

import structlog
from quart import Quart

from app import bus, metrics
from app.bus import Announcement
from app.db import is_away, is_sqlite
from realtime.consoles import CONSOLE, session_room, user_room
from realtime.lane.outlet import Outlet
from realtime.teller import Teller

log = structlog.get_logger()

CLOSING = {"session-ended": session_room, "sight-changed": user_room}
"""What closes console sockets, and whose; a page whose socket was closed loads itself again."""
TOLD = ("visit-began", "visit-acted", "visit-presence", "visit-ended")
HEARD = (*TOLD, *CLOSING)
"""What a process with consoles wants to hear of their workspaces from others."""
LOOK_EVERY_S, LOOK_ALONE_EVERY_S = 1.0, 5.0
"""How often the database is asked for what no announcement said; the second on SQLite, where
nearly everything happens in this process."""
PATIENCE_S = 20.0
"""A turn of telling that takes longer hangs, and is given up for the next."""
MOST_WAITING = 10_000
"""Announcements that may wait to be told; beyond that the next look finds what they meant."""


class Fanout:
    """Tells consoles what happens, as long as there are any."""

    def __init__(self, web: Quart, outlet: Outlet) -> None:
        self._outlet = outlet
        self._teller = Teller(web, outlet)
        self._watched: Counter[UUID] = Counter()
        self._learning: dict[UUID, asyncio.Future[None]] = {}
        self._facts: deque[Announcement] = deque()
        self._waiting: Counter[UUID] = Counter()
        self._wake = asyncio.Event()
        self._is_look_due = False
        self._work: asyncio.Task[None] | None = None

    async def watch(self, workspace_id: UUID) -> None:
        """Tell of this workspace from now on; counted, taken back by `unwatch`.

        Returns once its visits are known, so that what a console asks for after this and what it
        is told from now on leave nothing out.
        """
        self._watched[workspace_id] += 1
        bus.attend(workspace_id, HEARD)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._tell_all(), context=Context())
        if workspace_id not in self._learning:
            self._learning[workspace_id] = asyncio.ensure_future(self._teller.learn(workspace_id))
        await asyncio.shield(self._learning[workspace_id])

    def unwatch(self, workspace_id: UUID) -> None:
        """Take back one `watch`; with the last one everything of the workspace is forgotten."""
        self._watched[workspace_id] -= 1
        bus.leave(workspace_id, HEARD)
        if self._watched[workspace_id] <= 0:
            del self._watched[workspace_id]
            self._learning.pop(workspace_id, None)
            self._teller.forget(workspace_id)
        if not self._watched and self._work is not None:
            self._work.cancel()
            self._work = None

    def look_soon(self) -> None:
        """Look into the database now: something may have been missed."""
        self._is_look_due = True
        self._wake.set()

    def __call__(self, fact: Announcement) -> None:
        """Tell a fact: at once where everything is at hand, otherwise in turn."""
        if fact.name in CLOSING:
            self._outlet.close(CONSOLE, CLOSING[fact.name](fact.subject))
        if fact.name not in TOLD or fact.workspace_id not in self._watched:
            return
        is_next = fact.here and not self._waiting.get(fact.subject)
        if not (is_next and self._teller.tell_at_once(fact)):
            self._put_off(fact)

    def _put_off(self, fact: Announcement) -> None:
        """Let a fact wait for its turn, or for the look when too many do."""
        if len(self._facts) >= MOST_WAITING:
            self._facts.clear()
            self._waiting.clear()
            self._is_look_due = True
        self._facts.append(fact)
        self._waiting[fact.subject] += 1
        metrics.FANOUT_WAITING.set(len(self._facts))
        self._wake.set()

    async def _tell_all(self) -> None:
        """Tell what waits, and look every so often, until nobody watches."""
        loop = asyncio.get_running_loop()
        pause = LOOK_ALONE_EVERY_S if is_sqlite() else LOOK_EVERY_S
        next_look = loop.time() + pause
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_look - loop.time())):
                    await self._wake.wait()
            self._wake.clear()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._tell_waiting()
                    if self._is_look_due or loop.time() >= next_look:
                        next_look = loop.time() + pause
                        await self._look()
            except Exception as error:
                self._is_look_due = True
                log.warning(
                    "consoles not told, looking again", error=type(error).__name__,
                    exc_info=None if is_away(error) else error,
                )  # fmt: skip
                await asyncio.sleep(LOOK_EVERY_S / 2)
                self._wake.set()

    async def _look(self) -> None:
        """Look into the database, and soon again if it had too much."""
        self._is_look_due = False
        if not await self._teller.look(frozenset(self._watched)):
            self.look_soon()

    async def _tell_waiting(self) -> None:
        """Tell the facts that wait, acts that follow each other together."""
        while self._facts:
            facts, acted = list(self._facts), list[Announcement]()
            self._facts.clear()
            self._waiting.clear()
            metrics.FANOUT_WAITING.set(0)
            for fact in facts:
                if fact.workspace_id not in self._watched:
                    continue
                if fact.name == "visit-acted":
                    acted.append(fact)
                    continue
                await self._teller.tell_acted(acted)
                acted.clear()
                await self._teller.tell_life(fact)
            await self._teller.tell_acted(acted)
