"""What every test stands on: settings of its own and a fresh database on disk.

With `--database=postgresql` the tests that touch a database run on a real PostgreSQL, started for
this run, and the others stay away: `make test` does both. TEST_DATABASE_URL names another one,
which the tests empty.
"""

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="rapport-tests-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ["WORKER_IN_WEB"] = "false"
os.environ["SMTP_URL"] = ""
os.environ["REDIS_URL"] = ""

import pytest
import pytest_asyncio
from sqlalchemy import text

from app import bus
from app.config import settings
from app.db import Table, close_database, open_database
from app.sites.link_routes import misses
from app.web import create_app
from tests.servers import PostgresServer

ANSWER_FASTER = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Nobody cuts the power of these tests; those that kill PostgreSQL start one of their own."""
_prepared = set()
EMPTY = Path(tempfile.mkdtemp(prefix="rapport-tests-empty-")) / "empty.db"


def pytest_addoption(parser):
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite",
        help="what the tests that touch a database run on",
    )  # fmt: skip


def pytest_configure(config):
    config.add_cleanup(lambda: shutil.rmtree(EMPTY.parent, ignore_errors=True))
    if config.getoption("--database") == "postgresql" and "TEST_DATABASE_URL" not in os.environ:
        folder = tempfile.mkdtemp(prefix="rapport-tests-postgresql-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
        server = PostgresServer(folder, settings=ANSWER_FASTER).start()
        config.add_cleanup(server.stop)
        os.environ["TEST_DATABASE_URL"] = server.url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    if config.getoption("--database") == "postgresql":
        others = ("no_database", "sqlite_only")
        without = [item for item in items if any(map(item.get_closest_marker, others))]
        items[:] = [item for item in items if item not in set(without)]
        config.hook.pytest_deselected(items=without)


def pytest_sessionfinish(session, exitstatus):
    """Where nothing that was chosen touches a database, there is nothing to repeat."""
    is_repeat = session.config.getoption("--database") == "postgresql"
    if is_repeat and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def database_url(folder):
    """Where the database of a test with this tmp_path is; its own processes open it too."""
    return os.environ.get("TEST_DATABASE_URL") or f"sqlite+aiosqlite:///{folder / 'test.db'}"


async def make_empty(engine):
    """Make the tables of a fresh database; the second time they come from the first."""
    url = engine.url
    if engine.dialect.name == "sqlite" and EMPTY.exists():
        shutil.copy(EMPTY, url.database)
        return
    async with engine.begin() as connection:
        if url not in _prepared:
            await connection.run_sync(Table.metadata.drop_all)
            await connection.run_sync(Table.metadata.create_all)
        else:
            tables = reversed(Table.metadata.sorted_tables)
            deletions = " ".join(f'DELETE FROM "{table.name}";' for table in tables)
            await connection.execute(text(f"DO $$ BEGIN {deletions} END $$"))
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(url.database)) as made:
            made.execute("VACUUM INTO ?", (str(EMPTY),))
    else:
        _prepared.add(url)


@pytest_asyncio.fixture(autouse=True)
async def database(tmp_path, monkeypatch, request):
    """Open an empty database for one test; tests marked `no_database` go without."""
    if request.node.get_closest_marker("no_database"):
        yield None
        return
    monkeypatch.setattr(bus, "_listeners", [])
    misses.forget()
    config = settings().model_copy(update={"database_url": database_url(tmp_path)})
    engine = open_database(config)
    await make_empty(engine)
    yield engine
    await close_database()


@pytest.fixture
def told(database):
    """What was announced in this test."""
    heard = []
    bus.listen(heard.append)
    return heard


@pytest.fixture(scope="session")
def web_app():
    """The application, assembled once."""
    return create_app()


@pytest.fixture
def client(web_app):
    """A browser without cookies."""
    return web_app.test_client()
