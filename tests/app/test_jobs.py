"""Jobs: written with their cause, done at least once, given up visibly."""

import asyncio
import os
import signal
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db import transaction
from app.errors import NotFoundError
from app.jobs import registry, runner
from app.jobs.commands import (
    LEASE,
    MAX_TRIES,
    discard_job,
    enqueue,
    finish_job,
    lease_job,
    purge_done_jobs,
    renew_lease,
    retry_job,
)
from app.jobs.models import Job, JobState
from app.jobs.queries import count_jobs, list_dead_jobs
from app.jobs.registry import RetryLaterError, does
from app.jobs.runner import Runner, run_due_jobs
from tests.conftest import database_url
from tests.make import NOW

WORKER = """
import asyncio, os, sys
from pathlib import Path
from datetime import datetime
from app import tables
from app.config import settings
from app.db import open_database
from app.jobs.registry import does
from app.jobs.runner import run_due_jobs

@does("write-line")
async def write_line(payload, now):
    lines = Path(sys.argv[2])
    done = lines.read_text().split() if lines.exists() else []
    if payload["line"] not in done:
        lines.write_text(" ".join([*done, payload["line"]]))
    print("written", flush=True)
    if sys.argv[3] == "hang" and payload["line"] == "2":
        await asyncio.sleep(60)

async def main():
    open_database(settings())
    await run_due_jobs(datetime.fromisoformat(sys.argv[1]))

asyncio.run(main())
"""


@pytest.fixture
def handlers(monkeypatch):
    """An empty registry for one test."""
    monkeypatch.setattr(registry, "_handlers", {})


async def write(kind, payload=None, **more):
    async with transaction() as db:
        await enqueue(db, kind, payload or {}, now=NOW, **more)


async def only_job():
    async with transaction() as db:
        return (await db.scalars(select(Job))).one()


