"""What an operator asks about jobs."""

from collections.abc import Sequence

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
