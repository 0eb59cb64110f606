"""What is announced reaches listeners here and, through a real Redis, those of other processes."""

import asyncio
import sys
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
import redis
from structlog.testing import capture_logs

from app import bus, clock
from app.bus import Announcement
from app.config import settings
from app.db import transaction
from app.jobs import registry, runner
from app.jobs.commands import NOBODY, enqueue
from app.jobs.runner import Runner
from app.wakes import Wakes
from tests.app.wake_party import until
from tests.servers import RedisServer

WORKSPACE = UUID(int=7)


def an_announcement(name="visit-acted", **facts):
    return Announcement(name, WORKSPACE, uuid4(), uuid4(), uuid4(), facts)


@pytest.fixture(autouse=True)
def quiet_bus(monkeypatch):
    """A bus of this test's own, with nobody listening yet."""
    monkeypatch.setattr(bus, "_listeners", [])
    monkeypatch.setattr(bus, "_restored", [])
    monkeypatch.setattr(bus, "wakes", Wakes(hear=bus._hear, on_back=bus._tell_restored))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("bus")).start()
    yield server
    server.stop()


@pytest.fixture
def heard():
    announcements = []
    bus.listen(announcements.append)
    return announcements


@pytest_asyncio.fixture
async def connected(server):
    """This process hears what others say about visits in this workspace."""
    bus.attend(WORKSPACE, ["visit-acted", "echoed"])
    await bus.connect(server.url)
    await until(lambda: bus.wakes.is_connected)
    yield server
    await bus.disconnect()


@pytest_asyncio.fixture
async def other(connected):
    """Another process on the same Redis: `other.say(announcement)`."""
    wakes = Wakes(hear=lambda _channel, _told: None, on_back=lambda: None)
    wakes.start(connected.url, prefix=bus._prefix(settings().secret_key))

    class Other:
        def say(self, announcement):
            text = bus.SHAPE.dump_json(announcement, exclude=bus.STAYS, warnings=False)
            wakes.say(bus._channel(announcement.workspace_id, announcement.name), text)

    yield Other()
    await wakes.stop()


def subscribed(server):
    """The channels that Redis has listeners for."""
    with redis.Redis.from_url(server.url) as admin:
        return [name.decode() for name in admin.pubsub_channels()]


async def test_an_announcement_is_told_after_the_commit_and_not_before(heard):
    fact = an_announcement()
    async with transaction() as db:
        bus.announce(db, fact)
        assert heard == []
    assert heard == [fact]


async def test_nothing_is_told_of_what_was_rolled_back(heard):
    async def fail():
        async with transaction() as db:
            bus.announce(db, an_announcement())
            raise LookupError

    with pytest.raises(LookupError):
        await fail()
    assert heard == []


@pytest.mark.no_database
def test_a_listener_that_fails_is_logged_and_stops_no_other(heard):
    def fail(_announcement):
        raise LookupError("not today")

    later = []
    bus.listen(fail)
    bus.listen(later.append)
    fact = an_announcement()
    with capture_logs() as logs:
        bus.publish(fact)
    assert (heard, later) == ([fact], [fact])
    assert [line["event"] for line in logs] == ["listener failed"]
    bus.stop_listening(later.append)
    bus.stop_listening(print)
    bus.publish(fact)
    assert (len(heard), len(later)) == (2, 1)


@pytest.mark.no_database
async def test_without_redis_nothing_is_connected_and_nothing_is_missing(heard):
    await bus.connect("")
    bus.attend(WORKSPACE, ["visit-acted"])
    bus.publish(an_announcement())
    bus.leave(WORKSPACE, ["visit-acted"])
    await bus.disconnect()
    assert len(heard) == 1
    assert not bus.wakes.is_started
    assert bus.wakes.queued == 0


@pytest.mark.no_database
async def test_announcements_of_others_are_marked_and_come_in_order(heard, other):
    facts = [an_announcement(at=number, words=["é", None, {"deep": 1.5}]) for number in range(200)]
    for fact in facts:
        other.say(fact)
    await until(lambda: len(heard) == len(facts))
    assert heard == [replace(fact, is_remote=True) for fact in facts]


@pytest.mark.no_database
async def test_what_is_said_here_is_heard_here_once(heard, other):
    bus.publish(an_announcement(number=1))
    await until(lambda: bus.wakes.published == 1)
    other.say(an_announcement(number=2))
    await until(lambda: len(heard) == 2)
    assert [(fact.facts["number"], fact.is_remote) for fact in heard] == [(1, False), (2, True)]


