"""What must be true before anything starts, said in one line where it is not."""

import click
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import migrations
from app.config import settings
from app.db import close_database, open_database, reading


async def demand_migrated() -> None:
    """Raise ClickException unless the database answers and is at the version of this code."""
    open_database(settings())
    try:
        async with reading() as db:
            version = await db.scalar(text("SELECT version_num FROM alembic_version"))
    except (SQLAlchemyError, OSError) as error:
        raise click.ClickException(
            f"The database is not ready ({type(error).__name__}). Run: rapport migrate"
        ) from error
    finally:
        await close_database()
    if version != migrations.newest():
        raise click.ClickException(
            f"The database is at version {version}, this code wants {migrations.newest()}."
            " Run: rapport migrate"
        )
