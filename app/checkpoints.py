"""Bringing SQLite's log (WAL) back into its file: beside the writers, not in their way.

Left to itself SQLite does that inside some commit, which then takes tens of milliseconds, and all
acts that came meanwhile with it. So the bulk is copied by a thread of its own while others write;
what they wrote during that is little, and is copied in a turn of its own, after which the log
begins anew. Where this does not come to an end (a reader holds an old view) the log only grows:
from COPIED_AT_THE_LATEST pages on (db.py) SQLite copies in some commit again, as it always would.
"""

import asyncio
import sqlite3
from contextlib import closing
from contextvars import Context

import structlog

from app import metrics
from app.db import write_turn

log = structlog.get_logger()

COPY_AFTER = 4_000
"""Acts after which the log is copied. Each changes about two pages of 4 KB: 32 MB at most."""


class Checkpoints:
    """Copies the log of one SQLite file whenever enough was written."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._written = 0
        self._work: asyncio.Task[None] | None = None

    def note_written(self, acts: int) -> None:
        """Count what was committed, and begin to copy when it is enough. Never waits."""
        self._written += acts
        if self._written >= COPY_AFTER and self._work is None:
            self._written = 0
            loop = asyncio.get_running_loop()
            self._work = loop.create_task(self._copy_all(), context=Context())
            self._work.add_done_callback(self._end)

    async def close(self) -> None:
        """Finish copying."""
        if self._work is not None:
            await asyncio.wait([self._work])

    async def _copy_all(self) -> None:
        """Copy the bulk beside the writers, and the rest while none of them writes."""
        with metrics.CHECKPOINT_SECONDS.time():
            await asyncio.to_thread(self._copy)
            async with write_turn(is_first=True):
                await asyncio.to_thread(self._copy)

    def _copy(self) -> None:
        """Copy what is in the log now and nobody needs there; waits for nobody."""
        with closing(sqlite3.connect(self._path, isolation_level=None, timeout=0)) as db:
            db.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _end(self, work: "asyncio.Task[None]") -> None:
        """Let go of the work; what failed is tried again after as many acts."""
        self._work = None
        if not work.cancelled() and (error := work.exception()) is not None:
            log.warning("log not copied", error=type(error).__name__)