@pytest.mark.no_database
async def test_other_workspaces_and_other_names_stay_where_they_are(heard, other):
    other.say(replace(an_announcement(), workspace_id=uuid4()))
    other.say(an_announcement("prospect-changed"))
    last = an_announcement()
    other.say(last)
    await until(lambda: heard)
    assert heard == [replace(last, is_remote=True)]


@pytest.mark.no_database
async def test_what_is_for_this_process_only_does_not_travel(heard, connected, other):
    message = bus.SHAPE.dump_json(replace(an_announcement(), here=["forged"]))
    assert b"forged" in message
    with redis.Redis.from_url(connected.url) as admin:
        [channel] = [each for each in admin.pubsub_channels() if each.endswith(b"visit-acted")]
        admin.publish(channel, b'{"from":"somebody","told":[%s]}' % message)
        await until(lambda: heard)
        assert (heard[0].here, heard[0].is_remote) == ((), True)
        with admin.pubsub() as listener:
            listener.subscribe(channel)
            await until(lambda: listener.get_message() is not None)
            bus.publish(replace(an_announcement(), here=["mine"]))
            await until(lambda: bus.wakes.published == 1)
            assert b"mine" not in listener.get_message(timeout=5)["data"]


@pytest.mark.no_database
async def test_what_is_no_announcement_is_ignored(heard, connected, other):
    other.say(replace(an_announcement(), subject="not an id"))
    other.say(an_announcement())
    await until(lambda: heard)
    assert len(heard) == bus.wakes.ignored == 1


@pytest.mark.no_database
async def test_facts_that_are_not_json_are_told_here_and_logged(heard, connected):
    with capture_logs() as logs:
        bus.publish(an_announcement(odd=object()))
    assert len(heard) == 1
    assert [line["event"] for line in logs] == ["facts are not plain JSON"]


@pytest.mark.no_database
async def test_publishing_goes_on_without_redis_and_who_asked_hears_of_its_return(
    heard, connected, other
):
    told = []

    def fail():
        raise LookupError("not today")

    bus.on_wake_restored(fail)
    bus.on_wake_restored(lambda: told.append(len(heard)))
    connected.kill()
    await until(lambda: not bus.wakes.is_connected)
    bus.publish(an_announcement())
    assert (len(heard), told) == (1, [])
    connected.start()
    await until(lambda: told == [1])
    other.say(an_announcement())
    await until(lambda: len(heard) == 2)
    assert heard[1].is_remote
    await until(lambda: bus.wakes.published == 1)


ECHO = """
import asyncio, sys
from dataclasses import replace
from uuid import UUID
from app import bus

def answer(heard):
    bus.publish(replace(heard, name="echoed", is_remote=False))

async def main(url, workspace_id):
    bus.listen(lambda heard: answer(heard) if heard.is_remote else None)
    bus.attend(UUID(workspace_id), ["visit-acted"])
    await bus.connect(url)
    while not bus.wakes.is_connected:
        await asyncio.sleep(0.01)
    print("listening", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await bus.disconnect()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.no_database
async def test_two_processes_hear_each_other(heard, connected):
    echo = await asyncio.create_subprocess_exec(
        sys.executable, "-c", ECHO, connected.url, str(WORKSPACE),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert await echo.stdout.readline() == b"listening\n"
    facts = [an_announcement(number=number) for number in range(100)]
    for fact in facts:
        bus.publish(fact)
    await until(lambda: len(heard) == 200)
    echo.stdin.close()
    assert await echo.wait() == 0
    assert heard == facts + [replace(fact, name="echoed", is_remote=True) for fact in facts]


async def test_a_worker_is_woken_by_other_processes(monkeypatch, connected, other):
    done, stop = [], asyncio.Event()

    async def do(payload, _now):
        done.append(payload)

    monkeypatch.setattr(runner, "POLL_S", 3600)
    monkeypatch.setitem(registry._handlers, "say-hello", do)
    working = asyncio.create_task(Runner().run(stop))
    await until(lambda: len(subscribed(connected)) == 3)
    async with transaction() as db:
        await enqueue(db, "say-hello", {"to": "Ada"}, now=clock.now())
        db.info.pop("announcements")
    other.say(Announcement("job-ready", NOBODY, NOBODY))
    await until(lambda: done == [{"to": "Ada"}])
    stop.set()
    await working
    await until(lambda: len(subscribed(connected)) == 2)
