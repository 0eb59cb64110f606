"""What clients can do to the others: floods, strangers, and what they leave behind."""

import asyncio
import contextlib
import gc

import aiohttp
import pytest

from realtime.lane.direct import LaneSocket
from realtime.lane.frames import FrameReader
from realtime.lane.hot import take_hot
from realtime.lane.protocol import LaneProtocol
from tests.realtime.lanes import MAX_BYTES, NAMESPACE, fast, masked, served

no_database = pytest.mark.no_database

__all__ = ["fast", "served"]


async def until(question):
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not question():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def turns():
    """Count the turns of the event loop: a function that says how many there were."""
    count = 0

    async def run():
        nonlocal count
        while True:
            count += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(run())
    yield lambda: count
    running.cancel()


def most_in_one(noted):
    """Return the largest number of things that happened in the same turn."""
    return max(noted.count(turn) for turn in set(noted))


@no_database
async def test_a_flood_of_ordinary_messages_leaves_the_others_their_turns(served):
    client, noted = await served.open(), []
    async with turns() as turn:
        served.room.trigger_event = note_ordinary(noted, turn)
        client.raw(masked(1, b'42/visitors,1["here"]') * 2000)
        await until(lambda: len(noted) == 2000)
    assert most_in_one(noted) <= 8


def note_ordinary(noted, turn):
    """Return a handler of events that notes in which turn each came."""

    async def trigger_event(event, *args):
        if event == "here":
            noted.append(turn())

    return trigger_event


@no_database
async def test_a_flood_of_hot_messages_leaves_the_others_their_turns(fast):
    client, noted = await fast.open(), []
    async with turns() as turn:
        take_hot(fast.sio, NAMESPACE, "acts", lambda *_: noted.append(turn()) or True)
        client.raw(masked(1, b'42/visitors,1["acts",{}]') * 2000)
        await until(lambda: len(noted) == 2000)
    assert most_in_one(noted) <= 32


@no_database
async def test_no_more_waits_than_may_although_it_came_in_one_piece(fast):
    client = await fast.open()
    (socket,) = fast.sio.eio.sockets.values()
    client.raw(masked(1, b'42/visitors,1["slow"]') + masked(1, b'42/visitors,2["here"]') * 2000)
    client.raw(masked(8, b"\x03\xe8"))
    (protocol,) = fast.server.server_state.connections
    await until(lambda: protocol.read_paused)
    assert len(socket._inbox) <= socket.limits.waiting_frames + 32
    fast.room.go.set()
    assert await client.closed() == 1000
    await until(lambda: fast.room.gone)
    assert len(fast.room.heard) == 2001


@no_database
async def test_who_leaves_in_the_middle_of_a_flood_leaves_nothing_behind(served):
    client = await served.open()
    client.raw(masked(1, b'42/visitors,1["here"]') * 5000)
    await until(lambda: served.room.heard)
    client.abort()
    await until(lambda: not served.sio.eio.sockets and not served.sio.environ)
    await until(lambda: not served.server.server_state.connections)


@no_database
@pytest.mark.parametrize("said", ['42/visitors,1["a",{}]', "40/nowhere,{}", "43", "9", "6"])
async def test_who_says_much_before_it_joins_anything_is_closed(served, said):
    stranger, other = await served.open(join=False), await served.open()
    stranger.raw(masked(1, said.encode()) * 5000)
    assert await stranger.closed() == 1008
    await until(lambda: len(served.sio.environ) == 1)
    other.say('42/visitors,5["here"]')
    assert (await other.answer())[0] == "43/visitors,5"


@no_database
async def test_who_joins_after_a_few_words_may_say_what_it_likes(served):
    client = await served.open(join=False)
    client.raw(masked(1, b'42/visitors,1["a",{}]') * 20)
    await client.join()
    client.say(f"41{NAMESPACE},")
    client.raw(masked(1, b'42/visitors,1["a",{}]') * 50)
    client.say(f"40{NAMESPACE},")
    assert (await client.text()).startswith(f"40{NAMESPACE},")
    text = "x" * 1_000_000
    client.say(f'42/visitors,5["here","{text}"]', mask=bytes(4))
    assert (await client.answer())[0] == "43/visitors,5"


@no_database
async def test_a_stranger_cannot_send_much_at_once(served):
    stranger = await served.open(join=False)
    stranger.raw(masked(1, b"4" + b"x" * 65_536, mask=bytes(4)))
    assert await stranger.closed() == 1009


@no_database
async def test_closed_connections_leave_nothing_for_the_collector(fast):
    gc.collect()
    gc.disable()
    try:
        for number in range(10):
            client = await fast.open(join=number % 2 == 0)
            client.raw(masked(1, b"4" + b"x" * 60_000, mask=bytes(4))[:-1])
            await client.writer.drain()
            if number % 3 == 0:
                client.raw(masked(1, b"x") * 40 if number % 2 else b"")
                client.writer.write_eof()
            else:
                client.abort()
        await until(lambda: not fast.sio.eio.sockets and not fast.sio.environ)
        await until(lambda: not fast.server.server_state.connections)
        await asyncio.sleep(0)
        assert alive_of(LaneSocket, LaneProtocol, FrameReader) == []
    finally:
        gc.enable()


def alive_of(*kinds):
    """Return the objects of these classes that are still in memory."""
    return [each for each in gc.get_objects() if type(each) in kinds]


@no_database
async def test_what_a_cut_off_client_had_not_finished_is_not_kept_until_it_is_gone(fast):
    client = await fast.open()
    client.raw(masked(1, b"4" + b"x" * (MAX_BYTES - 1), mask=bytes(4))[:-1])
    (protocol,) = fast.server.server_state.connections
    await until(lambda: len(protocol._reader._buffer or b"") > MAX_BYTES)
    protocol.end(4000, "resync")
    assert protocol._reader._buffer is None
    assert await client.closed() == 4000


async def test_there_is_no_room_but_the_two(url):
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as socket,
    ):
        await socket.receive_str()
        for name in ("", "/nowhere,"):
            await socket.send_str(f"40{name}")
            assert (await socket.receive_str()).startswith(f"44{name}")
