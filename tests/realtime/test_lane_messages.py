"""Messages over both paths: the same in, the same out, in order."""

import asyncio

import aiohttp
import pytest
import socketio

from realtime.lane.hot import take_hot
from tests.realtime.lanes import NAMESPACE, fast, masked, served

pytestmark = pytest.mark.no_database
ACTS = '42/visitors,17["acts",{"n":1}]'

__all__ = ["fast", "served"]


class Taker:
    """Notes what it is given and answers at once, unless told otherwise."""

    def __init__(self, *, takes=True, answers=True):
        self.takes, self.answers = takes, answers
        self.given, self.later = [], []

    def __call__(self, sid, payload, answer):
        if not self.takes:
            return False
        self.given.append(payload)
        if self.answers:
            answer(b'{"ok":true}')
        else:
            self.later.append(answer)
        return True


async def test_an_ordinary_event_is_answered(served):
    client = await served.open()
    client.say('42/visitors,5["here",{"a":"ä"}]')
    assert await client.answer() == ("43/visitors,5", [{"ordinary": "here"}])
    assert served.room.heard == [("here", {"a": "ä"})]


async def test_a_hot_event_goes_to_its_taker_and_is_answered(fast):
    taker = Taker()
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open()
    client.say(ACTS)
    assert await client.answer() == ("43/visitors,17", [{"ok": True}])
    assert taker.given == [b'{"n":1}']
    assert fast.room.heard == []


async def test_a_hot_event_its_taker_declines_goes_the_ordinary_way(fast):
    take_hot(fast.sio, NAMESPACE, "acts", Taker(takes=False))
    client = await fast.open()
    client.say(ACTS)
    assert await client.answer() == ("43/visitors,17", [{"ordinary": "acts"}])
    assert fast.room.heard == [("acts", {"n": 1})]


async def test_a_taker_that_fails_leaves_the_message_to_the_ordinary_way(fast):
    def failing(sid, payload, answer):
        raise RuntimeError("a bug")

    take_hot(fast.sio, NAMESPACE, "acts", failing)
    client = await fast.open()
    client.say(ACTS)
    assert await client.answer() == ("43/visitors,17", [{"ordinary": "acts"}])


@pytest.mark.parametrize(
    "text",
    [
        '42/visitors,7["acts", {"n":1}]',
        '42/visitors,07["acts",{"n":1}]',
        '42/visitors,7["acts",[1]]',
        '42/visitors,7["acts"]',
        '42/visitors,7["acts",{"n":1}] ',
        '42/visitors,7["other",{"n":1}]',
        '42/visitors?x,7["acts",{"n":1}]',
    ],
)
async def test_what_is_spelt_differently_goes_the_ordinary_way(fast, text):
    taker = Taker()
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open()
    client.say(text)
    head, answer = await client.answer()
    assert head == "43/visitors,7"
    assert list(answer[0]) == ["ordinary"]
    assert taker.given == []


async def test_who_has_not_joined_reaches_no_taker(fast):
    taker = Taker()
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open(join=False)
    client.say(ACTS)
    await client.join()
    assert taker.given == []
    client.say(f"41{NAMESPACE},")
    client.say(ACTS)
    client.say(f"40{NAMESPACE},")
    assert (await client.text()).startswith(f"40{NAMESPACE},")
    assert taker.given == []
    client.say(ACTS)
    await client.answer()
    assert taker.given == [b'{"n":1}']


async def test_hot_events_wait_behind_ordinary_ones(fast):
    taker = Taker()
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open()
    client.say(ACTS)
    client.say('42/visitors,18["slow"]')
    client.say('42/visitors,19["acts",{"n":2}]')
    client.say('42/visitors,20["here"]')
    client.say('42/visitors,21["acts",{"n":3}]')
    assert (await client.answer())[0] == "43/visitors,17"
    await fast.room.began.wait()
    assert len(taker.given) == 1
    fast.room.go.set()
    heads = [(await client.answer())[0] for _ in range(4)]
    assert heads == [f"43/visitors,{number}" for number in (18, 19, 20, 21)]
    client.say('42/visitors,22["acts",{"n":4}]')
    await client.answer()
    assert taker.given == [b'{"n":1}', b'{"n":2}', b'{"n":3}', b'{"n":4}']


async def test_an_answer_may_come_later_but_only_once(fast):
    taker = Taker(answers=False)
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open()
    client.say(ACTS)
    client.say('42/visitors,18["here"]')
    assert (await client.answer())[0] == "43/visitors,18"
    answer = taker.later[0]
    answer(b'{"ok":1}')
    answer(b'{"ok":2}')
    client.say('42/visitors,19["here"]')
    assert await client.answer() == ("43/visitors,17", [{"ok": 1}])
    assert (await client.answer())[0] == "43/visitors,19"


