"""F11: asked to stop under load, a server leaves in time and keeps its word."""

import asyncio

import pytest

pytestmark = pytest.mark.no_database
GONE_WITHIN_S = 15


async def test_a_stop_under_load_loses_nothing_that_was_acked(stage, size, note):
    visitors, clicks = size(20, 6), size(200, 60)
    scene = await stage(prospects=visitors)
    web = scene.installation.add_web().start()
    scene.open_tabs(web.url)
    stops = []

    async def stop(_fault):
        stops.append(await asyncio.to_thread(web.stop))
        await asyncio.to_thread(web.start)

    async with asyncio.timeout(120):
        await scene.break_while_clicking(
            {"stop": size(3, 1)}, {"stop": stop}, clicks=clicks, pause_s=0.1
        )
    verdict = await scene.verdict()
    note(
        stored=verdict.stored, lost=len(verdict.lost), doubled=len(verdict.doubled),
        exits=[code for code, _ in stops], seconds=[round(took, 1) for _, took in stops],
    )  # fmt: skip
    assert verdict.wrong == {}
    assert verdict.stored == verdict.promised == visitors * clicks
    assert [code for code, _ in stops] == [0] * len(stops)
    assert max(took for _, took in stops) < GONE_WITHIN_S
