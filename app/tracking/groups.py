"""Group commit: acts that arrive together are stored together, and acknowledged after that."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from app import bus, metrics
from app.bus import Announcement
from app.config import settings
from app.db import engine, is_away, is_sqlite
from app.tracking.errors import NotStoredError, SlowDownError
from app.tracking.ledger import Ledger, Move, PostgresLedger, SqliteLedger
from app.tracking.live import LiveVisit, NewAct
from app.tracking.shapes import SentAct

log = structlog.get_logger()

MOST_ROWS = 2_000
"""Acts in one commit."""
MOST_WAITING = 20_000
"""Acts and heartbeats that may wait for theirs; who comes then is told to slow down."""
FULL_RETRY_MS = 1_000
SEEN_EVERY = timedelta(seconds=1)

Told = Callable[[int | Exception], None]
"""Hears what became of a message: the last act stored, or why not. Called once."""


class Entry(NamedTuple):
    """What one message adds to a group: `sent` as it came, `acts` as rows after act `after`."""

    live: LiveVisit
    after: int
    acts: Sequence[NewAct]
    seen_at: datetime | None
    sent: Sequence[SentAct]
    now: datetime
    tell: Told


class Groups:
    """Collects entries, stores them in order, and tells what became of them.

    `go_alone` takes an entry whose visit stands otherwise than expected.
    """

    def __init__(self, ledger: Ledger, wait_s: float, go_alone: Callable[[Entry], None]) -> None:
        self._ledger = ledger
        self._go_alone = go_alone
        self._wait_s = wait_s
        self._entries: list[Entry] = []
        self._rows = 0
        self._work: asyncio.Task[None] | None = None

    def demand_room(self) -> None:
        """Raise SlowDownError while too much waits."""
        if self._rows >= MOST_WAITING:
            raise SlowDownError(FULL_RETRY_MS)

    def add(self, entry: Entry) -> None:
        """Let an entry be part of the next group."""
        entry.live.begin_waiting()
        self._entries.append(entry)
        self._rows += cost_of(entry)
        if self._work is None:
            loop = asyncio.get_running_loop()
            # In no socket's context: this task works for all of them, and so its log says.
            self._work = loop.create_task(self._store_all(), context=Context())

    async def close(self) -> None:
        """Store what waits and let go of the ledger."""
        try:
            if self._work is not None:
                await self._work
        finally:
            await self._ledger.close()

    async def _store_all(self) -> None:
        """Store group after group until nothing waits."""
        try:
            while self._entries:
                await asyncio.sleep(self._wait_s)
                await self._store(self._take())
        finally:
            self._work = None

    def _take(self) -> list[Entry]:
        """Return the entries of the next group, in the order they came."""
        rows = count = 0
        for count, entry in enumerate(self._entries, 1):  # noqa: B007  used after the loop
            rows += cost_of(entry)
            if rows >= MOST_ROWS:
                break
        taken, self._entries = self._entries[:count], self._entries[count:]
        self._rows -= rows
        metrics.ACTS_WAITING.set(self._rows)
        return taken

    async def _store(self, entries: list[Entry]) -> None:
        """Store one group and tell everybody."""
        moves = join_moves(entries)
        began = time.perf_counter()
        try:
            alone = await self._ledger.store(list(moves.values()))
        except Exception as error:  # noqa: BLE001  whatever it was, nothing was stored
            self._fail(entries, error)
            return
        metrics.COMMIT_SECONDS.observe(time.perf_counter() - began)
        written = [move for move in moves.values() if not alone or move.live.id not in alone]
        rows = sum(len(move.acts) for move in written)
        metrics.COMMIT_ROWS.observe(rows)
        metrics.ACTS_STORED.inc(rows)
        for entry in entries:
            if alone and entry.live.id in alone:
                self._contest(entry)
            else:
                _settle(entry)
        with metrics.TOLD_SECONDS.time():
            for move in written:
                if move.acts:
                    bus.publish(_acted(move))

    def _contest(self, entry: Entry) -> None:
        """Send an entry the long way: its visit is not as this process believed."""
        entry.live.is_sure = False
        entry.live.end_waiting()
        try:
            self._go_alone(entry)
        except Exception as error:
            log.exception("not sent the long way", visit=str(entry.live.id))
            _tell(entry, error)

    def _fail(self, entries: list[Entry], error: Exception) -> None:
        """Tell everybody that nothing was stored; their browsers come again."""
        metrics.COMMITS_FAILED.inc()
        is_known = is_away(error)
        log.error("acts not stored", acts=sum(len(entry.acts) for entry in entries),
                  error=type(error).__name__, exc_info=None if is_known else error)  # fmt: skip
        for entry in entries:
            entry.live.is_sure = False
            entry.live.end_waiting()
            _tell(entry, NotStoredError())


def cost_of(entry: Entry) -> int:
    """Return what an entry counts in bounds; one without acts is work, too."""
    return len(entry.acts) or 1


def join_moves(entries: Sequence[Entry]) -> dict[LiveVisit, Move]:
    """Return one move per visit for a group, in the order the visits came."""
    moves: dict[LiveVisit, Move] = {}
    for entry in entries:
        earlier = moves.get(entry.live)
        if earlier is None:
            moves[entry.live] = Move(entry.live, entry.after, entry.acts, entry.seen_at)
        elif entry.acts or entry.seen_at:
            acts = [*earlier.acts, *entry.acts]
            seen_at = entry.seen_at or earlier.seen_at
            moves[entry.live] = earlier._replace(acts=acts, seen_at=seen_at)
    return moves


def _settle(entry: Entry) -> None:
    """Tell an entry that it is on disk."""
    live = entry.live
    live.stored = entry.acts[-1].seq if entry.acts else entry.after
    live.end_waiting()
    _tell(entry, live.stored)


def _tell(entry: Entry, outcome: int | Exception) -> None:
    """Tell an entry its outcome; one that fails does not keep the others."""
    try:
        entry.tell(outcome)
    except Exception:
        log.exception("receipt not given", visit=str(entry.live.id))


def _acted(move: Move) -> Announcement:
    """Say which acts of a visit are new, with the acts themselves for those in this process."""
    live = move.live
    return Announcement(
        "visit-acted", live.claims.workspace_id, live.id, owner_id=live.owner_id,
        prospect_id=live.prospect_id, facts={"from_seq": move.after + 1, "to_seq": move.last},
        here=move.acts,
    )  # fmt: skip


def open_groups(go_alone: Callable[[Entry], None]) -> Groups:
    """Return groups over the open database."""
    ledger: Ledger
    if is_sqlite():
        ledger = SqliteLedger(engine().url.database or "", settings().sqlite_synchronous)
    else:
        ledger = PostgresLedger(engine())
    return Groups(ledger, settings().commit_wait_ms / 1000, go_alone)
