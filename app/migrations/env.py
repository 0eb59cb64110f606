"""Alembic's entry: connects with the app's own settings and knows every table."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy.engine import Connection

from app.config import settings
from app.db import Table, close_database, is_sqlite, open_database
from app.tables import TABLES

assert TABLES  # noqa: S101  importing it is what makes every table known


def run(connection: Connection) -> None:
    """Run the migrations on one connection, each change copied where SQLite cannot alter."""
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Open the database and migrate it.

    Where SQLite cannot alter a table it is made anew and the old one dropped; with foreign keys on,
    that would delete every row that hangs on it. They can be turned off only outside a transaction.
    """
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings())
    async with engine.connect() as connection:
        if is_sqlite():
            raw: Any = (await connection.get_raw_connection()).driver_connection
            await raw.execute("PRAGMA foreign_keys=OFF")
        async with connection.begin():
            await connection.run_sync(run)
    await close_database()


asyncio.run(main())
