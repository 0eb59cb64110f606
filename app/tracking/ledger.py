"""Writing a group of acts: one transaction for what arrived together, from whichever visits.

A visit's acts are stored only where its row still stands as its LiveVisit has it: the same last
act, not over, not away, the same owner and person. So nothing is stored twice or with a gap, in
whichever process somebody else wrote meanwhile; visits that do not stand so are named and left
alone. SQL is written out here because this is the one place where microseconds count; a test
holds its rows equal to those the models write.
"""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app.checkpoints import Checkpoints
from app.db import sqlite_pragmas, write_turn
from app.tracking.live import LiveVisit, NewAct

COLUMNS = (
    "workspace_id", "visit_id", "seq", "kind", "name", "module", "target", "text", "details",
    "is_repeat", "happened_at", "stored_at",
)  # fmt: skip
CASTS = {"details": "::json"}
PATIENCE_S = 10.0
"""Longer than this a statement of PostgreSQL may not take: then the line is taken for dead."""
NOT_THE_DRIVERS = {"prepared_statement_cache_size", "prepared_statement_name_func"}
"""What may stand in DATABASE_URL for SQLAlchemy and means nothing to the driver."""


class Move(NamedTuple):
    """What a group writes of one visit: its acts after `after`, none for a sign of life alone."""

    live: LiveVisit
    after: int
    acts: Sequence[NewAct]
    seen_at: datetime | None
    """Noted when it is set; not with every act, because it is in an index."""

    @property
    def last(self) -> int:
        """The number of the last act when this is written."""
        return self.acts[-1].seq if self.acts else self.after


class Ledger(Protocol):
    """Where groups are written."""

    async def store(self, moves: Sequence[Move]) -> set[UUID]:
        """Write a group, one move per visit; return the visits that were left alone.

        Raises what the driver raises; then nothing was written, or (PostgreSQL, when the line dies
        just after the commit) all of it, and is skipped when it comes again.
        """

    async def close(self) -> None:
        """Let go of the connection."""


class SqliteLedger:
    """SQLite: a thread and a connection of its own, in turn with the other writers.

    The log is copied into the file beside the commits, not in one of them (checkpoints.py).
    """

    STAY = (
        "UPDATE visits SET last_seq = ? WHERE id = ? AND last_seq = ? AND ended_at IS NULL"
        " AND away_at IS NULL AND owner_id = ? AND prospect_id IS ?"
    )
    SEEN = STAY.replace("SET last_seq = ?", "SET last_seq = ?, seen_at = max(seen_at, ?)")
    ADD = (
        f"INSERT INTO acts ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
        " ON CONFLICT DO NOTHING"
    )

    def __init__(self, path: str, synchronous: str) -> None:
        self._connect = partial(_open_sqlite, path, synchronous)
        self._db: sqlite3.Connection | None = None
        self._checkpoints = Checkpoints(path)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="acts")

    async def store(self, moves: Sequence[Move]) -> set[UUID]:
        """Write a group in the thread."""
        async with write_turn(is_first=True):
            loop = asyncio.get_running_loop()
            alone = await loop.run_in_executor(self._thread, self._store, moves)
        self._checkpoints.note_written(sum(len(move.acts) for move in moves))
        return alone

    async def close(self) -> None:
        """Close the connection where it is used, and end the thread."""
        await self._checkpoints.close()
        if self._db is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._db.close)
            self._db = None
        self._thread.shutdown(wait=False)

    def _store(self, moves: Sequence[Move]) -> set[UUID]:
        """Write all or nothing; when some visits stand otherwise, write the others one by one."""
        if self._db is None:
            self._db = self._connect()
        db = self._db
        try:
            db.execute("BEGIN IMMEDIATE")
            alone: set[UUID] = set()
            if self._move(db, moves) != len(moves):
                db.execute("ROLLBACK")
                db.execute("BEGIN IMMEDIATE")
                alone = {move.live.id for move in moves if not self._move(db, [move])}
            written = (move for move in moves if move.live.id not in alone) if alone else moves
            db.executemany(self.ADD, [row for move in written for row in _sqlite_rows(move)])
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        return alone

    def _move(self, db: sqlite3.Connection, moves: Sequence[Move]) -> int:
        """Move visits on where they stand as expected; return how many did."""
        stay = [_sqlite_move(move) for move in moves if move.seen_at is None]
        seen = [_sqlite_move(move) for move in moves if move.seen_at is not None]
        moved = db.executemany(self.STAY, stay).rowcount if stay else 0
        return moved + (db.executemany(self.SEEN, seen).rowcount if seen else 0)


def _open_sqlite(path: str, synchronous: str) -> sqlite3.Connection:
    """Open the connection of the ledger.

    It need not look up the visit and workspace of each act: moving the visit on has found both.
    """
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for pragma in (*sqlite_pragmas(synchronous), "PRAGMA foreign_keys=OFF"):
        db.execute(pragma)
    return db


