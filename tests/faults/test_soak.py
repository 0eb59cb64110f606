"""F22: for half an hour (SOAK_S seconds) nothing grows, nothing stalls, nothing is forgotten.

Collected by `make soak` only.
"""

import asyncio
import os
import re
import time

import pytest

from tests.faults.stage import percentile_ms

pytestmark = pytest.mark.no_database
SOAK_S = float(os.environ.get("SOAK_S", "1800"))
SAMPLES, WARM_SHARE = 200, 0.2
"""The first part of the time does not count: caches fill, tables grow their first pages."""
MOST_GROWTH = 10_000_000
STALLS = re.compile(r'^rapport_loop_lag_seconds_(?:bucket{le="0.25"}|count) (\S+)', re.MULTILINE)
"""How many looks at the event loop there were that found it at most 250 ms late, and how many."""
NEVER_SAID = ("Task exception was never retrieved", "Unclosed", "Traceback")


async def test_half_an_hour_under_load_leaves_no_trace(stage, http, note, seed):
    scene = await stage(prospects=40, consoles=5)
    web = scene.installation.add_web().start()
    consoles = scene.open_consoles(web.url)
    tabs = scene.open_tabs(web.url)
    until = time.monotonic() + SOAK_S
    samples, stalls = [], []

    async def count_stalls():
        async with http.get(f"{web.url}/metrics") as response:
            quick, looks = map(float, STALLS.findall(await response.text()))
        stalls.append(int(looks - quick))

    async def live(tab):
        """Click for a while, lose the line, come back; again and again."""
        while time.monotonic() < until:
            await tab.click_on(tab.chance.randint(10, 60), pause_s=0.4)
            if tab.line is not None and tab.chance.random() < 0.2:
                tab.line.hang_up()

    async def watch():
        while time.monotonic() < until:
            samples.append((web.memory, web.descriptors))
            if len(samples) == int(SAMPLES * WARM_SHARE):
                await count_stalls()
            await asyncio.sleep(SOAK_S / SAMPLES)

    await asyncio.gather(watch(), *(live(tab) for tab in tabs))
    await scene.settled()
    await count_stalls()
    verdict = await scene.verdict()
    _, watched = await scene.watched(within_s=10)
    warm = samples[int(len(samples) * WARM_SHARE) :]
    tenth = max(1, len(warm) // 10)
    memory = [sum(each[0] for each in part) / tenth for part in (warm[:tenth], warm[-tenth:])]
    files = [max(each[1] for each in part) for part in (warm[:tenth], warm[-tenth:])]
    note(
        seed=seed, minutes=round(SOAK_S / 60), stored=verdict.stored,
        memory_mb=[round(each / 1e6, 1) for each in memory], descriptors=files,
        stalls_over_250_ms=stalls[-1] - stalls[0], pushed=sum(each.pushed for each in consoles),
        ack_p95_ms=percentile_ms(scene.latencies(), 0.95),
    )  # fmt: skip
    assert verdict.wrong == {}
    assert [each.wrong for each in watched if each.wrong] == []
    assert [words for words in NEVER_SAID if words in web.said] == []
    assert memory[1] - memory[0] < MOST_GROWTH
    assert files[1] - files[0] < 20
    assert stalls[-1] == stalls[0]
