"""One small read on the way of a page: as few hand-overs as the database allows.

On SQLite it runs right here, in the event loop's thread: some fifty microseconds, where giving it
to another thread and back costs ten times that, and a reader waits for nobody (WAL). Only for
reads that follow keys to a handful of rows; everything else goes through `app.db.reading`.
PostgreSQL is asked in one round trip.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, Select, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import engine, is_sqlite, on_close

PATIENCE_MS = 50
"""Nothing locks readers out but repairs after a crash; then this fails, and views wait instead."""

_open: dict[AsyncEngine, Connection] = {}


async def glance(statement: Select[Any], values: Mapping[str, object]) -> tuple[Any, ...] | None:
    """Return the first row of a small read, None if there is none."""
    if is_sqlite():
        return _whole(_beside(engine()).execute(statement, values).first())
    async with engine().connect() as connection:
        lone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        return _whole((await lone.execute(statement, values)).first())


def _whole(row: Row[Any] | None) -> tuple[Any, ...] | None:
    """Return a row as what it is to those who count its columns."""
    return None if row is None else tuple(row)


def _beside(opened: AsyncEngine) -> Connection:
    """Return this thread's own connection to the open SQLite file."""
    connection = _open.get(opened)
    if connection is None:
        url = opened.url.set(drivername="sqlite")
        beside = create_engine(url, isolation_level="AUTOCOMMIT", hide_parameters=True)
        connection = _open[opened] = beside.connect()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE_MS}")
        connection.exec_driver_sql("PRAGMA query_only=ON")

        async def close() -> None:
            if _open.pop(opened, None) is not None:
                connection.close()
                beside.dispose()

        on_close(close)
    return connection
