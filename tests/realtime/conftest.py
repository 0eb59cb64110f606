"""A real server on a real port with a real database, and browsers that talk to it."""

import asyncio
import contextlib
import os
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import socketio
import uvicorn

from app.config import settings
from realtime.lane.protocol import LaneProtocol
from realtime.server import create_asgi
from tests.realtime.console import Console, Place

ROOT = Path(__file__).parent.parent.parent
NAMESPACE = "/visitors"


class InProcess(uvicorn.Server):
    """uvicorn inside the test's own event loop; signals stay with pytest."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@pytest_asyncio.fixture(params=["fast lane", "stock path"])
async def url(database, request):
    """The address of a server in this process, over this test's database, by either path."""
    ws = LaneProtocol if request.param == "fast lane" else "websockets-sansio"
    config = uvicorn.Config(create_asgi(), port=0, lifespan="off", log_level="critical", ws=ws)
    server = InProcess(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await running


class Browser:
    """One page's socket, as socket.io-client would open it."""

    def __init__(self, url, claims, visit_id, *, origin=None):
        self.url, self.visit_id = url, visit_id
        self.auth = {"page": claims if isinstance(claims, str) else claims.seal()}
        self.auth["visit"] = str(visit_id)
        self.headers = {"Origin": origin} if origin else {}
        self.refusal = None
        self.closed = asyncio.Event()
        self.http = aiohttp.ClientSession()
        self.client = socketio.AsyncClient(reconnection=False, http_session=self.http)
        self.client.on("connect_error", self._refused, namespace=NAMESPACE)
        self.client.on("disconnect", lambda *_: self.closed.set(), namespace=NAMESPACE)

    async def _refused(self, error):
        self.refusal = error

    async def open(self):
        await self.client.connect(
            self.url,
            headers=self.headers,
            namespaces=[NAMESPACE],
            auth=self.auth,
            transports=["websocket"],
            wait_timeout=5,
        )
        return self

    async def call(self, event, *message):
        data = message[0] if message else None
        return await self.client.call(event, data, namespace=NAMESPACE, timeout=5)

    async def send(self, *acts):
        return await self.call("acts", {"acts": list(acts)})

    async def close(self):
        await self.client.disconnect()
        await self.http.close()


@pytest_asyncio.fixture
async def browse(url):
    """Open a page's socket: `await browse(claims, visit_id)`."""
    opened = []

    async def open_page(claims, visit_id, **options):
        browser = Browser(url, claims, visit_id, **options)
        opened.append(browser)
        return await browser.open()

    yield open_page
    for browser in opened:
        await browser.close()


@pytest.fixture
def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class ServerProcess:
    """A server in a process of its own, to be killed."""

    def __init__(self, port, database):
        self.port = port
        self.env = {
            **os.environ,
            "PORT": str(port),
            "DATABASE_URL": str(database.url),
            "SECRET_KEY": settings().secret_key,
            "WORKER_IN_WEB": "false",
        }
        self.process = None

    async def start(self):
        command = [sys.executable, "-m", "uvicorn", "realtime.server:asgi", "--port"]
        self.process = await asyncio.create_subprocess_exec(
            *command,
            str(self.port),
            "--log-level",
            "critical",
            "--ws",
            "websockets-sansio",
            cwd=ROOT,
            env=self.env,
        )
        for _ in range(500):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("the server did not start")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    async def kill(self):
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@pytest_asyncio.fixture
async def server_process(free_port, database):
    """A server process over this test's database; the test starts and kills it."""
    server = ServerProcess(free_port, database)
    yield server
    if server.process is not None:
        await server.kill()


@pytest.fixture
async def listen(url):
    """Open a console: `await listen(cookie, page)`."""
    opened = []

    async def open_console(cookie, page, **options):
        console = Console(url, cookie, page, **options)
        opened.append(console)
        return await console.open()

    yield open_console
    for console in opened:
        await console.close()


@pytest.fixture
async def here(database):
    return await Place().build()


@pytest.fixture
async def there(database):
    return await Place().build()
