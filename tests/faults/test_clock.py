"""F16: clocks jump by hours; order, and what is done once, do not depend on them."""

import asyncio

import pytest
from sqlalchemy import select

from app import clock
from app.db import reading, transaction
from app.jobs.commands import enqueue
from app.jobs.models import Job, JobState
from tests.faults.launch import CLOCK, DIARY, SLOW_JOB
from tests.faults.people import opened

pytestmark = pytest.mark.no_database
HOURS = 3600
JUMPS = (3 * HOURS, 0, -3 * HOURS, 300, -300, 300, -300, 0)


def set_clock(installation, wrong_by):
    """Change the clock of a running server at once: the file is never half written."""
    fresh = installation.folder / "clock.new"
    fresh.write_text(str(wrong_by))
    fresh.replace(installation.folder / CLOCK)


async def test_acts_stay_in_order_while_the_clock_jumps(stage, note, size):
    scene = await stage(prospects=6, consoles=1)
    set_clock(scene.installation, 0)
    web = scene.installation.add_web("-m", "tests.faults.launch", "bent-clock").start()
    tabs, clicks = scene.open_tabs(web.url), size(400, 100)
    async with asyncio.timeout(90):
        clicking = [asyncio.create_task(tab.click_on(clicks, pause_s=0.07)) for tab in tabs]
        for wrong_by in JUMPS:
            await asyncio.sleep(size(3, 0.8))
            set_clock(scene.installation, wrong_by)
        await asyncio.gather(*clicking)
        await scene.settled()
    verdict = await scene.verdict()
    note(
        stored=verdict.stored, visits=sum(len(tab.history.visits) for tab in tabs),
        lost=len(verdict.lost), doubled=len(verdict.doubled), disordered=len(verdict.disordered),
    )  # fmt: skip
    assert verdict.wrong == {}
    assert verdict.stored == 6 * clicks


async def test_a_job_is_not_begun_twice_because_the_clock_jumped(stage):
    scene = await stage(prospects=1)
    installation = scene.installation
    set_clock(installation, 0)
    async with opened(installation.database_url), transaction() as db:
        for name in "abc":
            await enqueue(db, SLOW_JOB, {"name": name}, now=clock.now())
    installation.add_web("-m", "tests.faults.launch", "bent-clock", SLOW_JOB).start()
    diary = installation.folder / DIARY
    async with asyncio.timeout(30):
        while not diary.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        set_clock(installation, 3 * HOURS)
        while await unfinished(installation):  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert sorted(diary.read_text().split()) == ["a", "b", "c"]


async def unfinished(installation):
    """Return the slow jobs that are not done."""
    async with opened(installation.database_url), reading() as db:
        slow = select(Job.id).where(Job.kind == SLOW_JOB, Job.state != JobState.DONE)
        return (await db.scalars(slow)).all()
