"""What an operator asks about jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.models import Job, JobState


async def list_dead_jobs(db: AsyncSession, *, limit: int = 100) -> Sequence[Job]:
    """Return the jobs that wait for a person, the newest first."""
    dead = select(Job).where(Job.state == JobState.DEAD)
    return (await db.scalars(dead.order_by(Job.finished_at.desc()).limit(limit))).all()


async def count_jobs(db: AsyncSession) -> dict[JobState, int]:
    """Return how many jobs are in each state; states without any are missing."""
    rows = await db.execute(select(Job.state, func.count()).group_by(Job.state))
    return {JobState(state): number for state, number in rows.all()}


@dataclass(frozen=True, slots=True)
class Workload:
    """How the jobs of the whole installation stand: numbers and kinds, not what is in them."""

    waiting: int
    running: int
    dead: int
    dead_kinds: tuple[tuple[str, int], ...]
    due_since: datetime | None
    done_at: datetime | None


async def read_workload(db: AsyncSession, *, now: datetime) -> Workload:
    """Return how many jobs wait, run and have given up, and whether anybody does them."""
    counts = await count_jobs(db)
    is_due = (Job.state == JobState.READY) & (Job.run_at <= now)
    kinds = select(Job.kind, func.count()).where(Job.state == JobState.DEAD).group_by(Job.kind)
    return Workload(
        waiting=counts.get(JobState.READY, 0),
        running=counts.get(JobState.RUNNING, 0),
        dead=counts.get(JobState.DEAD, 0),
        dead_kinds=tuple((kind, number) for kind, number in (await db.execute(kinds)).all()),
        due_since=await db.scalar(select(func.min(Job.run_at)).where(is_due)),
        done_at=await db.scalar(
            select(func.max(Job.finished_at)).where(Job.state == JobState.DONE)
        ),
    )
