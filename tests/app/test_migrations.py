"""The migrations and the models tell of the same database."""

import os
import sqlite3
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.tables import TABLES, Table
from tests.browser.server import ROOT, Server
from tests.servers import postgres_server

__all__ = ["postgres_server"]

ALEMBIC = "import sys; from alembic import command as c; from app.migrations import _config;"


class Installation(Server):
    """One on the database that is asked for."""

    def __init__(self, folder, database_url):
        super().__init__(folder)
        self.database_url = database_url or f"sqlite+aiosqlite:///{folder / 'rapport.db'}"

    def go_to(self, version):
        """Bring the database to a version, older or newer."""
        way = "upgrade" if version == "head" else "downgrade"
        program = f"{ALEMBIC} c.{way}(_config(), {version!r})"
        command = [sys.executable, "-c", program]
        subprocess.run(command, cwd=ROOT, env=self._env(), check=True, timeout=120)

    def _env(self):
        return super()._env() | {"DATABASE_URL": self.database_url}


@pytest.fixture
def installation(request, tmp_path):
    """An installation with the demo in it, on a database of its own."""
    url = ""
    if "TEST_DATABASE_URL" in os.environ:
        url = request.getfixturevalue("postgres_server").make_database("migrated")
    installation = Installation(tmp_path, url)
    installation.run("migrate")
    installation.run("demo")
    return installation


async def count_rows(installation):
    """How many rows each table has, and which rows hang on none that is there."""
    engine = create_async_engine(installation.database_url)
    async with engine.connect() as connection:
        counts = {
            table.name: await connection.scalar(text(f'SELECT count(*) FROM "{table.name}"'))
            for table in Table.metadata.sorted_tables
        }
        lost = []
        if engine.dialect.name == "sqlite":
            lost = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
    await engine.dispose()
    return counts, lost


async def test_going_back_to_the_first_version_and_forth_again_loses_no_row(installation):
    before, _ = await count_rows(installation)
    assert min(before["campaigns"], before["sites"], before["prospects"], before["visits"]) > 0
    installation.go_to("0001")
    assert await count_rows(installation) == (before, [])
    installation.go_to("head")
    assert await count_rows(installation) == (before, [])


@pytest.mark.no_database
def test_a_migrated_database_is_what_the_models_say(tmp_path):
    Server(tmp_path).run("migrate")
    engine = create_engine(f"sqlite:///{tmp_path / 'rapport.db'}")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Table.metadata)
    engine.dispose()
    assert len(TABLES) > 20
    assert found == []


@pytest.mark.no_database
def test_migrating_twice_changes_nothing_and_serving_wants_it_done(tmp_path):
    server = Server(tmp_path)
    refused = server.begin("serve")
    assert refused.wait(60) == 1
    server.run("migrate")
    server.run("migrate")
    with sqlite3.connect(tmp_path / "rapport.db") as connection:
        assert connection.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)
    connection.close()