def _sqlite_move(move: Move) -> tuple[object, ...]:
    """Return the values of STAY or SEEN."""
    live, prospect_id = move.live, move.live.prospect_id
    seen = () if move.seen_at is None else (_sqlite_time(move.seen_at),)
    person = None if prospect_id is None else prospect_id.hex
    return (move.last, *seen, live.id.hex, move.after, live.owner_id.hex, person)


def _sqlite_rows(move: Move) -> list[tuple[object, ...]]:
    """Return the values of ADD for every act."""
    workspace_id, visit_id = move.live.claims.workspace_id.hex, move.live.id.hex
    return [
        (
            workspace_id, visit_id, act.seq, act.kind, act.name, act.module, act.target, act.text,
            _json(act.details), act.is_repeat, _sqlite_time(act.happened_at),
            _sqlite_time(act.stored_at),
        )
        for act in move.acts
    ]  # fmt: skip


def _json(details: dict[str, Any]) -> str:
    """Write details the way SQLAlchemy does."""
    return json.dumps(details) if details else "{}"


def _sqlite_time(moment: datetime) -> str:
    """Write a moment the way SQLAlchemy does for SQLite: UTC without saying so."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(" ", "microseconds")[:26]


class PostgresLedger:
    """PostgreSQL: one statement, one round trip, one commit, on a connection of its own.

    It waits for nobody: a visit whose row somebody holds is left alone and goes the long way. So
    one busy row holds up nobody else, and no two writers can wait for each other.
    """

    STORE = f"""
        WITH held AS MATERIALIZED (
            SELECT id FROM visits WHERE id = ANY($1::uuid[]) ORDER BY id
            FOR NO KEY UPDATE SKIP LOCKED
        ), moved AS (
            UPDATE visits SET last_seq = given.last,
                seen_at = GREATEST(visits.seen_at, given.seen_at)
            FROM unnest(
                $1::uuid[], $2::int[], $3::int[], $4::uuid[], $5::uuid[], $6::timestamptz[]
            ) AS given (id, after, last, owner_id, prospect_id, seen_at)
            JOIN held ON held.id = given.id
            WHERE visits.id = given.id AND visits.last_seq = given.after
                AND visits.ended_at IS NULL AND visits.away_at IS NULL
                AND visits.owner_id = given.owner_id
                AND visits.prospect_id IS NOT DISTINCT FROM given.prospect_id
            RETURNING visits.id
        ), added AS (
            INSERT INTO acts ({", ".join(COLUMNS)})
            SELECT {", ".join(f"given.{c}{CASTS.get(c, str())}" for c in COLUMNS)}
            FROM unnest(
                $7::uuid[], $8::uuid[], $9::int[], $10::text[], $11::text[], $12::text[],
                $13::text[], $14::text[], $15::text[], $16::bool[], $17::timestamptz[],
                $18::timestamptz[]
            ) AS given ({", ".join(COLUMNS)})
            JOIN moved ON moved.id = given.visit_id
            ON CONFLICT DO NOTHING
        )
        SELECT id FROM moved
    """

    def __init__(self, engine: AsyncEngine) -> None:
        _, address = engine.dialect.create_connect_args(engine.url)
        self._address = {name: to for name, to in address.items() if name not in NOT_THE_DRIVERS}
        self._db: asyncpg.Connection | None = None

    async def store(self, moves: Sequence[Move]) -> set[UUID]:
        """Write a group; a connection that fails is not used again."""
        db = self._db
        if db is None or db.is_closed():
            db = self._db = await asyncpg.connect(
                **self._address, timeout=PATIENCE_S, command_timeout=PATIENCE_S
            )
        try:
            found = await db.fetch(self.STORE, *_postgres_values(moves))
        except BaseException:
            db.terminate()
            raise
        if len(found) == len(moves):
            return set()
        return {move.live.id for move in moves} - {row["id"] for row in found}

    async def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.terminate()
            self._db = None


def _postgres_values(moves: Sequence[Move]) -> list[list[Any]]:
    """Return the columns of STORE: six of visits, then those of acts."""
    visits = [
        (
            move.live.id, move.after, move.last, move.live.owner_id, move.live.prospect_id,
            move.seen_at,
        )
        for move in moves
    ]  # fmt: skip
    acts = [
        (
            move.live.claims.workspace_id, move.live.id, act.seq, act.kind, act.name, act.module,
            act.target, act.text, _json(act.details), act.is_repeat, act.happened_at,
            act.stored_at,
        )
        for move in moves for act in move.acts
    ]  # fmt: skip
    columns = [list(column) for column in zip(*visits, strict=True)]
    return columns + ([list(c) for c in zip(*acts, strict=True)] or [[] for _ in COLUMNS])
