"""Writing, leasing and settling jobs."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, CursorResult, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.bus import Announcement, announce
from app.db import insert_or_ignore
from app.errors import NotFoundError
from app.jobs.models import Job, JobState

LEASE = timedelta(seconds=60)
MAX_TRIES = 8
MAX_CRASHES = 3
DONE_KEPT_FOR = timedelta(days=7)
NOBODY = UUID(int=0)
FRESH = {"state": JobState.READY, "tries": 0, "crashes": 0, "finished_at": None}


async def enqueue(
    db: AsyncSession,
    kind: str,
    payload: Mapping[str, object],
    *,
    now: datetime,
    run_at: datetime | None = None,
    key: str | None = None,
) -> None:
    """Write a job into this transaction; it runs soon after the commit, or at `run_at`.

    `payload` holds plain JSON values. With a `key` the same job is written only once: a repeat
    stays silent for as long as the first is remembered (a week after it was done), and gives one
    that lies dead a fresh start.
    """
    row = {
        "id": uuid4(), "kind": kind, "payload": dict(payload), "key": key, "state": JobState.READY,
        "run_at": run_at or now, "tries": 0, "crashes": 0, "created_at": now,
    }  # fmt: skip
    written = await db.scalar(insert_or_ignore(Job, [row]).returning(Job.id))
    if written is None:
        await _change_dead(db, Job.key == key, run_at=run_at or now, **FRESH)
    announce_ready(db)


def announce_ready(db: AsyncSession) -> None:
    """Wake the workers after the commit, of all processes; a lost hint costs one second."""
    announce(db, Announcement("job-ready", workspace_id=NOBODY, subject=NOBODY))


async def lease_job(
    db: AsyncSession, *, owner: str, now: datetime, running: Collection[UUID] = ()
) -> Job | None:
    """Take the next due job for `owner` until `now + LEASE`, or return None if nothing is due.

    A job whose lease ran out counts as crashed once more and is taken again; after MAX_CRASHES
    it is laid dead instead, so that it stops killing workers. Not so those the owner knows to be
    `running`: when the clock jumps ahead, every lease seems to have run out.
    """
    crashed = (Job.state == JobState.RUNNING) & (Job.lease_until < now)
    crashed &= Job.id.not_in(running)
    await _quarantine_crashers(db, crashed, now)
    due = or_((Job.state == JobState.READY) & (Job.run_at <= now), crashed)
    oldest = select(Job).where(due).order_by(Job.run_at).limit(1).with_for_update(skip_locked=True)
    job = await db.scalar(oldest)
    if job is None:
        return None
    if job.state == JobState.RUNNING:
        job.crashes += 1
    job.state, job.owner, job.lease_until = JobState.RUNNING, owner, now + LEASE
    job.tries += 1
    return job


async def _quarantine_crashers(
    db: AsyncSession, crashed: ColumnElement[bool], now: datetime
) -> None:
    """Lay jobs dead that have let MAX_CRASHES leases run out."""
    too_often = crashed & (Job.crashes >= MAX_CRASHES - 1)
    error = f"Quarantined: the worker died {MAX_CRASHES} times while doing this."
    await db.execute(
        update(Job)
        .where(too_often)
        .values(state=JobState.DEAD, owner=None, lease_until=None, crashes=MAX_CRASHES)
        .values(finished_at=now, error=error)
        .execution_options(synchronize_session=False)
    )


async def renew_lease(db: AsyncSession, job_id: UUID, *, owner: str, now: datetime) -> bool:
    """Keep a long job for another LEASE; False if it was lost meanwhile."""
    return await _update_held(db, job_id, owner, lease_until=now + LEASE)


async def finish_job(db: AsyncSession, job_id: UUID, *, owner: str, now: datetime) -> bool:
    """Mark a job done; False if the lease was lost meanwhile."""
    return await _settle(db, job_id, owner, state=JobState.DONE, finished_at=now, error=None)


async def fail_job(db: AsyncSession, job: Job, *, owner: str, error: str, now: datetime) -> bool:
    """Put a failed job back with growing delay, or lay it dead after MAX_TRIES."""
    if job.tries >= MAX_TRIES:
        return await _settle(db, job.id, owner, state=JobState.DEAD, error=error, finished_at=now)
    later = now + timedelta(seconds=min(3600, 2**job.tries))
    return await _settle(db, job.id, owner, state=JobState.READY, error=error, run_at=later)


async def defer_job(db: AsyncSession, job_id: UUID, *, owner: str, run_at: datetime) -> bool:
    """Put a job back for later without counting it as failed."""
    return await _settle(
        db, job_id, owner, state=JobState.READY, run_at=run_at, tries=Job.tries - 1
    )


async def retry_job(db: AsyncSession, job_id: UUID, *, now: datetime) -> None:
    """Give a dead job a fresh start. Raises NotFoundError if it is not dead."""
    if await _change_dead(db, Job.id == job_id, run_at=now, **FRESH) != 1:
        raise NotFoundError("There is no such dead job.")
    announce_ready(db)


async def discard_job(db: AsyncSession, job_id: UUID) -> None:
    """Forget a dead job for good. Raises NotFoundError if it is not dead."""
    is_dead = (Job.id == job_id) & (Job.state == JobState.DEAD)
    if _rows(await db.execute(delete(Job).where(is_dead))) != 1:
        raise NotFoundError("There is no such dead job.")


async def purge_done_jobs(db: AsyncSession, *, now: datetime) -> int:
    """Delete what was done more than a week ago; return how many."""
    is_old = (Job.state == JobState.DONE) & (Job.finished_at < now - DONE_KEPT_FOR)
    return _rows(await db.execute(delete(Job).where(is_old)))


async def _change_dead(db: AsyncSession, which: ColumnElement[bool], **values: Any) -> int:
    """Update a dead job; returns how many there were."""
    is_dead = which & (Job.state == JobState.DEAD)
    return _rows(await db.execute(update(Job).where(is_dead).values(**values)))


async def _settle(db: AsyncSession, job_id: UUID, owner: str, **values: Any) -> bool:
    """Update and let go of a job, only while `owner` still holds it."""
    return await _update_held(db, job_id, owner, owner=None, lease_until=None, **values)


async def _update_held(db: AsyncSession, job_id: UUID, holder: str, **values: Any) -> bool:
    """Update a job only while `holder` still holds it."""
    held = (Job.id == job_id) & (Job.owner == holder) & (Job.state == JobState.RUNNING)
    return _rows(await db.execute(update(Job).where(held).values(**values))) == 1


def _rows(result: object) -> int:
    """Return how many rows a statement changed."""
    return result.rowcount if isinstance(result, CursorResult) else 0
