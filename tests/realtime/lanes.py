"""A bare socket server on both paths, and clients that speak websocket frames by hand."""

import asyncio
import contextlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import socketio
import uvicorn

from realtime.guard import TextPacket
from realtime.lane.install import install
from realtime.lane.limits import Limits
from realtime.lane.outlet import Outlet

FAST, STOCK = "realtime.lane.protocol:LaneProtocol", "websockets-sansio"
PATHS = {"fast": FAST, "stock": STOCK}
NAMESPACE = "/visitors"
MAX_BYTES = 1_100_000
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)


class InProcess(uvicorn.Server):
    """uvicorn inside the test's own event loop; signals stay with pytest."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


class Room(socketio.AsyncNamespace):
    """Notes what it hears; `slow` waits until the test lets it go."""

    def __init__(self, namespace):
        super().__init__(namespace)
        self.heard, self.gone = [], []
        self.go = asyncio.Event()
        self.began = asyncio.Event()

    async def on_connect(self, sid, environ, auth=None):
        if auth == {"refuse": True}:
            raise socketio.exceptions.ConnectionRefusedError("no")
        await self.enter_room(sid, "all")

    async def on_disconnect(self, sid, reason):
        self.gone.append(reason)

    async def on_slow(self, sid, *data):
        self.began.set()
        await self.go.wait()
        self.heard.append(("slow", *data))
        return {"slow": True}

    async def trigger_event(self, event, *args):
        if hasattr(self, f"on_{event}"):
            return await super().trigger_event(event, *args)
        self.heard.append((event, *args[1:]))
        return {"ordinary": event}


@dataclass
class Started:
    """A running server."""

    sio: socketio.AsyncServer
    room: Room
    port: int
    server: uvicorn.Server
    running: asyncio.Task
    outlet: Outlet
    is_fast: bool
    clients: list = field(default_factory=list)

    async def open(self, *, join=True, **options):
        client = await Client.open(self.port, **options)
        self.clients.append(client)
        if join:
            await client.join()
        return client

    async def stop(self):
        for client in self.clients:
            client.abort()
        self.server.should_exit = True
        await self.running


async def start(path, *, limits=None, **options):
    """Start a server on one of the paths."""
    given = {"ping_interval": 25, "ping_timeout": 20, "max_http_buffer_size": MAX_BYTES}
    sio = socketio.AsyncServer(
        async_mode="asgi",
        async_handlers=False,
        transports=["websocket"],
        serializer=TextPacket,
        namespaces=[NAMESPACE],
        **{**given, **options},
    )
    install(sio, limits or Limits())
    room = Room(NAMESPACE)
    sio.register_namespace(room)
    config = uvicorn.Config(
        socketio.ASGIApp(sio),
        port=0,
        lifespan="off",
        log_level="critical",
        ws=PATHS[path],
        ws_max_size=MAX_BYTES,
        timeout_graceful_shutdown=5,
    )
    server = InProcess(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    return Started(sio, room, port, server, running, Outlet(sio), path == "fast")


def masked(opcode, payload, *, fin=True, mask=b"abcd", head=0):
    """Return a frame as a client sends it."""
    first = (0x80 if fin else 0) | opcode | head
    length = len(payload)
    if length < 126:
        size = bytes([0x80 | length])
    elif length < 65_536:
        size = bytes([0x80 | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([0x80 | 127]) + length.to_bytes(8, "big")
    body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)) if any(mask) else payload
    return bytes([first]) + size + mask + body


class Client:
    """A client that writes frames itself."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, port, *, headers="", limit=2**16, early=b""):
        """Open a websocket; `early` is sent a moment after the request, before its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
        writer.write(f"{HANDSHAKE}{headers}\r\n".encode())
        if early:
            await asyncio.sleep(0.1)
            writer.write(early)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in answer.splitlines()[0], answer
        return cls(reader, writer)

    async def join(self):
        assert (await self.text())[0] == "0"
        self.say(f"40{NAMESPACE},")
        assert (await self.text()).startswith(f"40{NAMESPACE},")

    def raw(self, data):
        self.writer.write(data)

    def say(self, text, **options):
        self.raw(masked(1, text.encode(), **options))

    async def frame(self):
        """Return opcode and payload of the next frame."""
        async with asyncio.timeout(20):
            first, second = await self.reader.readexactly(2)
            length = second & 127
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 15, await self.reader.readexactly(length)

    async def text(self):
        """Return the next text, answering pings of engine.io on the way."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 1:
                return payload.decode()
            assert opcode == 1, (opcode, payload)

    async def answer(self):
        """Return the next message as (kind, json)."""
        text = await self.text()
        head, _, data = text.partition("[")
        return head, json.loads("[" + data)

    async def closed(self):
        """Read to the end; return the close code, None if there was no close frame."""
        code = None
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                opcode, payload = await self.frame()
                if opcode == 8:
                    code = int.from_bytes(payload[:2], "big")
                    self.raw(masked(8, payload))
                    self.writer.write_eof()
        return code

    def abort(self):
        self.writer.transport.abort()


@pytest_asyncio.fixture(params=["fast", "stock"])
async def served(request):
    """A server on either path."""
    started = await start(request.param)
    yield started
    await started.stop()


@pytest_asyncio.fixture
async def fast():
    """A server on the fast path."""
    started = await start("fast")
    yield started
    await started.stop()


@pytest.fixture
def rss():
    """The resident bytes of this process, as a function."""

    def read():
        pages = Path("/proc/self/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    return read


__all__ = ["Client", "Started", "fast", "masked", "rss", "served", "start"]
