"""What every test stands on: settings of its own and a fresh database on disk.

With TEST_DATABASE_URL the same tests run on that (PostgreSQL) database, which they empty.
"""

import os
import tempfile

os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="rapport-tests-"))
os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ["WORKER_IN_WEB"] = "false"
os.environ["SMTP_URL"] = ""

import pytest
import pytest_asyncio

from app import bus
from app.config import settings
from app.db import Table, close_database, open_database
from app.sites.link_routes import misses
from app.web import create_app


def database_url(folder):
    """Where the database of a test with this tmp_path is; its own processes open it too."""
    return os.environ.get("TEST_DATABASE_URL") or f"sqlite+aiosqlite:///{folder / 'test.db'}"


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
    async with engine.begin() as connection:
        await connection.run_sync(Table.metadata.drop_all)
        await connection.run_sync(Table.metadata.create_all)
    yield engine
    await close_database()


@pytest.fixture(scope="session")
def web_app():
    """The application, assembled once."""
    return create_app()


@pytest.fixture
def client(web_app):
    """A browser without cookies."""
    return web_app.test_client()
