"""Installations to break, how big a run is, and the table of what came of it."""

import asyncio
import os
import shutil

import aiohttp
import pytest
import pytest_asyncio

from tests.faults.clients import SLOWEST_S
from tests.faults.nemesis import choose_seed
from tests.faults.proxy import Proxy
from tests.faults.rapport import DATABASE, Installation
from tests.faults.stage import Stage
from tests.servers import free_port, postgres_server, redis_server

__all__ = ["postgres_server", "redis_server"]
IS_FULL = os.environ.get("FAULTS") in {"full", "soak"}
IS_SOAK = os.environ.get("FAULTS") == "soak"
NUMBERS = pytest.StashKey()


def pytest_configure(config):
    config.stash[NUMBERS] = []


def pytest_terminal_summary(terminalreporter, config):
    for name, numbers in config.stash[NUMBERS]:
        told = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in numbers.items())
        terminalreporter.write_line(f"{name}: {told}")


def pytest_ignore_collect(collection_path):
    return True if collection_path.name == "test_soak.py" and not IS_SOAK else None


@pytest.fixture
def size():
    """`size(full, short)`: how much of something this run does."""
    return lambda full, short: full if IS_FULL else short


@pytest.fixture
def note(request):
    """Keep numbers of this test for the table at the end."""
    kept = request.config.stash[NUMBERS]
    return lambda **numbers: kept.append((request.node.name, numbers))


@pytest.fixture
def seed():
    chosen = choose_seed()
    print(f"FAULT_SEED={chosen}")  # noqa: T201  pytest shows it with a failure
    return chosen


@pytest_asyncio.fixture
async def http():
    """What clients connect with; as many connections as they like."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """An empty SQLite database, to be copied: migrating takes longer than that."""
    installation = Installation(tmp_path_factory.mktemp("migrated"))
    installation.migrate()
    return installation.folder / DATABASE


@pytest_asyncio.fixture
async def proxies():
    """Make proxies that are stopped at the end: `await proxies(port, port)`."""
    made = []

    async def start(*ports):
        made.append(await Proxy(*ports).start())
        return made[-1]

    yield start
    for proxy in made:
        await proxy.stop()


@pytest_asyncio.fixture
async def stage(tmp_path, http, seed, size, migrated):
    """`await stage(prospects=20)`: an installation with people in it; processes are added."""
    stages = []

    async def make(*, prospects, consoles=0, **options):
        installation = Installation(tmp_path, **options)
        if options.get("database_url"):
            await asyncio.to_thread(installation.migrate)
        else:
            shutil.copy(migrated, tmp_path / DATABASE)
        patience_s = size(SLOWEST_S, 1.5)
        stages.append(Stage(installation, http, seed=seed, patience_s=patience_s))
        return await stages[-1].settle(prospects=prospects, consoles=consoles)

    yield make
    for each in stages:
        await each.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request):
    """Where an empty database is; the test runs once on each kind."""
    if request.param == "sqlite":
        return ""
    server = request.getfixturevalue("postgres_server")
    return server.make_database(f"{request.node.originalname[:40]}_{free_port()}")
