"""Alembic's entry: connects with the app's own settings and knows every table."""

import asyncio

from alembic import context
from sqlalchemy.engine import Connection

from app.config import settings
from app.db import Table, close_database, open_database
from app.tables import TABLES

assert TABLES  # noqa: S101  importing it is what makes every table known


def run(connection: Connection) -> None:
    """Run the migrations on one connection, each change copied where SQLite cannot alter."""
    context.configure(connection=connection, target_metadata=Table.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Open the database and migrate it."""
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings())
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await close_database()


asyncio.run(main())
