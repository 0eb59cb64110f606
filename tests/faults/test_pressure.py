"""F14: one browser that sends far too much is slowed, and nobody else feels it."""

import asyncio
import time
from datetime import UTC, datetime

import pytest

from tests.faults.checker import History, Outcome, check_acts
from tests.faults.line import Client, Line
from tests.faults.people import read_trails
from tests.faults.stage import percentile_ms

pytestmark = pytest.mark.no_database
FRAME, FRAMES_PER_SECOND = 100, 50
PATIENCE = 3
"""So many times longer the others' slowest acks may take, and then still 100 ms."""


class Flooder(Client):
    """A script that sends 5,000 acts a second and does not care what it is told."""

    def __init__(self, http, url, page, visit):
        super().__init__()
        self.http, self.url, self.page = http, url, page
        self.history = History("flood", visits=[visit])
        self.last = self.sent = 0
        self._asking = set()

    @property
    def duties(self):
        return (self._flood,)

    async def _flood(self):
        self.line = Line(self.http, self.url, "/visitors")
        await self.line.open({"page": self.page, "visit": self.history.visits[0]})
        while not self.line.closed.is_set():
            task = asyncio.create_task(self._send(self.last + 1))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            await asyncio.sleep(1 / FRAMES_PER_SECOND)

    async def _send(self, first):
        at, acts = datetime.now(UTC).isoformat(), []
        for seq in range(first, first + FRAME):
            mark = f"flood-{seq}"
            if mark not in self.history.operations:
                self.history.invoke(mark)
            acts.append({"seq": seq, "kind": "clicked", "name": "link", "target": mark, "at": at})
        self.sent += len(acts)
        answer = await self.line.call("acts", {"acts": acts})
        self.history.answers["none" if answer is None else answer.get("error", "ok")] += 1
        if answer is not None and answer["ok"]:
            self.last = max(self.last, answer["last"])
            for act in acts:
                self.history.settle(act["target"], Outcome.OK)


async def test_a_flood_is_slowed_and_others_keep_their_latency(stage, http, size, note):
    scene = await stage(prospects=11)
    web = scene.installation.add_web().start()
    flooding_page = scene.people.pages.pop()
    tabs, seconds = scene.open_tabs(web.url), size(20, 3)

    async def click_for_a_while():
        before = {mark for each in scene.histories for mark in each.operations}
        await asyncio.gather(*(tab.click_on(seconds * 10, pause_s=0.1) for tab in tabs))
        await scene.settled()
        return [
            done.ended_at - done.invoked_at
            for each in scene.histories
            for mark, done in each.operations.items()
            if mark not in before
        ]

    await click_for_a_while()
    calm = percentile_ms(await click_for_a_while(), 0.95)
    flood = Flooder(http, web.url, flooding_page, "00000000-0000-4000-8000-000000000001").start()
    began = time.monotonic()
    flooded = percentile_ms(await click_for_a_while(), 0.95)
    lasted = time.monotonic() - began
    await flood.stop()
    trails = await read_trails(scene.installation.database_url)
    verdict = check_acts([*scene.histories, flood.history], trails)
    stored = len(trails[flood.history.visits[0]])
    note(
        sent_per_second=round(flood.sent / lasted), stored_per_second=round(stored / lasted),
        slowed=flood.history.answers["slow-down"], others_p95_ms=calm,
        others_p95_ms_meanwhile=flooded,
    )  # fmt: skip
    assert verdict.wrong == {}
    assert flood.history.answers["slow-down"] > 0
    assert stored <= 200 + 50 * (lasted + 1)
    assert flooded <= PATIENCE * calm + 100
