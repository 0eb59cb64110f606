"""Processes wake each other through a real Redis, which is killed and frozen meanwhile."""

import asyncio
import signal

import pytest
import pytest_asyncio
import redis
from structlog.testing import capture_logs

from app.wakes import Wakes, hearing
from app.wakes.speaking import QUEUE_MAX, TEXT_MAX_BYTES
from tests.app.wake_party import PREFIX, Party, until
from tests.servers import RedisServer

pytestmark = pytest.mark.no_database


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("wakes")).start()
    yield server
    server.stop()


@pytest.fixture
def admin(server):
    """A plain connection to the same Redis."""
    with redis.Redis.from_url(server.url) as admin:
        yield admin


@pytest_asyncio.fixture
async def parties(server):
    """Make a process: `await parties("channel", ...)`; all of them leave at the end."""
    made = []

    async def make(*channels, **options):
        made.append(Party(*channels))
        await made[-1].join(server.url, **options)
        return made[-1]

    yield make
    for party in made:
        await party.wakes.stop()


async def test_what_one_says_the_others_hear_in_that_order(parties):
    ada, bob, cleo = await parties("a", "b"), await parties("b", "a"), await parties()
    said = range(2_000)
    for number in said:
        cleo.say("ab"[number % 3 == 0], number)
    await ada.hears(*said)
    await bob.hears(*said)
    assert (cleo.wakes.published, cleo.wakes.dropped, cleo.wakes.queued) == (2_000, 0, 0)
    assert (ada.wakes.received, cleo.wakes.received) == (2_000, 0)


async def test_nobody_hears_their_own_words(parties):
    ada, bob = await parties("a"), await parties("a")
    ada.say("a", 1)
    await bob.hears(1)
    bob.say("a", 2)
    await ada.hears(2)
    await bob.hears(1)


async def test_only_what_is_attended_is_subscribed_to_and_heard(parties, admin):
    ada, bob = await parties("a", "a", "b"), await parties()
    bob.say("c", 1)
    bob.say("b", 2)
    await ada.hears(2)
    ada.wakes.leave(["a", "b", "never attended"])
    await until(lambda: admin.pubsub_channels() == [f"{PREFIX}a".encode()])
    bob.say("b", 3)
    bob.say("a", 4)
    await ada.hears(2, 4)
    ada.wakes.attend(["c"])
    ada.wakes.leave(["a"])
    await until(lambda: admin.pubsub_channels() == [f"{PREFIX}c".encode()])
    bob.say("c", 5)
    await ada.hears(2, 4, 5)
    ada.wakes.leave(["c"])
    await until(lambda: admin.pubsub_channels() == [])


async def test_two_installations_share_one_redis_and_hear_nothing_of_each_other(parties):
    ada, bob = await parties("a"), await parties()
    stranger = await parties("a", prefix="strangers:")
    stranger.say("a", 1)
    bob.say("a", 2)
    await ada.hears(2)
    assert stranger.heard == []


async def test_a_killed_redis_stops_nobody_and_is_found_again(parties, server):
    ada, bob = await parties("a"), await parties("a")
    bob.say("a", 1)
    await ada.hears(1)
    server.kill()
    await until(lambda: not (ada.wakes.is_connected or bob.wakes.is_connected))
    bob.say("a", 2)
    ada.wakes.attend(["b"])
    assert (bob.wakes.queued, ada.times_back) == (1, 0)
    server.start()
    await until(lambda: ada.times_back == bob.times_back == 1)
    bob.say("b", 3)
    await until(lambda: ada.heard[-1:] == [3])
    assert ada.heard in ([1, 2, 3], [1, 3])  # who came back later may have missed a word


async def test_a_frozen_redis_is_noticed_and_found_again(parties, server):
    ada, bob = await parties("a"), await parties()
    server.process.send_signal(signal.SIGSTOP)
    try:
        await until(lambda: not (ada.wakes.is_connected or bob.wakes.is_connected))
        bob.say("a", 1)
    finally:
        server.process.send_signal(signal.SIGCONT)
    await until(lambda: ada.times_back == bob.times_back == 1)
    bob.say("a", 2)
    await until(lambda: ada.heard[-1:] == [2])


async def test_while_redis_is_away_the_oldest_gives_way_to_the_newest(parties, server):
    ada, bob = await parties("a"), await parties()
    server.kill()
    await until(lambda: not (ada.wakes.is_connected or bob.wakes.is_connected))
    bob.say("a", *range(QUEUE_MAX + 5))
    assert (bob.wakes.queued, bob.wakes.dropped) == (QUEUE_MAX, 5)
    server.start()
    await until(lambda: ada.times_back == 1)
    await until(lambda: bob.wakes.queued == 0)
    bob.say("a", -1)
    await until(lambda: ada.heard[-1:] == [-1])
    assert ada.heard == [*range(QUEUE_MAX + 5), -1][-len(ada.heard) :]


