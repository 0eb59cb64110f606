"""One installation of many processes for all tests here, and clients towards it."""

import asyncio
from types import SimpleNamespace

import aiohttp
import pytest
import pytest_asyncio

from tests.browser.conftest import chromium, rep
from tests.faults.rapport import Installation
from tests.scaled.installation import Scaled

__all__ = ["chromium", "rep"]


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The demo behind a proxy, on two web processes, PostgreSQL and Redis."""
    server = Scaled(tmp_path_factory.mktemp("scaled"))
    try:
        yield server.launch()
    finally:
        server.stop()


@pytest.fixture
def install(tmp_path):
    """Make an installation of single processes, with an empty, migrated database."""
    made = []

    def make(**options):
        made.append(Installation(tmp_path, **options))
        made[-1].migrate()
        return made[-1]

    yield make
    for installation in made:
        installation.stop()


@pytest_asyncio.fixture
async def http():
    """What clients connect with; as many connections as they like."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield session


@pytest_asyncio.fixture
async def crowd():
    """Clients that are stopped at the end: `crowd.add(client.start())`."""
    clients = []

    def add(client):
        clients.append(client)
        return client

    yield SimpleNamespace(add=add)
    await asyncio.gather(*(client.stop() for client in clients))
