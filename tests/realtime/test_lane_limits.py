"""What a connection may cost, on both paths: slow, silent, dead and broken clients."""

import asyncio
import contextlib
import gc

import pytest

from realtime.lane.direct import LaneSocket
from realtime.lane.hot import take_hot
from realtime.lane.limits import Limits
from realtime.lane.protocol import LaneProtocol
from tests.realtime.lanes import MAX_BYTES, NAMESPACE, fast, masked, rss, served, start

pytestmark = pytest.mark.no_database
BOTH = pytest.mark.parametrize("path", ["fast", "stock"])

__all__ = ["fast", "rss", "served"]


@contextlib.asynccontextmanager
async def server(path, **options):
    """A server with options of its own."""
    started = await start(path, **options)
    try:
        yield started
    finally:
        await started.stop()


async def until(question):
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not question():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def flood(started, reader, *, count, size):
    """Tell everybody much; go on whenever `reader` has read what it was told."""
    text = "x" * size
    for number in range(count):
        started.outlet.tell(NAMESPACE, ["all"], "news", {"number": number, "text": text})
        _, (_, message) = await reader.answer()
        assert message["number"] == number


async def test_who_does_not_read_is_cut_off_and_costs_nothing_and_nobody_notices(served, rss):
    stalled, reader = await served.open(limit=1024), await served.open()
    before = rss()
    await flood(served, reader, count=1000, size=100_000)
    assert rss() - before <= 20_000_000
    assert served.sio.eio.cut_off == 1
    await until(lambda: len(served.sio.eio.sockets) == 1)
    ((_, left),) = served.sio.manager.get_participants(NAMESPACE, "all")
    assert left in served.sio.eio.sockets
    assert served.room.gone == ["transport close"]
    reader.say('42/visitors,5["here"]')
    assert (await reader.answer())[0] == "43/visitors,5"
    stalled.abort()


@BOTH
async def test_who_reads_again_in_time_is_told_to_come_again(path):
    limits = Limits(drains_within_s=60)
    async with server(path, limits=limits) as started:
        stalled, reader = await started.open(limit=1024), await started.open()
        await flood(started, reader, count=200, size=100_000)
        assert started.sio.eio.cut_off == 1
        assert await stalled.closed() == 4000


@BOTH
async def test_who_never_reads_again_is_dropped(path):
    limits = Limits(drains_within_s=0.2)
    async with server(path, limits=limits) as started:
        stalled, reader = await started.open(limit=1024), await started.open()
        await flood(started, reader, count=200, size=100_000)
        await until(lambda: len(started.server.server_state.connections) == 1)
        stalled.abort()


@BOTH
async def test_many_small_messages_cut_a_stalled_client_off_too(path):
    limits = Limits(pending_packets=50, pending_bytes=10**9)
    async with server(path, limits=limits) as started:
        stalled, reader = await started.open(limit=1024), await started.open()
        await flood(started, reader, count=1500, size=10_000)
        assert started.sio.eio.cut_off == 1
        stalled.abort()


async def test_a_client_that_does_not_read_its_pongs_is_cut_off(fast):
    stalled = await fast.open(limit=1024)
    pings = masked(9, b"x" * 125) * 500
    with contextlib.suppress(ConnectionError):
        for _ in range(400):
            stalled.raw(pings)
            await stalled.writer.drain()
            if fast.sio.eio.cut_off:
                break
    assert fast.sio.eio.cut_off == 1


async def test_reading_stops_while_too_much_waits_and_goes_on_later():
    limits = Limits(waiting_frames=8)
    async with server("fast", limits=limits) as started:
        taken = []
        take_hot(started.sio, NAMESPACE, "acts", lambda *given: taken.append(given[1]) or True)
        client = await started.open()
        (protocol,) = started.server.server_state.connections
        client.say('42/visitors,1["slow"]')
        for number in range(20):
            client.say(f'42/visitors,2["acts",{{"n":{number}}}]')
        await until(lambda: protocol.read_paused)
        assert taken == []
        started.room.go.set()
        await until(lambda: len(taken) == 20)
        assert taken == [b'{"n":%d}' % number for number in range(20)]
        await until(lambda: not protocol.read_paused)
        client.say('42/visitors,3["here"]')
        assert (await client.answer())[0] == "43/visitors,1"
        assert (await client.answer())[0] == "43/visitors,3"


@BOTH
async def test_who_joins_nothing_is_closed_and_who_joined_stays(path):
    async with server(path, limits=Limits(joins_within_s=0.2)) as started:
        joined = await started.open()
        silent = await started.open(join=False)
        refused = await started.open(join=False)
        refused.say(f'40{NAMESPACE},{{"refuse":true}}')
        assert await silent.closed() == 1008
        assert await refused.closed() == 1008
        joined.say('42/visitors,5["here"]')
        assert (await joined.answer())[0] == "43/visitors,5"
        await until(lambda: len(started.sio.environ) == 1)


@BOTH
async def test_who_leaves_every_namespace_is_closed_in_the_end(path):
    limits = Limits(joins_within_s=0.2)
    async with server(path, limits=limits, ping_interval=0.2) as started:
        client = await started.open()
        client.say(f"41{NAMESPACE},")
        assert await client.closed() == 1008