async def test_a_process_may_start_before_redis(tmp_path):
    server, ada, bob = RedisServer(tmp_path / "redis"), Party("a"), Party()
    with capture_logs() as logs:
        for party in (ada, bob):
            party.wakes.start(server.url, prefix=PREFIX)
        bob.say("a", 1)
        await until(lambda: len(logs) == 4)
    assert {line["event"] for line in logs} == {"redis is away"}
    server.start()
    await until(lambda: ada.times_back == 1)
    bob.say("a", 2)
    await until(lambda: ada.heard[-1:] == [2])
    for party in (ada, bob):
        await party.wakes.stop()
    server.stop()


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\xff\x00", b"[", b"7", b"null", b'"told"', b"{}", b'{"told": 7}', b" " * 1_000_001],
)
async def test_garbage_is_counted_and_hurts_nobody(parties, admin, garbage):
    ada, bob = await parties("a"), await parties()
    with capture_logs() as logs:
        assert admin.publish(f"{PREFIX}a", garbage) == 1
        assert admin.publish(f"{PREFIX}a", garbage) == 1
        bob.say("a", 1)
        await ada.hears(1)
    assert (ada.wakes.ignored, ada.wakes.received, ada.times_back) == (2, 1, 0)
    assert [line["event"] for line in logs] == ["redis says garbage"]


async def test_what_the_hearer_cannot_read_is_garbage_too(server, parties):
    def refuse(_channel, _told):
        raise ValueError("no such thing")

    ada = Party()
    ada.wakes = Wakes(hear=refuse, on_back=lambda: None)
    ada.wakes.attend(["a"])
    await ada.join(server.url)
    bob = await parties()
    bob.say("a", 1)
    await until(lambda: ada.wakes.ignored == 1)
    assert ada.wakes.is_connected
    await ada.wakes.stop()


async def test_what_is_too_long_is_not_said(parties):
    ada, bob = await parties("a"), await parties()
    bob.wakes.say("a", b'"%s"' % (b"x" * TEXT_MAX_BYTES))
    bob.say("a", 1)
    await ada.hears(1)
    assert bob.wakes.dropped == 1


async def test_last_words_are_said(parties):
    ada, bob = await parties("a"), await parties()
    bob.say("a", *range(1_200))
    await bob.wakes.stop()
    await ada.hears(*range(1_200))
    assert (bob.wakes.is_started, bob.wakes.is_connected) == (False, False)
    bob.say("a", 9_999)
    assert bob.wakes.queued == 0


async def test_stopping_waits_for_nobody_when_redis_is_away(tmp_path):
    ada = Party("a")
    ada.wakes.start(RedisServer(tmp_path / "redis").url, prefix=PREFIX)
    ada.say("a", 1)
    await ada.wakes.stop()
    await ada.wakes.stop()
    assert not asyncio.all_tasks() - {asyncio.current_task()}


async def test_stopping_ends_everything_also_while_redis_is_asked_whether_it_is_there(
    server, monkeypatch
):
    monkeypatch.setattr(hearing, "QUIET_S", 0.001)
    for turn in range(60):
        ada = Party("a")
        await ada.join(server.url)
        await asyncio.sleep(0.001 + turn * 1e-5)
        await ada.wakes.stop()
        assert not asyncio.all_tasks() - {asyncio.current_task()}


async def test_a_stopped_process_may_start_again(parties, server):
    ada, bob = await parties("a"), await parties()
    await bob.wakes.stop()
    await bob.join(server.url)
    bob.say("a", 1)
    await ada.hears(1)


async def test_the_password_is_used_and_never_logged(server, admin, parties):
    admin.config_set("requirepass", "tell-nobody")
    right = server.url.replace("//", "//:tell-nobody@")
    try:
        with capture_logs() as logs:
            ada, bob, stranger = Party("a"), Party(), Party("a")
            await ada.join(right)
            await bob.join(right)
            stranger.wakes.start(server.url.replace("//", "//:tell-me@"), prefix=PREFIX)
            bob.say("a", 1)
            await ada.hears(1)
            await until(lambda: len(logs) == 2)
        for party in (ada, bob, stranger):
            await party.wakes.stop()
        assert not stranger.heard
        assert {line["error"] for line in logs} == {"AuthenticationError"}
        assert "tell-" not in str(logs)
    finally:
        admin.config_set("requirepass", "")


async def test_an_address_that_cannot_be_read_is_refused_at_once():
    with pytest.raises(ValueError, match="scheme"):
        Party().wakes.start("http://127.0.0.1", prefix=PREFIX)
