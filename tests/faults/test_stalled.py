"""F13: consoles that stop reading cost nobody anything, and come back to everything."""

import asyncio
import socket

import aiohttp
import pytest
import pytest_asyncio

from tests.faults.stage import percentile_ms
from tests.faults.watching import Console

pytestmark = pytest.mark.no_database
MOST_GROWTH = 20_000_000
SMALL_BUFFER = 16_384
VISITORS, CLICKS = 60, 190
"""Enough to fill what the system itself keeps for a socket (4 MB) and the megabyte beyond."""


def small_socket(address):
    """A socket whose receiving end holds little, so that who sends notices early."""
    made = socket.socket(family=address[0], type=address[1], proto=address[2])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    return made


@pytest_asyncio.fixture
async def narrow():
    """What stalled consoles connect with."""
    connector = aiohttp.TCPConnector(limit=0, socket_factory=small_socket)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


async def test_stalled_consoles_are_let_go_and_catch_up(stage, narrow, size, note, seed):
    stalled_count = size(20, 4)
    scene = await stage(prospects=VISITORS, consoles=stalled_count + 1, VISIT_SILENCE_S="3600")
    web = scene.installation.add_web().start()
    doors = scene.people.consoles
    (healthy,) = scene.consoles = [Console(scene.http, web.url, *doors[0]).start()]
    scene.open_tabs(web.url, padding=70)
    stalled = [
        Console(scene.http, web.url, *door, socket_http=narrow).start() for door in doors[1:]
    ]
    await asyncio.gather(*(console.listening() for console in [healthy, *stalled]))
    await click_all(scene, 10)
    alone = percentile_ms(delays(scene, healthy), 0.95)
    before, heard = web.memory, healthy.line.received
    lines = [console.line for console in stalled]
    for line in lines:
        line.stall()
    watching = asyncio.create_task(highest(web))
    await click_all(scene, CLICKS)
    together = percentile_ms(delays(scene, healthy), 0.95)
    growth = await stop_watching(watching) - before
    told = (healthy.line.received - heard) * stalled_count
    for line in lines:
        line.resume()
    await asyncio.gather(*(asyncio.wait_for(line.closed.wait(), 30) for line in lines))
    verdict = await scene.verdict()
    scene.consoles += stalled
    took, watched = await scene.watched(within_s=60)
    note(
        seed=seed, stalled=stalled_count, told_mb=round(told / 1e6, 1),
        memory_grew_mb=round(growth / 1e6, 1), healthy_p95_ms=alone,
        healthy_p95_ms_meanwhile=together, back_after_s=round(took, 1),
    )  # fmt: skip
    await asyncio.gather(*(console.stop() for console in stalled))
    scene.consoles = [healthy]
    assert verdict.wrong == {}
    assert [each.wrong for each in watched if each.wrong] == []
    assert growth < MOST_GROWTH


async def click_all(scene, clicks):
    await asyncio.gather(*(tab.click_on(clicks, pause_s=0.015) for tab in scene.tabs))
    await scene.settled()


def delays(scene, console):
    """Seconds from each click to its row on a console."""
    return [
        console.shown_at[mark] - done.invoked_at
        for history in scene.histories
        for mark, done in history.operations.items()
        if mark in console.shown_at
    ]


async def highest(web):
    """Return the most memory a process had, when cancelled."""
    most = web.memory
    try:
        while True:
            await asyncio.sleep(0.1)
            most = max(most, web.memory)
    except asyncio.CancelledError:
        return most


async def stop_watching(task):
    task.cancel()
    return await task
