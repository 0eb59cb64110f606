"""Doing jobs: lease, run, settle; a few side by side, woken by the bus, stopped with grace."""

import asyncio
import os
import socket
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime
from uuid import UUID, uuid4

import structlog

from app import bus, clock, metrics
from app.db import transaction
from app.jobs.commands import (
    LEASE,
    NOBODY,
    defer_job,
    fail_job,
    finish_job,
    lease_job,
    purge_done_jobs,
    renew_lease,
)
from app.jobs.models import Job
from app.jobs.registry import RetryLaterError, handler_for
from app.logs import about

log = structlog.get_logger()

WAKING = ("job-ready",)
SLOTS = 4
POLL_S = 1.0
DRAIN_S = 10.0
RENEW_S = LEASE.total_seconds() / 3
ERROR_MAX = 500

Clock = Callable[[], datetime]


def make_owner() -> str:
    """Return a name for this worker that no other worker has or had."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{uuid4().hex[:12]}"


async def run_due_jobs(now: datetime) -> int:
    """Do everything that is due at `now`, one after the other; return how many runs it took.

    Jobs that these jobs write for the same moment are done too. For tests and the demo.
    """
    owner, done = make_owner(), 0
    while job := await _take(owner, now):
        await _do(job, owner, lambda: now)
        done += 1
    return done


async def purge_jobs(now: datetime) -> None:
    """Forget the jobs that were done long ago."""
    async with transaction() as db:
        await purge_done_jobs(db, now=now)


class Runner:
    """Does jobs until it is told to stop, at most SLOTS at a time."""

    def __init__(self, *, slots: int = SLOTS, time: Clock = clock.now) -> None:
        self._owner = make_owner()
        self._slots = slots
        self._time = time
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], UUID] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then finish what runs (within DRAIN_S) and leave."""
        bus.listen(self._on_announcement)
        bus.attend(NOBODY, WAKING)
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await self._fill_slots(stop)
                await self._rest(stopped)
        finally:
            bus.leave(NOBODY, WAKING)
            bus.stop_listening(self._on_announcement)
            stopped.cancel()
            await self._drain()

    def _on_announcement(self, announcement: bus.Announcement) -> None:
        """Wake up when a job was written, here or in another process."""
        if announcement.name in WAKING:
            self._wake.set()

    async def _fill_slots(self, stop: asyncio.Event) -> None:
        """Start due jobs while there is room."""
        self._wake.clear()
        while len(self._running) < self._slots and not stop.is_set():
            try:
                job = await _take(self._owner, self._time(), running=self._running.values())
            except Exception:
                log.exception("the database gave no job")
                return
            if job is None:
                return
            task = asyncio.create_task(_do(job, self._owner, self._time))
            self._running[task] = job.id
            task.add_done_callback(self._on_done)

    def _on_done(self, task: asyncio.Task[None]) -> None:
        """Free the slot and look for the next job at once."""
        self._running.pop(task, None)
        self._wake.set()

    async def _rest(self, stopped: asyncio.Task[bool]) -> None:
        """Sleep until woken, stopped, or the poll is due."""
        woken = asyncio.create_task(self._wake.wait())
        await asyncio.wait({woken, stopped}, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()

    async def _drain(self) -> None:
        """Let running jobs finish; what takes too long goes back to the table for the next one."""
        running = dict(self._running)
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=DRAIN_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for task in late:
            async with transaction() as db:
                await defer_job(db, running[task], owner=self._owner, run_at=self._time())


async def _take(owner: str, now: datetime, *, running: Collection[UUID] = ()) -> Job | None:
    """Lease a job in a transaction of its own, none of those that run here already."""
    async with transaction() as db:
        return await lease_job(db, owner=owner, now=now, running=running)


async def _do(job: Job, owner: str, time: Clock) -> None:
    """Run one leased job, keep its lease alive meanwhile, and settle it."""
    with about(job=job.id, kind=job.kind), metrics.JOB_SECONDS.time():
        heart = asyncio.create_task(_keep_lease(job, owner, time))
        try:
            outcome = await _run_and_settle(job, owner, time)
            metrics.JOBS_RUN.labels(outcome).inc()
        except Exception:
            # Not settled (the database is away): the lease runs out and the job is taken again.
            log.exception("job not settled")
        finally:
            heart.cancel()
            with suppress(asyncio.CancelledError):
                await heart


async def _run_and_settle(job: Job, owner: str, time: Clock) -> str:
    """Run a job and write down what came of it; returns the outcome's name in the figures."""
    try:
        await handler_for(job.kind)(job.payload, time())
    except RetryLaterError as later:
        async with transaction() as db:
            await defer_job(db, job.id, owner=owner, run_at=later.at)
        return "again"
    except Exception as error:  # noqa: BLE001  whatever a job raises is its outcome
        await _fail(job, owner, error, time())
        return "failed"
    async with transaction() as db:
        await finish_job(db, job.id, owner=owner, now=time())
    return "done"


async def _fail(job: Job, owner: str, error: Exception, now: datetime) -> None:
    """Log a failed job by kind and class (payloads and texts may hold personal facts)."""
    what = type(error).__name__
    text = f"{what}: {error}"[:ERROR_MAX]
    log.warning("job failed", tries=job.tries, error=what)
    async with transaction() as db:
        await fail_job(db, job, owner=owner, error=text, now=now)


async def _keep_lease(job: Job, owner: str, time: Clock) -> None:
    """Renew the lease until cancelled; a lost one is logged, and the settle will find out."""
    while True:
        await asyncio.sleep(RENEW_S)
        try:
            async with transaction() as db:
                kept = await renew_lease(db, job.id, owner=owner, now=time())
        except Exception:
            log.exception("lease not renewed")
            continue
        if not kept:
            log.warning("lease lost")
            return
