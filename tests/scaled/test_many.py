"""Two web processes behind a proxy: whoever asks whichever gets the same, also while one stops or dies."""

import asyncio
from uuid import uuid4

import aiohttp
import pytest

from tests.faults.checker import Outcome, check_acts, check_console
from tests.faults.clients import Visitor
from tests.faults.line import Line
from tests.faults.people import read_trails, settle_people
from tests.faults.watching import COOKIE, Console

pytestmark = pytest.mark.no_database

WITHIN_S = 15
"""A process that was asked to stop is gone by then."""
GONE_WITHIN_S = 45
"""Silence of half a minute, and what a busy machine adds."""


class Stream:
    """People who read pages all the while; keeps every answer that was none."""

    PATHS = ("/sign-in", "/c/ledgerline", "/healthz", "/static/none")

    def __init__(self, http, url):
        self.http, self.url = http, url
        self.failures, self.answers, self.is_over = [], 0, False

    async def run(self):
        for nth in range(1_000_000):
            if self.is_over:
                return
            await self._ask(self.PATHS[nth % len(self.PATHS)])

    async def _ask(self, path):
        try:
            async with self.http.get(self.url + path) as answer:
                await answer.read()
                self.answers += 1
                if answer.status >= 500:
                    self.failures.append((path, answer.status))
        except (aiohttp.ClientError, OSError) as error:
            self.failures.append((path, repr(error)))
        await asyncio.sleep(0.01)


class Poster(Visitor):
    """A visitor where websockets are blocked: every act is a request, and each one is counted."""

    def start(self):
        self.posts = True
        self._tasks = [asyncio.create_task(self._keep_sending())]
        return self


async def people_of(server, **numbers):
    return await settle_people(server.database_url, **numbers)


async def trails_of(server, tabs):
    """What is stored of these visitors' visits."""
    own = {visit for tab in tabs for visit in tab.history.visits}
    return {
        visit: rows
        for visit, rows in (await read_trails(server.database_url)).items()
        if visit in own
    }


async def test_a_console_on_one_process_sees_who_is_on_the_other(server, http):
    people = await people_of(server, prospects=1, consoles=1)
    cookie, page = people.consoles[0]
    heard = asyncio.Queue()
    console = Line(
        http, server.url_of("web-2"), "/console", headers={"Cookie": f"{COOKIE}={cookie}"},
        hear=lambda event, message: heard.put_nowait((event, message)),
    )  # fmt: skip
    await console.open({"page": page})

    async def told(event):
        async with asyncio.timeout(10):
            while (said := await heard.get())[0] != event:
                pass
            return said[1]

    visit = str(uuid4())
    tab = Line(http, server.url_of("web-1"), "/visitors")
    await tab.open({"page": people.pages[0], "visit": visit})
    assert (await told("visit-began"))["visit"] == visit
    act = {
        "seq": 1,
        "kind": "clicked",
        "name": "link",
        "target": "one",
        "details": {"label": "One"},
    }
    answer = await tab.call("acts", {"acts": [act | {"at": "2026-01-05T09:00:00+00:00"}]})
    assert answer["ok"]
    assert (await told("visit-acted"))["to_seq"] == 1
    await tab.close()
    assert await told("visit-presence") == {"visit": visit, "state": "away"}
    again = Line(http, server.url_of("web-2"), "/visitors")
    await again.open({"page": people.pages[0], "visit": visit})
    assert await told("visit-presence") == {"visit": visit, "state": "here"}
    third = Line(http, server.url_of("web-1"), "/visitors")
    await third.open({"page": people.pages[0], "visit": visit})
    await again.close()
    assert await third.call("here", {}) == {"ok": True, "last": 1}
    async with http.get(
        server.url_of("web-2") + "/console/live",
        headers={"Cookie": f"{COOKIE}={cookie}", "HX-Request": "true"},
    ) as shown:
        card = (await shown.text()).split(f'data-visit="{visit}"')[1]
    assert 'data-presence="here"' in card[:300]
    await third.close()
    await console.close()