async def test_a_job_runs_after_its_commit_and_only_then(handlers):
    seen = []

    @does("note")
    async def note(payload, now):
        seen.append((payload["n"], now))

    async def fail_after_writing():
        async with transaction() as db:
            await enqueue(db, "note", {"n": 1}, now=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail_after_writing()
    await write("note", {"n": 2})
    assert await run_due_jobs(NOW) == 1
    assert seen == [(2, NOW)]
    assert (await only_job()).state == JobState.DONE


async def test_the_same_key_is_written_once(handlers):
    seen = []

    @does("note")
    async def note(payload, now):
        seen.append(now)

    await write("note", key="welcome-1")
    await write("note", key="welcome-1")
    await run_due_jobs(NOW)
    await write("note", key="welcome-1")
    await run_due_jobs(NOW)
    assert len(seen) == 1


async def test_a_dead_job_is_given_a_fresh_start_when_it_is_wanted_again(handlers):
    await write("unheard-of", key="letter-1")
    for hours in range(MAX_TRIES):
        await run_due_jobs(NOW + timedelta(hours=hours))
    assert (await only_job()).state == JobState.DEAD
    await write("unheard-of", key="letter-1")
    again = await only_job()
    assert (again.state, again.tries, again.finished_at) == (JobState.READY, 0, None)


async def test_a_failing_job_is_tried_again_later_and_at_last_laid_dead(handlers):
    @does("fails")
    async def fails(payload, now):
        raise ValueError("the cupboard is bare")

    await write("fails")
    now = NOW
    for _ in range(MAX_TRIES):
        assert await run_due_jobs(now) == 1
        now += timedelta(hours=1)
    async with transaction() as db:
        (dead,) = await list_dead_jobs(db)
        assert await count_jobs(db) == {JobState.DEAD: 1}
    assert dead.error == "ValueError: the cupboard is bare"
    assert dead.tries == MAX_TRIES


async def test_a_person_retries_or_discards_a_dead_job_once(handlers):
    await write("unheard-of")
    now = NOW
    for _ in range(MAX_TRIES):
        await run_due_jobs(now)
        now += timedelta(hours=1)
    dead = await only_job()
    assert dead.error == "UnknownKindError: nobody does jobs of kind unheard-of"
    does("unheard-of")(_nothing)
    async with transaction() as db:
        await retry_job(db, dead.id, now=now)
    assert await run_due_jobs(now) == 1
    async with transaction() as db:
        with pytest.raises(NotFoundError):
            await retry_job(db, dead.id, now=now)
        with pytest.raises(NotFoundError):
            await discard_job(db, dead.id)


async def _nothing(payload, now):
    pass


async def test_a_dead_job_can_be_discarded(handlers):
    await write("unheard-of")
    async with transaction() as db:
        job = await lease_job(db, owner="a", now=NOW)
        job.state = JobState.DEAD
        await discard_job(db, job.id)
    async with transaction() as db:
        assert await count_jobs(db) == {}


async def test_a_job_put_off_does_not_count_as_failed(handlers):
    tries = []

    @does("later")
    async def later(payload, now):
        tries.append(now)
        if len(tries) < MAX_TRIES * 2:
            raise RetryLaterError(now + timedelta(minutes=1))

    await write("later")
    now = NOW
    while await run_due_jobs(now):
        now += timedelta(minutes=1)
    assert len(tries) == MAX_TRIES * 2
    assert (await only_job()).state == JobState.DONE


async def test_a_job_that_kills_its_worker_three_times_is_quarantined(handlers):
    await write("poison")
    now = NOW
    for crashes in range(3):
        async with transaction() as db:
            job = await lease_job(db, owner=f"worker-{crashes}", now=now)
        assert job.crashes == crashes
        now += LEASE + timedelta(seconds=1)
    async with transaction() as db:
        assert await lease_job(db, owner="fourth", now=now) is None
        (dead,) = await list_dead_jobs(db)
    assert "Quarantined" in dead.error


async def test_a_worker_that_slept_through_its_lease_settles_nothing(handlers):
    await write("note")
    async with transaction() as db:
        job = await lease_job(db, owner="zombie", now=NOW)
    later = NOW + LEASE + timedelta(seconds=1)
    async with transaction() as db:
        assert (await lease_job(db, owner="heir", now=later)).id == job.id
    async with transaction() as db:
        assert not await finish_job(db, job.id, owner="zombie", now=later)
        assert not await renew_lease(db, job.id, owner="zombie", now=later)
        assert await renew_lease(db, job.id, owner="heir", now=later)
        assert await finish_job(db, job.id, owner="heir", now=later)


async def test_done_jobs_are_forgotten_after_a_week(handlers):
    does("note")(_nothing)
    await write("note")
    await run_due_jobs(NOW)
    async with transaction() as db:
        assert await purge_done_jobs(db, now=NOW + timedelta(days=6)) == 0
        assert await purge_done_jobs(db, now=NOW + timedelta(days=8)) == 1


async def test_a_running_worker_wakes_for_a_new_job_and_finishes_it_when_told_to_stop(handlers):
    began, stop, release, done = (asyncio.Event() for _ in range(4))

    @does("slow")
    async def slow(payload, now):
        began.set()
        await release.wait()
        done.set()

    worker = asyncio.create_task(Runner(time=lambda: NOW).run(stop))
    await asyncio.sleep(0)
    await write("slow")
    await asyncio.wait_for(began.wait(), 5)
    stop.set()
    release.set()
    await asyncio.wait_for(worker, 5)
    assert done.is_set()
    assert (await only_job()).state == JobState.DONE


async def test_a_long_job_keeps_its_lease(handlers, monkeypatch):
    monkeypatch.setattr(runner, "RENEW_S", 0.01)
    began, stop = asyncio.Event(), asyncio.Event()
    moments = iter(range(10_000))

    @does("long")
    async def long(payload, now):
        async with transaction() as db:
            first = (await db.scalars(select(Job))).one().lease_until
        began.set()
        while True:
            async with transaction() as db:
                if (await db.scalars(select(Job))).one().lease_until > first + timedelta(seconds=5):
                    return stop.set()

    await write("long")
    clock = lambda: NOW + timedelta(seconds=next(moments))  # noqa: E731  each look is a second later
    await asyncio.wait_for(Runner(time=clock).run(stop), 20)
    assert began.is_set()
    assert (await only_job()).state == JobState.DONE


async def test_a_job_that_outlasts_the_stop_goes_back_to_the_table(handlers, monkeypatch):
    monkeypatch.setattr(runner, "DRAIN_S", 0.01)
    stop = asyncio.Event()

    @does("endless")
    async def endless(payload, now):
        stop.set()
        await asyncio.Event().wait()

    await write("endless")
    await asyncio.wait_for(Runner(time=lambda: NOW).run(stop), 20)
    left = await only_job()
    assert (left.state, left.owner, left.tries) == (JobState.READY, None, 0)


async def test_a_worker_does_only_so_many_jobs_side_by_side(handlers):
    running, most, stop = 0, 0, asyncio.Event()
    left = 6

    @does("count")
    async def count(payload, now):
        nonlocal running, most, left
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        left -= 1
        if not left:
            stop.set()

    for _ in range(6):
        await write("count")
    await asyncio.wait_for(Runner(slots=2, time=lambda: NOW).run(stop), 10)
    assert most <= 2
    assert left == 0


async def test_after_kill_minus_nine_every_job_is_done_and_none_twice(handlers, tmp_path):
    for line in "123":
        await write("write-line", {"line": line})
    lines = tmp_path / "lines"
    env = os.environ | {"DATABASE_URL": database_url(tmp_path)}

    async def run(now, mode):
        command = (sys.executable, "-c", WORKER, now.isoformat(), str(lines), mode)
        return await asyncio.create_subprocess_exec(
            *command, env=env, stdout=asyncio.subprocess.PIPE
        )

    first = await run(NOW, "hang")
    while (await asyncio.wait_for(first.stdout.readline(), 20)) and "2" not in lines.read_text():
        continue
    first.send_signal(signal.SIGKILL)
    await first.communicate()
    second = await run(NOW + LEASE + timedelta(seconds=1), "on")
    await second.communicate()
    assert sorted(lines.read_text().split()) == ["1", "2", "3"]
    async with transaction() as db:
        assert await count_jobs(db) == {JobState.DONE: 3}
