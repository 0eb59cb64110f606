"""Ends visits that nobody ends, and forgets them when their time is over.

A page is closed without a word, a network goes, a server dies: their visits end all the same.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import CursorResult, delete, select

from app.config import settings
from app.db import reading, transaction
from app.tracking.models import Visit
from app.tracking.visits import end_overdue_visit, find_silent, list_overdue, note_silence

log = structlog.get_logger()

BITE = 500


async def end_silent_visits(now: datetime) -> int:
    """End every overdue visit, each in its own transaction; returns how many.

    Those that have been silent for a while are away before they are over. The worker calls this
    every second. Two workers at once do no harm: a visit ends once. One that cannot be ended does
    not keep the others.
    """
    async with reading() as db:
        overdue = await list_overdue(db, now=now)
        silent = await find_silent(db, now=now)
    if silent:
        try:
            async with transaction() as db:
                await note_silence(db, silent, now=now)
        except Exception:
            log.exception("silence not noted")
    ended = 0
    for visit_id in overdue:
        try:
            async with transaction() as db:
                ended += await end_overdue_visit(db, visit_id, now=now)
        except Exception:
            log.exception("visit not ended", visit=str(visit_id))
    return ended


async def forget_old_visits(now: datetime) -> int:
    """Delete visits, with their acts, that are older than the notice promises; in small bites.

    What a visit amounted to stays on the person's timeline.
    """
    old = Visit.ended_at < now - timedelta(days=settings().acts_days)
    bite = select(Visit.id).where(old).limit(BITE)
    forgotten = 0
    while True:
        async with transaction() as db:
            result = await db.execute(delete(Visit).where(Visit.id.in_(bite)))
        bitten = result.rowcount if isinstance(result, CursorResult) else 0
        forgotten += bitten
        if bitten < BITE:
            return forgotten
