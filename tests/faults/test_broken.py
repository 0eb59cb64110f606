"""The suite is tested too: a server with one of four classic mistakes does not get past it."""

import asyncio

import pytest

from tests.faults.test_clicks import click_through_kills
from tests.servers import free_port

pytestmark = pytest.mark.no_database
LAUNCH = "tests.faults.launch"
LATEST_S = 5


def broken(name):
    """How a server with a defect is started; without one, the right server."""
    return ("-m", LAUNCH, name) if name else ()


async def test_an_ack_before_the_commit_is_found(stage):
    scene = await stage(prospects=6)
    web = scene.installation.add_web(*broken("ack-before-commit")).start()
    verdict = await click_through_kills(scene, web, clicks=30, kills=2)
    assert set(verdict.wrong) >= {"lost"}


async def test_a_missing_unique_key_is_found(stage, proxies):
    scene = await stage(prospects=6)
    web = scene.installation.add_web(*broken("no-unique-key")).start()
    proxy = await proxies(web.port)
    scene.open_tabs(proxy.url, patience_s=1)
    async with asyncio.timeout(60):
        await scene.break_while_clicking(
            {"lose answers": 2}, {"lose answers": lambda _fault: proxy.lose_answers(0.3)},
            clicks=30, pause_s=0.05,
        )  # fmt: skip
    verdict = await scene.verdict()
    assert set(verdict.wrong) >= {"doubled", "gaps"}


@pytest.mark.parametrize("defect", ["", "redis-only"])
async def test_a_fan_out_that_trusts_redis_is_found(
    stage, proxies, defect, note, redis_server, postgres_server
):
    scene = await stage(
        prospects=4, consoles=2, database_url=postgres_server.make_database(f"tail_{free_port()}"),
        redis_url=redis_server.url, VISIT_SILENCE_S="3600",
    )  # fmt: skip
    to_redis = await proxies(redis_server.port)
    telling = scene.installation.add_web(*broken(defect))
    hearing = scene.installation.add_web(
        *broken(defect), REDIS_URL=f"redis://127.0.0.1:{to_redis.port}/0"
    )
    await asyncio.gather(*(asyncio.to_thread(web.start) for web in (telling, hearing)))
    scene.open_consoles(hearing.url)
    await asyncio.gather(*(console.listening() for console in scene.consoles))
    tabs = scene.open_tabs(telling.url)
    async with asyncio.timeout(60):
        await click_all(tabs)
        await scene.verdict()
        _, watched = await scene.watched(within_s=LATEST_S)
        assert [each.wrong for each in watched if each.wrong] == []
        async with to_redis.closed():
            await click_all(tabs)
    verdict = await scene.verdict()
    took, watched = await scene.watched(within_s=LATEST_S)
    note(defect=defect or "none", consoles_after_s=round(took, 2))
    assert verdict.wrong == {}
    assert any(each.lost for each in watched) is bool(defect)


async def click_all(tabs):
    """Let everybody click a few times, and wait until that is stored."""
    await asyncio.gather(*(tab.click_on(5, pause_s=0.02) for tab in tabs))
    await asyncio.gather(*(tab.settled() for tab in tabs))