async def test_visitors_of_a_killed_process_come_back_through_the_other(server, http, crowd):
    await server.all_in()
    people = await people_of(server, prospects=6, consoles=1)
    tabs = [
        crowd.add(Visitor(http, server.url, page, f"k{number}").start())
        for number, page in enumerate(people.pages)
    ]
    console = crowd.add(Console(http, server.url_of("web-2"), *people.consoles[0]).start())
    async with asyncio.timeout(60):
        await console.listening()
        await asyncio.gather(*(tab.click_on(20, pause_s=0.02) for tab in tabs))
        await asyncio.gather(*(tab.settled() for tab in tabs))
    gone = tabs[0].visit
    closing = asyncio.create_task(tabs[0].stop())
    await asyncio.to_thread(server.kill, "web-1")
    await closing
    stay = tabs[1:]
    await asyncio.gather(*(tab.click_on(20, pause_s=0.02) for tab in stay))
    async with asyncio.timeout(60):
        await asyncio.gather(*(tab.settled() for tab in stay))
    async with asyncio.timeout(GONE_WITHIN_S):
        while gone not in console.ended:  # noqa: ASYNC110  the console hears when it hears
            await asyncio.sleep(0.1)
    assert not console.ended & {tab.visit for tab in stay}
    assert all(tab.line is not None for tab in stay)
    trails = await trails_of(server, tabs)
    assert check_acts([tab.history for tab in tabs], trails).wrong == {}
    assert sum(len(rows) for rows in trails.values()) == 20 + 5 * 40


async def test_a_rolling_restart_fails_no_request_and_loses_no_act(server, http, crowd):
    await server.all_in()
    people = await people_of(server, prospects=8, consoles=1)
    tabs = [
        crowd.add(kind(http, server.url, page, f"r{number}").start())
        for number, (kind, page) in enumerate(
            zip([Visitor, Visitor, Visitor, Poster] * 2, people.pages, strict=True)
        )
    ]
    console = crowd.add(Console(http, server.url, *people.consoles[0]).start())
    stream = Stream(http, server.url)
    readers = [asyncio.create_task(stream.run()) for _ in range(4)]
    clicking = [asyncio.create_task(tab.click_on(400, pause_s=0.05)) for tab in tabs]
    ends = []
    for name in ("web-1", "web-2"):
        async with asyncio.timeout(WITHIN_S):
            ends.append(await server.restart(name))
        await server.all_in()
    async with asyncio.timeout(120):
        await asyncio.gather(*clicking)
        await asyncio.gather(*(tab.settled() for tab in tabs))
    stream.is_over = True
    await asyncio.gather(*readers)
    assert stream.failures == []
    assert stream.answers > 100
    assert [tab.history.answers["none"] for tab in tabs if isinstance(tab, Poster)] == [0, 0]
    assert ends == [0, 0]
    trails = await trails_of(server, tabs)
    verdict = check_acts([tab.history for tab in tabs], trails)
    assert verdict.wrong == {}
    assert verdict.promised == 8 * 400
    assert [each.count(Outcome.UNKNOWN) for each in (tab.history for tab in tabs)] == [0] * 8
    async with asyncio.timeout(20):
        while check_console(console.shown, trails).wrong:  # noqa: ASYNC110
            await asyncio.sleep(0.2)


async def test_all_of_it_stops_in_order(tmp_path, server):
    """The last word of this file: the worker, the web processes and the proxy all leave with 0."""
    await server.all_in()
    pids = {name: server.pid(name) for name in ("web-1", "web-2", "worker")}
    assert await asyncio.to_thread(server.stop) == 0
    said = server.log.read_text().splitlines()
    assert [f"{name} ended with 0" for name in pids if f"{name} ended with 0" not in said] == []
