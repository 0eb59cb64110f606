"""Starts the server under a circumstance or with a defect: python -m tests.faults.launch NAME.

Circumstances are what may happen to a right server; defects (broken.py) are what a wrong one does.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app import clock
from app.cli import rapport
from app.jobs.registry import does
from tests.faults.broken import DEFECTS

CLOCK, DIARY = "clock", "diary"
"""Files in VAR_DIR: seconds the clock is wrong by; a line for every slow job begun or done."""
SLOW_JOB = "slow-job"
SLOW_JOB_S = 3


WRONG_BY = None


def bend_clock(folder):
    """Let the clock be wrong by what stands in a file, also while the server runs.

    The function itself is changed: some have taken it along when they were made.
    """
    clock.WRONG_BY, clock.timedelta = folder / CLOCK, timedelta
    clock.now.__code__ = bent_now.__code__


def bent_now():
    return datetime.now(UTC) + timedelta(seconds=float(WRONG_BY.read_text() or 0))


def do_slow_jobs(folder):
    """Know a job that takes its time and keeps a diary."""

    @does(SLOW_JOB)
    async def slow(payload, _now):
        with (folder / DIARY).open("a") as diary:
            diary.write(f"{payload['name']}\n")
        await asyncio.sleep(SLOW_JOB_S)


CIRCUMSTANCES = {"bent-clock": bend_clock, SLOW_JOB: do_slow_jobs}

if __name__ == "__main__":
    for name in sys.argv[1:]:
        (CIRCUMSTANCES | DEFECTS)[name](Path(os.environ["VAR_DIR"]))
    rapport(["serve"])