@BOTH
async def test_who_answers_pings_stays_and_who_does_not_is_closed(path):
    async with server(path, ping_interval=0.1, ping_timeout=2) as started:
        alive, dead = await started.open(), await started.open()
        ended = asyncio.create_task(dead.closed())
        pings = 0
        while pings < 5 or not ended.done():
            assert await alive.text() == "2"
            alive.say("3")
            alive.say("3")
            pings += 1
        await until(lambda: started.room.gone)
        assert len(started.room.gone) == 1
        alive.say('42/visitors,5["here"]')
        while (text := await alive.text()) == "2":
            alive.say("3")
        assert text.startswith("43/visitors,5")
        assert len(started.sio.eio.sockets) == 1


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        (masked(1, b"\xff"), 1007),
        (masked(1, b"4", head=0x40), 1002),
        (masked(0, b"4"), 1002),
        (masked(1, b"x"), 1002),
        (masked(1, b""), 1002),
        (b"\x81\xff" + (20_000_000).to_bytes(8, "big"), 1009),
    ],
)
async def test_broken_frames_end_their_connection_with_a_code(served, broken, code):
    client, other = await served.open(), await served.open()
    client.raw(broken)
    assert await client.closed() == code
    await until(lambda: served.room.gone == ["transport close"])
    other.say('42/visitors,5["here"]')
    assert (await other.answer())[0] == "43/visitors,5"


async def test_an_oversized_frame_ends_its_connection(served):
    client = await served.open()
    with contextlib.suppress(ConnectionError):
        client.raw(masked(1, b"4" + b"x" * MAX_BYTES, mask=bytes(4)))
        await client.closed()
    await until(lambda: not served.sio.eio.sockets)


async def test_what_arrived_before_the_end_is_still_handled(served):
    client = await served.open()
    client.say('42/visitors,1["slow"]')
    client.say('42/visitors,2["here"]')
    client.raw(masked(8, b"\x03\xe8"))
    await served.room.began.wait()
    assert await client.closed() == 1000
    served.room.go.set()
    await until(lambda: served.room.gone)
    assert [event for event, *_ in served.room.heard][:1] == ["slow"]
    await until(lambda: not served.sio.eio.sockets and not served.sio.environ)


async def test_a_stopping_server_says_so_after_what_it_still_had_to_say(served):
    client = await served.open()
    for number in range(5):
        served.outlet.tell(NAMESPACE, ["all"], "news", {"number": number})
    await asyncio.sleep(0)
    served.server.should_exit = True
    for number in range(5):
        assert (await client.answer())[1] == ["news", {"number": number}]
    assert await client.closed() == 1012
    await served.running
    assert served.server.server_state.connections == set()


async def test_a_connection_leaves_nothing_behind(served):
    for _ in range(20):
        client = await served.open()
        client.abort()
    await until(lambda: not served.sio.eio.sockets and not served.sio.environ)
    assert served.sio.manager.rooms == {}
    await until(lambda: not served.server.server_state.tasks)
    if served.is_fast:
        await until(lambda: gc.collect() >= 0 and not alive_of(LaneSocket, LaneProtocol))


def alive_of(*kinds):
    """Return the objects of these classes that are still in memory."""
    return [each for each in gc.get_objects() if type(each) in kinds]


async def test_a_client_that_only_stops_sending_is_gone(served):
    client = await served.open()
    client.writer.write_eof()
    await until(lambda: served.room.gone == ["transport close"])
    await until(lambda: not served.server.server_state.connections)


async def test_who_speaks_before_the_handshake_is_answered_is_heard(fast):
    gate, inner = asyncio.Event(), fast.server.config.loaded_app

    async def late(scope, receive, send):
        await gate.wait()
        await inner(scope, receive, send)

    fast.server.config.loaded_app = late
    opening = asyncio.create_task(fast.open(join=False, early=masked(1, b"40/visitors,")))
    await until(lambda: any(each._early for each in lanes_of(fast)))
    gate.set()
    client = await opening
    assert (await client.text())[0] == "0"
    assert (await client.text()).startswith("40/visitors,")


async def test_an_application_that_keeps_its_websocket_gets_the_stock_class(fast):
    gate = asyncio.Event()

    async def echo(scope, receive, send):
        await receive()
        await gate.wait()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})

    fast.server.config.loaded_app = echo
    opening = asyncio.create_task(fast.open(join=False, early=masked(1, b"one")))
    await until(lambda: any(each._early for each in lanes_of(fast)))
    gate.set()
    client = await opening
    client.say("two")
    assert [await client.text(), await client.text()] == ["one", "two"]
    fast.server.should_exit = True
    assert await client.closed() == 1012


def lanes_of(started):
    """Return the connections that speak websocket."""
    found = started.server.server_state.connections
    return [each for each in found if isinstance(each, LaneProtocol)]


async def test_browsers_that_offer_compression_are_served_without_it(fast):
    client = await fast.open(headers="Sec-WebSocket-Extensions: permessage-deflate\r\n")
    client.say('42/visitors,5["here"]')
    assert (await client.answer())[0] == "43/visitors,5"
