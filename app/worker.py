"""The worker: does the jobs of every slice, ends silent visits, and tidies up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

import app.accounts.jobs
import app.mail.jobs
import app.tracking.jobs  # noqa: F401  importing a slice's jobs registers them
from app import clock
from app.jobs.runner import Runner, purge_jobs, run_due_jobs
from app.letters.jobs import settle_opened_letters
from app.tracking.sweeper import end_silent_visits, forget_old_visits

__all__ = ["end_visits", "run_due_jobs", "run_worker"]

log = structlog.get_logger()

Chore = Callable[[datetime], Awaitable[object]]

CHORES: tuple[tuple[float, Chore], ...] = (
    (1.0, end_silent_visits),
    (60.0, settle_opened_letters),
    (3600.0, purge_jobs),
    (3600.0, forget_old_visits),
)
"""What happens besides jobs: every so many seconds, this."""


async def end_visits(stop: asyncio.Event) -> None:
    """End silent visits until `stop` is set: for web processes whose jobs run elsewhere.

    Consoles hear at once only of their own process where there is no Redis, and a visit has to end
    where no worker lives. Two that see the same visit do no harm.
    """
    await _repeat(1.0, end_silent_visits, stop)


async def run_worker(stop: asyncio.Event) -> None:
    """Work until `stop` is set; then finish what runs and return. Safe to run many at once."""
    chores = [asyncio.create_task(_repeat(every_s, chore, stop)) for every_s, chore in CHORES]
    try:
        await Runner().run(stop)
    finally:
        stop.set()
        await asyncio.gather(*chores, return_exceptions=True)


async def _repeat(every_s: float, chore: Chore, stop: asyncio.Event) -> None:
    """Do a chore again and again; one that fails is logged and tried at its next turn."""
    while not stop.is_set():
        try:
            await chore(clock.now())
        except Exception:
            log.exception("chore failed", chore=chore.__name__)
        try:
            await asyncio.wait_for(stop.wait(), every_s)
        except TimeoutError:
            continue
