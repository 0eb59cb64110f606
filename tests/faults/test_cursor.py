"""F4: numbers are given when a row is written, and rows appear when they are committed.

On PostgreSQL those are two orders: whoever asks for "numbers above the last I saw" skips what
was written early and committed late.
"""

import asyncio

import asyncpg
import pytest

from tests.faults.test_broken import LATEST_S, broken
from tests.servers import free_port

pytestmark = pytest.mark.no_database
SLOW_COMMITS = """
CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('faults.dawdled', true), '') = '' THEN
        PERFORM set_config('faults.dawdled', 'yes', true);
        PERFORM pg_sleep(random() * 0.6);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON acts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION dawdle();
"""
"""Each transaction that stores acts takes its time after they have their numbers."""


async def make_commits_slow(database_url):
    """Let transactions commit in another order than they began in."""
    line = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    await line.execute(SLOW_COMMITS)
    await line.close()


@pytest.mark.parametrize("defect", ["", "cursor-by-bare-id"])
async def test_consoles_skip_nothing_that_was_committed_late(
    stage, size, note, seed, defect, postgres_server
):
    scene = await stage(
        prospects=50, consoles=2, VISIT_SILENCE_S="3600",
        database_url=postgres_server.make_database(f"cursor_{free_port()}"),
    )  # fmt: skip
    await make_commits_slow(scene.installation.database_url)
    watched_web, *writers = [scene.installation.add_web(*broken(defect)) for _ in range(3)]
    await asyncio.gather(*(asyncio.to_thread(web.start) for web in scene.installation.webs))
    scene.open_consoles(watched_web.url)
    await asyncio.gather(*(console.listening() for console in scene.consoles))
    tabs = scene.open_tabs(*(web.url for web in writers))
    async with asyncio.timeout(120):
        await asyncio.gather(
            *(tab.click_on(tab.chance.randint(5, size(60, 12)), pause_s=0.2) for tab in tabs)
        )
        await scene.settled()
    verdict = await scene.verdict()
    took, watched = await scene.watched(within_s=LATEST_S)
    skipped = [len(each.lost) for each in watched]
    note(
        seed=seed, defect=defect or "none", stored=verdict.stored, consoles_after_s=round(took, 2),
        skipped=skipped,
    )  # fmt: skip
    assert verdict.wrong == {}
    assert any(skipped) is bool(defect)
    assert max(skipped) < verdict.stored / 2
