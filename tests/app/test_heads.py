"""Heads of requests are bounded in bytes and in time; everything ordinary goes on as ever."""

import asyncio
import contextlib

import aiohttp
import pytest
import uvicorn

from app.cli import heads
from app.cli.heads import MOST_BYTES, BoundedHttp
from tests.browser.server import Server
from tests.servers import free_port

pytestmark = pytest.mark.no_database

ASK = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
FLOOD = 64 * MOST_BYTES


async def echo(scope, receive, send):
    """Answer with the size of what was sent; by websocket with the first message."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        message = await receive()
        await send({"type": "websocket.send", "text": message["text"]})
        return
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = b"%d" % size
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
async def port(monkeypatch):
    """A server that waits a moment only for the rest of a head."""
    monkeypatch.setattr(heads, "HEAD_WITHIN_S", 0.2)
    config = uvicorn.Config(
        echo, port=free_port(), http=BoundedHttp, ws="realtime.lane.protocol:LaneProtocol",
        lifespan="off", log_config=None, timeout_keep_alive=75,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn tells in no other way
        await asyncio.sleep(0.01)
    yield config.port
    server.should_exit = True
    await serving


async def flood(port, begin, piece):
    """Send `piece` again and again after `begin`; return the answer once the line is cut."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    with contextlib.suppress(ConnectionError):
        writer.write(begin)
        while sent < FLOOD and not reader.at_eof():
            writer.write(piece)
            sent += len(piece)
            await writer.drain()
            await asyncio.sleep(0)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def ended(reader):
    """Wait until the other end closes; what it said."""
    try:
        return await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        return b""


FLOODS = {
    "one endless header": (ASK + b"X: ", b"a" * 4_096),
    "headers without end": (ASK, b"X: y\r\n" * 800),
    "an endless address": (b"GET /", b"a" * 4_096),
    "blank lines without end": (b"", b"\r\n" * 2_048),
    "one endless trailer": (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ", b"a" * 4_096
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FLOODS)
async def test_what_never_comes_to_the_point_is_cut_off(port, what):
    assert b" 200 " not in await flood(port, *FLOODS[what])


async def test_a_head_that_is_too_large_is_refused_also_when_it_comes_at_once(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK + b"X: y\r\n" * 9_000 + b"\r\n")
    answer = await ended(reader)
    assert b" 200 " not in answer
    writer.close()


@pytest.mark.parametrize("part", [b"", b"GET", ASK, ASK + b"X", b"\r\n"])
async def test_half_a_head_is_not_waited_for_forever(port, part):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(part)
    assert await ended(reader) == b""
    writer.close()


async def test_half_a_further_head_is_not_waited_for_either(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(ASK + b"\r\n")
    assert b" 200 " in await reader.readuntil(b"\r\n\r\n0")
    writer.write(b"GET / HT")
    assert await ended(reader) == b""
    writer.close()


async def test_a_connection_is_used_again_and_again_however_quiet_it_was(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(ASK + b"\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n0")
        await asyncio.sleep(2 * heads.HEAD_WITHIN_S)
    writer.write((ASK + b"\r\n") * 20)
    for _ in range(20):
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n0")
    writer.close()


async def test_a_large_body_may_come_slowly(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n")
    for _ in range(3):
        writer.write(b"x" * 100_000)
        await writer.drain()
        await asyncio.sleep(heads.HEAD_WITHIN_S)
    assert b" 200 " in await reader.readuntil(b"300000")
    writer.close()


async def test_websockets_stay_open(port):
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"http://127.0.0.1:{port}/") as line,
    ):
        await asyncio.sleep(2 * heads.HEAD_WITHIN_S)
        await line.send_str("still here")
        assert await line.receive_str(timeout=20) == "still here"


async def test_rapport_is_served_that_way(tmp_path):
    server = Server(tmp_path)
    server.run("migrate")
    server.start()
    try:
        assert await flood(server.port, *FLOODS["one endless header"]) == b""
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(ASK + b"\r\n")
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        writer.close()
    finally:
        server.stop()
