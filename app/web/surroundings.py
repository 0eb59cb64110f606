"""What a process has around it: the database, the jobs in it, the disk. Looked at when asked."""

import asyncio
import shutil
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.config import settings
from app.db import engine, is_sqlite, reading
from app.jobs.queries import Workload, read_workload

KEPT_S = 4.0
"""So long one look serves everybody who asks."""
ANSWERS_WITHIN_S = 2.0
LOW, VERY_LOW = 0.10, 0.02
"""Shares of free disk space at which somebody is told."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk the data is on."""

    total: int
    free: int

    @property
    def share(self) -> float:
        """The free part of it, 0 to 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def is_low(self) -> bool:
        """Whether somebody should make room soon."""
        return self.share < LOW

    @property
    def is_very_low(self) -> bool:
        """Whether somebody must make room now."""
        return self.share < VERY_LOW


@dataclass(frozen=True, slots=True)
class Surroundings:
    """One look around. Without an answer of the database, `workload` is None."""

    disk: Disk
    database: str
    database_bytes: int
    workload: Workload | None


_last: tuple[object, float, Surroundings] | None = None


async def look_around(now: datetime) -> Surroundings:
    """Return how things stand, at most a few seconds old, and put it into the figures."""
    global _last  # noqa: PLW0603  one process has one surrounding
    if _last and _last[0] is engine() and time.monotonic() - _last[1] < KEPT_S:
        return _last[2]
    found = await _look(now)
    _last = engine(), time.monotonic(), found
    _put_into_figures(found, now)
    return found


def forget_look() -> None:
    """Look anew the next time, for whoever has just changed something."""
    global _last  # noqa: PLW0603  as above
    _last = None


def look_at_disk() -> Disk:
    """Return how full the disk is that SQLite's file is on, else the one of VAR_DIR."""
    folder = _sqlite_file().parent if is_sqlite() else settings().var_dir
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return Disk(usage.total, usage.free)


def _sqlite_file() -> Path:
    """Return where SQLite's file is."""
    return Path(engine().url.database or ".").absolute()


async def _look(now: datetime) -> Surroundings:
    """Ask the database, with little patience, and the disk."""
    disk, kind = look_at_disk(), "SQLite" if is_sqlite() else "PostgreSQL"
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S), reading() as db:
            size = 0
            if not is_sqlite():
                size = await db.scalar(text("SELECT pg_database_size(current_database())")) or 0
            workload = await read_workload(db, now=now)
    except (SQLAlchemyError, OSError) as error:
        log.warning("database away", error=type(error).__name__)
        return Surroundings(disk, kind, 0, None)
    return Surroundings(disk, kind, _bytes_of_sqlite() if is_sqlite() else size, workload)


def _bytes_of_sqlite() -> int:
    """Return the size of SQLite's file and of what waits to be folded into it."""
    file = _sqlite_file()
    parts = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())


def _put_into_figures(found: Surroundings, now: datetime) -> None:
    """Set the gauges that /metrics shows."""
    metrics.DISK_FREE_BYTES.set(found.disk.free)
    metrics.DISK_FREE_RATIO.set(found.disk.share)
    metrics.DATABASE_UP.set(found.workload is not None)
    if found.workload is None:
        return
    work = found.workload
    metrics.DATABASE_BYTES.set(found.database_bytes)
    for state, number in (("ready", work.waiting), ("running", work.running), ("dead", work.dead)):
        metrics.JOBS.labels(state).set(number)
    waited = (now - work.due_since).total_seconds() if work.due_since else 0
    metrics.JOBS_OVERDUE_SECONDS.set(max(0, waited))
