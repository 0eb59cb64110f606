"""Ends visits that nobody ends, and forgets them when their time is over.

A page is closed without a word, a network goes, a server dies: their visits end all the same.
"""

from datetime import datetime, timedelta

from sqlalchemy import CursorResult, delete, select

from app.config import settings
from app.db import reading, transaction
from app.tracking.models import Visit
from app.tracking.visits import end_visit, list_overdue


async def end_silent_visits(now: datetime) -> int:
    """End every overdue visit, each in its own transaction; returns how many.

    The worker calls this every second. Two workers at once do no harm: a visit ends once.
    """
    async with reading() as db:
        overdue = await list_overdue(db, now=now)
    ended = 0
    for visit_id in overdue:
        async with transaction() as db:
            ended += await end_visit(db, visit_id, now=now)
    return ended


async def forget_old_visits(now: datetime) -> int:
    """Delete visits, with their acts, that are older than the notice promises; in small bites.

    What a visit amounted to stays on the person's timeline.
    """
    old = Visit.ended_at < now - timedelta(days=settings().acts_days)
    bite = select(Visit.id).where(old).limit(500)
    async with transaction() as db:
        result = await db.execute(delete(Visit).where(Visit.id.in_(bite)))
    return result.rowcount if isinstance(result, CursorResult) else 0
