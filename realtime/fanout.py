"""From announcements to consoles: each fact is told once to each console that may hear it.

Announcements are hints and may be lost, with Redis or without. What counts is the position: how
far the consoles of this process have been told of each visit. What an announcement or the look
into the database finds beyond it is told, in order; what is not beyond it has been told.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from contextvars import Context
from uuid import UUID

import structlog
from quart import Quart

from app import bus, metrics
from app.bus import Announcement
from app.console.fragments import Shown, draw_visit, write_acts
from app.console.queries import (
    Position,
    find_positions,
    list_acts_by_key,
    list_positions,
    load_seen_visit,
)
from app.db import is_away, is_sqlite, reading
from realtime.consoles import CONSOLE, session_room, user_room
from realtime.lane.outlet import Outlet
from realtime.told import Told

log = structlog.get_logger()

CLOSING = {"session-ended": session_room, "sight-changed": user_room}
"""What closes console sockets, and whose; a page whose socket was closed loads itself again."""
TOLD = ("visit-began", "visit-acted", "visit-presence", "visit-ended")
HEARD = (*TOLD, *CLOSING)
"""What a process with consoles wants to hear of their workspaces from others."""
LOOK_EVERY_S, LOOK_ALONE_EVERY_S = 1.0, 5.0
"""How often the database is asked for what no announcement said; the second on SQLite, where
nearly everything happens in this process."""
MOST_WAITING = 10_000
"""Announcements that may wait to be told; beyond that the next look finds what they meant."""
MOST_ACTS = 500
"""Acts asked for in one query."""


class Fanout:
    """Tells consoles what happens, as long as there are any."""

    def __init__(self, web: Quart, outlet: Outlet) -> None:
        self._web = web
        self._outlet = outlet
        self._watched: Counter[UUID] = Counter()
        self._told: dict[UUID, Told] = {}
        self._facts: deque[Announcement] = deque()
        self._waiting: Counter[UUID] = Counter()
        self._wake = asyncio.Event()
        self._is_look_due = False
        self._messages = 0
        self._work: asyncio.Task[None] | None = None

    async def watch(self, workspace_id: UUID) -> None:
        """Tell of this workspace from now on; counted. Returns once its visits are known."""
        self._watched[workspace_id] += 1
        bus.attend(workspace_id, HEARD)
        if self._work is None:
            self._work = asyncio.get_running_loop().create_task(self._tell_all(), context=Context())
        if self._watched[workspace_id] == 1:
            async with reading() as db:
                for visit_id, position in (await list_positions(db, [workspace_id])).items():
                    self._told.setdefault(visit_id, Told(position))

    def unwatch(self, workspace_id: UUID) -> None:
        """Take back one `watch`; with the last one everything of the workspace is forgotten."""
        self._watched[workspace_id] -= 1
        bus.leave(workspace_id, HEARD)
        if self._watched[workspace_id] > 0:
            return
        del self._watched[workspace_id]
        gone = [key for key, at in self._told.items() if at.workspace_id == workspace_id]
        for visit_id in gone:
            del self._told[visit_id]
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
        is_ours = fact.name in TOLD and fact.workspace_id in self._watched
        if is_ours and not (fact.here and self._tell_at_once(fact)):
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

    def _tell_at_once(self, fact: Announcement) -> bool:
        """Tell acts that follow what was told and that this process itself has stored."""
        told = self._told.get(fact.subject)
        if told is None or fact.facts["from_seq"] != told.last + 1:
            return False
        if self._waiting and self._waiting[fact.subject]:
            return False
        told.belongs_to(fact.owner_id, fact.prospect_id)
        self._tell_acts(told, fact.here)
        return True

    async def _tell_all(self) -> None:
        """Tell what waits, and look every so often, until nobody watches."""
        loop = asyncio.get_running_loop()
        pause = LOOK_ALONE_EVERY_S if is_sqlite() else LOOK_EVERY_S
        next_look = loop.time() + pause
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, next_look - loop.time()))
            self._wake.clear()
            try:
                await self._tell_waiting()
                if self._is_look_due or loop.time() >= next_look:
                    self._is_look_due = False
                    next_look = loop.time() + pause
                    await self._look()
            except Exception as error:
                self._is_look_due = True
                log.warning(
                    "consoles not told, looking again", error=type(error).__name__,
                    exc_info=None if is_away(error) else error,
                )  # fmt: skip
                await asyncio.sleep(LOOK_EVERY_S / 2)

    async def _tell_waiting(self) -> None:
        """Tell the facts that wait, acts that follow each other together."""
        while self._facts:
            facts, acted = list(self._facts), list[Announcement]()
            self._facts.clear()
            self._waiting.clear()
            metrics.FANOUT_WAITING.set(0)
            for fact in facts:
                if fact.name == "visit-acted":
                    acted.append(fact)
                    continue
                await self._tell_acted(acted)
                acted.clear()
                await self._tell_life(fact)
            await self._tell_acted(acted)

    async def _tell_life(self, fact: Announcement) -> None:
        """Tell that a visit began or ended, or that its visitor came or went."""
        told = self._told.get(fact.subject)
        if fact.name == "visit-ended":
            self._end(fact.subject, told or Told(_position(fact, 0)))
        elif fact.name == "visit-began" or told is None:
            await self._begin(fact.subject)
        else:
            told.belongs_to(fact.owner_id, fact.prospect_id)
            self._tell_presence(told, is_away=fact.facts["state"] == "away")

    async def _tell_acted(self, facts: Iterable[Announcement]) -> None:
        """Tell acts up to where these facts say, from the database."""
        wanted: dict[UUID, int] = {}
        for fact in facts:
            first, last = int(str(fact.facts["from_seq"])), int(str(fact.facts["to_seq"]))
            told = self._told.get(fact.subject)
            if told is None:
                told = self._told[fact.subject] = Told(_position(fact, first - 1))
            told.belongs_to(fact.owner_id, fact.prospect_id)
            wanted[fact.subject] = last
        await self._tell_up_to(wanted)

    async def _tell_up_to(self, wanted: Mapping[UUID, int]) -> int:
        """Tell what the database has after what was told, up to these acts; return how many."""
        keys = [
            (visit_id, seq)
            for visit_id, last in wanted.items()
            if (told := self._told.get(visit_id)) is not None
            for seq in range(told.last + 1, last + 1)
        ]
        count = 0
        for at in range(0, len(keys), MOST_ACTS):
            async with reading() as db:
                found = await list_acts_by_key(db, keys[at : at + MOST_ACTS])
            for visit_id, acts in found.items():
                told = self._told.get(visit_id)
                # While the database was read, this process may have told some of it itself.
                new = [act for act in acts if told is not None and act.seq > told.last]
                if told is not None and new and new[0].seq == told.last + 1:
                    self._tell_acts(told, new)
                    count += len(new)
        return count

    async def _look(self) -> None:
        """Tell what the database knows and no announcement said."""
        marks = {visit_id: told.mark for visit_id, told in self._told.items()}
        async with reading() as db:
            live = await list_positions(db, list(self._watched))
            gone = [visit_id for visit_id in marks if visit_id not in live]
            over = await find_positions(db, gone) if gone else {}
        for visit_id, position in live.items():
            told = self._told.get(visit_id)
            if told is None:
                await self._begin(visit_id)
            elif position.is_away != told.is_away and marks.get(visit_id) == told.mark:
                self._tell_presence(told, is_away=position.is_away)
            if told is not None:
                told.belongs_to(position.owner_id, position.prospect_id)
        found = {visit_id: position.last for visit_id, position in (live | over).items()}
        metrics.ACTS_FOUND_BY_POLL.inc(await self._tell_up_to(found))
        for visit_id in gone:
            if visit_id in self._told:
                self._end(visit_id, self._told[visit_id])
        metrics.MESSAGES_TOLD.inc(self._messages)
        self._messages = 0

    async def _begin(self, visit_id: UUID) -> None:
        """Draw the card of a visit that began or came back, with what it did so far."""
        async with reading() as db:
            seen = await load_seen_visit(db, visit_id)
        if seen is None or seen.visit.ended_at is not None:
            return
        visit = seen.visit
        last = max(visit.last_seq, seen.acts[-1].seq if seen.acts else 0)
        position = Position(
            visit.id, visit.workspace_id, visit.owner_id, visit.prospect_id, last,
            visit.away_at is not None,
        )  # fmt: skip
        async with self._web.app_context():
            html = await draw_visit(seen)
        # Only now: acts that follow it must not overtake the card.
        told = self._told[visit_id] = Told(position)
        self._say(told, "visit-began", {"visit": told.name, "html": html})

    def _end(self, visit_id: UUID, told: Told) -> None:
        """Say that a visit is over; the console moves it to the past ones."""
        self._told.pop(visit_id, None)
        self._say(told, "visit-ended", {"visit": told.name})

    def _tell_presence(self, told: Told, *, is_away: bool) -> None:
        """Say whether the visitor is here or away, if that is news."""
        if told.is_away is not is_away:
            told.is_away = is_away
            state = "away" if is_away else "here"
            self._say(told, "visit-presence", {"visit": told.name, "state": state})

    def _tell_acts(self, told: Told, acts: Sequence[Shown]) -> None:
        """Tell acts that follow what was told."""
        told.last = acts[-1].seq
        self._say(told, "visit-acted", write_acts(told.name, acts))

    def _say(self, told: Told, event: str, message: Mapping[str, object] | str) -> None:
        """Put a message into the socket of everybody who may hear of a visit."""
        self._messages += self._outlet.tell(CONSOLE, told.rooms, event, message)


def _position(fact: Announcement, last: int) -> Position:
    """Return a position at `last`, as far as a fact tells."""
    owner_id = fact.owner_id or fact.workspace_id
    return Position(
        fact.subject, fact.workspace_id, owner_id, fact.prospect_id, last, is_away=False
    )
