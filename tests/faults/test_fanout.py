"""F2 and F3: two web processes, and everything around them fails; consoles miss nothing."""

import asyncio
import time

import pytest

from tests.faults.stage import percentile_ms
from tests.servers import free_port

pytestmark = pytest.mark.no_database
CUTS = ("reset", "black_hole", "half_open", "lose_answers")
LATEST_S = 5
"""After the last fault, within which consoles show everything."""


async def come_back(server, for_s):
    """Kill a data server and start it again a moment later."""
    server.kill()
    await asyncio.sleep(for_s)
    await asyncio.to_thread(server.start)


async def test_consoles_on_two_processes_show_every_act_once_and_in_order(
    stage, proxies, size, note, seed, postgres_server, redis_server
):
    visitors, clicks, black_s = size(20, 6), size(500, 50), size(10.0, 1.0)
    kills, losses, cuts = size(12, 2), size(5, 1), size(5, 1)
    to_redis = await proxies(redis_server.port)
    scene = await stage(
        prospects=visitors, consoles=5,
        database_url=postgres_server.make_database(f"fanout_{free_port()}"),
        redis_url=f"redis://127.0.0.1:{to_redis.port}/0", VISIT_SILENCE_S="3600",
    )  # fmt: skip
    webs = [scene.installation.add_web() for _ in range(2)]
    await asyncio.gather(*(asyncio.to_thread(web.start) for web in webs))
    to_visitors, to_consoles = [await proxies(*(web.port for web in webs)) for _ in range(2)]
    places = {"visitors": to_visitors, "consoles": to_consoles, "redis": to_redis}
    deeds = {
        "kill first": lambda fault: webs[0].restart(after_s=fault.for_s),
        "kill second": lambda fault: webs[1].restart(after_s=fault.for_s),
        "kill redis": lambda fault: come_back(redis_server, fault.for_s),
        "kill postgresql": lambda fault: come_back(postgres_server, fault.for_s),
        **{cut: lambda fault: getattr(places[fault.where], fault.name)(fault.for_s * black_s)
           for cut in CUTS},
    }  # fmt: skip
    counts = {"kill first": kills // 2, "kill second": kills // 2, "kill redis": losses,
              "kill postgresql": losses} | dict.fromkeys(CUTS, cuts)  # fmt: skip
    consoles = scene.open_consoles(to_consoles.url)
    await asyncio.gather(*(console.listening() for console in consoles))
    scene.open_tabs(to_visitors.url)
    began = time.monotonic()
    async with asyncio.timeout(size(420, 120)):
        await scene.break_while_clicking(
            counts, deeds, clicks=clicks, pause_s=size(0.15, 0.1), places=tuple(places)
        )
    verdict = await scene.verdict()
    took, watched = await scene.watched(within_s=LATEST_S)
    note(
        seed=seed, stored=verdict.stored, faults=len(scene.nemesis.done), answers=scene.answers, lost=len(verdict.lost),
        doubled=len(verdict.doubled), disordered=len(verdict.disordered),
        consoles_lost=sum(len(each.lost) for each in watched),
        consoles_doubled=sum(len(each.doubled) for each in watched),
        consoles_disordered=sum(len(each.disordered) for each in watched),
        pushed=sum(console.pushed for console in consoles),
        fetched=sum(console.fetched for console in consoles), consoles_after_s=round(took, 2),
        calm_ack_p99_ms=percentile_ms(scene.latencies(), 0.99),
        seconds=round(time.monotonic() - began),
    )  # fmt: skip
    assert verdict.wrong == {}
    assert [each.wrong for each in watched if each.wrong] == []
    assert verdict.stored == verdict.promised == visitors * clicks
    assert [tab.refusals for tab in scene.tabs if tab.refusals] == []
