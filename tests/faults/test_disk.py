"""F15: when there is no room left, nothing is acked that is not stored; all else goes on."""

import asyncio

import pytest

from tests.faults.people import read_trails

pytestmark = pytest.mark.no_database
ROOM = 100_000


async def test_a_full_disk_stops_acks_and_nothing_else(stage, note):
    scene = await stage(prospects=6, consoles=1, VISIT_SILENCE_S="3600")
    web = scene.installation.add_web().start()
    (console,) = scene.open_consoles(web.url)
    tabs = scene.open_tabs(web.url)
    await console.listening()
    files = scene.installation.folder
    async with asyncio.timeout(60):
        clicking = [asyncio.create_task(tab.click_on(200, pause_s=0.03)) for tab in tabs]
        while scene.promised < 100:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        largest = max(file.stat().st_size for file in files.iterdir() if file.is_file())
        web.limit_files(largest + ROOM)
        while not is_full(tabs):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        promised = scene.promised
        await asyncio.sleep(2)
        kept = sum(map(len, (await read_trails(scene.installation.database_url)).values()))
        promised_meanwhile = scene.promised - promised
        pages = [await status(scene.http, web.url + path) for path in ("/readyz", "/sign-in")]
        await console._text("/console/live")
        web.limit_files(None)
        await asyncio.gather(*clicking)
        await scene.settled()
    verdict = await scene.verdict()
    took, watched = await scene.watched(within_s=5)
    refused = {name for tab in tabs for name in tab.history.answers}
    note(
        promised_at_full=promised, stored_at_full=kept, promised_while_full=promised_meanwhile,
        stored_at_the_end=verdict.stored, console_s=round(took, 2), answers=sorted(refused),
    )  # fmt: skip
    assert verdict.wrong == {}
    assert verdict.stored == verdict.promised == 6 * 200
    assert [each.wrong for each in watched if each.wrong] == []
    assert kept >= promised + promised_meanwhile
    assert pages[1] == 200
    assert web.is_running


def is_full(tabs):
    """Whether everybody was refused for want of room."""
    return all(tab.history.answers["not-stored"] for tab in tabs)


async def status(http, url):
    async with http.get(url) as response:
        return response.status
