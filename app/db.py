"""The database: one declarative base, one way to write, one way to read.

SQLite (WAL) by default, PostgreSQL by `DATABASE_URL`; the code above is the same for both.
SQLite has one writer: writes queue on a lock here and begin IMMEDIATE, so none of them
fails half-way with "database is locked".
"""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import JSON, DateTime, Dialect, MetaData, Numeric, event
from sqlalchemy import Table as SqlTable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from app import bus
from app.config import Settings
from app.turns import Turns

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, aware and in UTC on both databases (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they are a bug, not a moment."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back."""
        del dialect
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)


class Table(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[Any]: JSON,
        Decimal: Numeric(18, 4),
    }


AWAY = (
    DBAPIError, PoolTimeoutError, OSError, sqlite3.OperationalError, asyncpg.PostgresError,
    asyncpg.InterfaceError,
)  # fmt: skip
"""What a database raises that cannot be reached; drivers are used without SQLAlchemy, too
(tracking/ledger.py)."""
WRONG = (
    IntegrityError, DataError, ProgrammingError, asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError, asyncpg.SyntaxOrAccessError,
)  # fmt: skip
"""What is no better when it comes again."""

POSTGRES_LIMITS = {
    "timeout": 10,
    "command_timeout": 30,
    "server_settings": {
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "60s",
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    },
}
"""Seconds to connect and for one statement, and what the server is asked for: a line that is gone
without a word must not hold a row, or whoever waits for it, forever."""

COPIED_AT_THE_LATEST = 32_000
"""Pages of 4 KB in SQLite's log at which some commit copies them into the file, if nobody did so
before (checkpoints.py)."""

CONNECTIONS = 15
"""Per process; opening one is dearer than what is asked on it, so they are kept."""

Writer = async_sessionmaker(expire_on_commit=False)
Reader = async_sessionmaker(expire_on_commit=False)
_engine: AsyncEngine | None = None
_turns = Turns()
_closers: list[Callable[[], Awaitable[None]]] = []


def open_database(config: Settings) -> AsyncEngine:
    """Connect this process to its database; call once before anything reads or writes."""
    global _engine, _turns  # noqa: PLW0603  one database per process, opened at the start
    is_postgres = config.database_url.startswith("postgresql")
    limits: dict[str, Any] = {"pool_size": CONNECTIONS, "max_overflow": 0}
    if is_postgres:
        limits["connect_args"] = POSTGRES_LIMITS
    # What is stored (people, letters, digests) stays out of errors, and so out of the logs.
    _engine = create_async_engine(config.database_url, hide_parameters=True, **limits)
    if is_sqlite():
        _prepare_sqlite(_engine, config.sqlite_synchronous)
        _turns = Turns()
        reads: dict[str, object] = {"only_reads": True}
    else:
        event.listen(_engine.sync_engine, "before_cursor_execute", _without_nul, retval=True)
        reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    Writer.configure(bind=_engine)
    Reader.configure(bind=_engine.execution_options(**reads))
    return _engine


async def close_database() -> None:
    """Let go of every connection, those of `on_close` first."""
    while _closers:
        await _closers.pop()()
    if _engine is not None:
        await _engine.dispose()


def on_close(closer: Callable[[], Awaitable[None]]) -> None:
    """Have `closer` awaited once when this database is closed."""
    _closers.append(closer)


def engine() -> AsyncEngine:
    """Return the open database. Raises RuntimeError before `open_database`."""
    if _engine is None:
        raise RuntimeError("The database is not open.")
    return _engine


def write_turn(*, is_first: bool = False) -> AbstractAsyncContextManager[object]:
    """Return what every writer waits for, so that SQLite's writers queue; PostgreSQL has many.

    Who comes `is_first` goes before all others that wait.
    """
    return _turns.take(is_first=is_first) if is_sqlite() else nullcontext()


def is_away(error: BaseException) -> bool:
    """Whether an error says that the database cannot be reached or cannot write just now.

    Then nothing was stored and trying again makes sense, unlike after a bad value or statement.
    """
    return isinstance(error, AWAY) and not isinstance(error, WRONG)


def is_sqlite() -> bool:
    """Whether the open database is SQLite."""
    return _engine is not None and _engine.dialect.name == "sqlite"


def _without_nul(
    _connection: Connection,
    _cursor: object,
    statement: str,
    values: Any,
    _context: object,
    many: bool,  # noqa: FBT001  SQLAlchemy calls it so
) -> tuple[str, Any]:
    """Leave NUL out of every text: PostgreSQL stores none, and nobody misses it."""

    def clean(row: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(
            each.replace("\0", "") if isinstance(each, str) and "\0" in each else each
            for each in row
        )

    are_rows = many and values and isinstance(values[0], tuple | list)
    return statement, [clean(row) for row in values] if are_rows else clean(values)


def sqlite_pragmas(synchronous: str) -> list[str]:
    """Return what every connection to SQLite is told first."""
    wanted = (
        "journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON", "busy_timeout=10000",
        f"wal_autocheckpoint={COPIED_AT_THE_LATEST}",
    )  # fmt: skip
    return [f"PRAGMA {each}" for each in wanted]


def _prepare_sqlite(engine: AsyncEngine, synchronous: str) -> None:
    """Set WAL and foreign keys on each connection, and begin writes IMMEDIATE."""

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in sqlite_pragmas(synchronous):
            cursor.execute(pragma)
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("only_reads", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@asynccontextmanager
async def transaction() -> AsyncIterator[AsyncSession]:
    """Open the one writing transaction of a request, socket event or job.

    Commits on success, rolls back on any exception. What was announced inside is published
    after the commit, so nobody hears of something that did not happen. Not to be nested.
    """
    async with Writer() as db:
        async with write_turn(), db.begin():
            yield db
        for announcement in db.info.pop("announcements", []):
            bus.publish(announcement)


@asynccontextmanager
async def reading() -> AsyncIterator[AsyncSession]:
    """Open a consistent view for reading; on SQLite it never waits for a writer."""
    async with Reader() as db:
        yield db


def insert_or_ignore(table: type[Table], rows: Sequence[dict[str, Any]]) -> Any:
    """Return an INSERT that skips rows whose unique key is already there (add `.returning`)."""
    dialect = sqlite if is_sqlite() else postgresql
    target: SqlTable = table.__table__  # type: ignore[assignment]
    # One row by itself, as it nearly always is, is compiled once for all.
    values = rows[0] if len(rows) == 1 else rows
    return dialect.insert(target).values(values).on_conflict_do_nothing()


def as_uuid(text: object) -> UUID | None:
    """Return the UUID that `text` spells, or None: for ids that come from outside."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
