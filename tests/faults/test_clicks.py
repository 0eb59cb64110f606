"""F1: whoever is killed, and when: what was acked is stored, once, in order."""

import asyncio
import contextlib
import sqlite3
import time

import pytest

from tests.faults.rapport import DATABASE
from tests.faults.stage import percentile_ms

pytestmark = pytest.mark.no_database


async def click_through_kills(scene, web, *, clicks, kills):
    """Click while the server is killed again and again; returns what the checker says."""
    scene.open_tabs(web.url)

    async def kill(fault):
        await web.restart(after_s=fault.for_s)

    async with asyncio.timeout(300):
        await scene.break_while_clicking(
            {"kill": kills}, {"kill": kill}, clicks=clicks, pause_s=0.04
        )
    return await scene.verdict()


async def test_no_acked_click_is_lost_or_doubled_by_kills(stage, size, note, seed, database_url):
    visitors, clicks, kills = size(20, 6), size(500, 60), size(12, 4)
    scene = await stage(prospects=visitors, database_url=database_url)
    web = scene.installation.add_web().start()
    began = time.monotonic()
    verdict = await click_through_kills(scene, web, clicks=clicks, kills=kills)
    took, calm = time.monotonic() - began, scene.latencies()
    note(
        seed=seed, stored=verdict.stored, kills=len(scene.nemesis.done),
        resent=sum(tab.history.resends for tab in scene.tabs), answers=scene.answers, lost=len(verdict.lost),
        doubled=len(verdict.doubled), disordered=len(verdict.disordered),
        calm_ack_p50_ms=percentile_ms(calm, 0.5), calm_ack_p99_ms=percentile_ms(calm, 0.99),
        seconds=round(took),
    )  # fmt: skip
    assert verdict.wrong == {}
    assert [tab.refusals for tab in scene.tabs if tab.refusals] == []
    assert verdict.stored == verdict.promised == visitors * clicks
    assert len(scene.nemesis.done) == kills
    assert database_url or is_whole(scene.installation.folder / DATABASE)


def is_whole(file):
    """Whether SQLite finds nothing wrong with a database that was killed so often."""
    with contextlib.closing(sqlite3.connect(file)) as db:
        return db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