async def test_an_answer_after_the_end_goes_nowhere(fast):
    taker = Taker(answers=False)
    take_hot(fast.sio, NAMESPACE, "acts", taker)
    client = await fast.open()
    client.say(ACTS)
    client.say('42/visitors,18["here"]')
    await client.answer()
    client.abort()
    while fast.server.server_state.connections:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    taker.later[0](b'{"ok":true}')
    assert (await fast.open()) is not None


async def test_messages_in_fragments_with_a_ping_between_arrive_whole(served):
    client = await served.open()
    text = '42/visitors,5["here",{"a":"ä"}]'.encode()
    cut = text.index(b"\xc3") + 1
    client.raw(masked(1, text[:cut], fin=False) + masked(9, b"ping") + masked(0, text[cut:]))
    assert await client.frame() == (10, b"ping")
    assert await client.answer() == ("43/visitors,5", [{"ordinary": "here"}])


async def test_a_message_byte_by_byte_arrives_whole(served):
    client = await served.open()
    for byte in masked(1, b'42/visitors,5["here"]'):
        client.raw(bytes([byte]))
        await client.writer.drain()
        await asyncio.sleep(0)
    assert (await client.answer())[0] == "43/visitors,5"


async def test_a_binary_message_is_refused_and_the_connection_lives(served):
    client = await served.open()
    client.raw(masked(2, b"\x00\x01"))
    client.raw(masked(2, b""))
    client.say('451-/visitors,["here",{"_placeholder":true,"num":0}]')
    client.say("6")
    client.say("9")
    client.say('42/visitors,5["here"]')
    assert (await client.answer())[0] == "43/visitors,5"


async def test_a_message_too_large_to_read_is_answered(served):
    take_hot(served.sio, NAMESPACE, "acts", Taker())
    client = await served.open()
    client.say('42/visitors,5["acts",{"a":"' + "x" * 1_050_000 + '"}]', mask=bytes(4))
    assert await client.answer() == ("43/visitors,5", [{"ordinary": "acts"}])
    assert served.room.heard == [("acts", "malformed")]


async def test_a_hundred_events_at_once_are_answered_in_order(served):
    client = await served.open()
    frames = [masked(1, f'42/visitors,{n}["here"]'.encode()) for n in range(1, 301)]
    client.raw(b"".join(frames))
    heads = [(await client.answer())[0] for _ in frames]
    assert heads == [f"43/visitors,{n}" for n in range(1, 301)]


async def test_a_room_hears_what_it_is_told_once(served):
    client, other = await served.open(), await served.open()
    told = served.outlet.tell(NAMESPACE, ["all", "all", "none"], "news", {"text": "ä<\u2028"})
    assert told == 2
    for each in (client, other):
        head, message = await each.answer()
        assert (head, message) == ("42/visitors,", ["news", {"text": "ä<\u2028"}])
    served.outlet.tell(NAMESPACE, ["all"], "news", {"text": "\ud800"})
    assert (await client.answer())[1] == ["news", {"text": "?"}]
    served.outlet.tell(NAMESPACE, ["all"], "news", '{"text":"ready"}')
    assert await client.answer() == ("42/visitors,", ["news", {"text": "ready"}])
    assert served.outlet.tell(NAMESPACE, ["none"], "news", {}) == 0
    assert served.outlet.tell("/nowhere", ["all"], "news", {}) == 0


async def test_a_burst_to_a_client_that_reads_arrives_whole(served):
    client = await served.open()
    for number in range(3000):
        served.outlet.tell(NAMESPACE, ["all"], "news", {"number": number})
    heard = [(await client.answer())[1][1]["number"] for _ in range(3000)]
    assert heard == list(range(3000))


async def test_closing_a_room_disconnects_who_sits_in_it(served):
    client = await served.open()
    served.outlet.close(NAMESPACE, "all")
    assert await client.text() == "41/visitors,"
    client.abort()


async def test_a_library_client_connects_calls_listens_and_leaves(served):
    heard = asyncio.Queue()
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        client.on("news", heard.put, namespace=NAMESPACE)
        url = f"http://127.0.0.1:{served.port}"
        await client.connect(url, namespaces=[NAMESPACE], transports=["websocket"])
        assert await client.call("here", {"a": 1}, namespace=NAMESPACE) == {"ordinary": "here"}
        await served.sio.emit("news", {"b": 2}, room="all", namespace=NAMESPACE)
        assert await heard.get() == {"b": 2}
        await client.disconnect()
    while not served.room.gone:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    assert served.sio.environ == {} or await gone(served)


async def gone(served):
    """Wait until nothing of a connection is left."""
    while served.sio.eio.sockets or served.sio.environ:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return True
