"""A visitor as the browser behaves, towards a server that comes and goes."""

import asyncio
import math
import random
from collections import deque
from datetime import UTC, datetime
from itertools import islice
from uuid import uuid4

from tests.faults.checker import History, Outcome
from tests.faults.line import LOST, Client, Line, RefusedError

BATCH = 50
ACK_S = 8
HEARTBEAT_S = 10
SLOWEST_S = 5
MOST_FLYING = 4
NEVER = {"malformed", "not-tracked", "invalid"}
OVER = {"no-consent", "not_found"}


class Visitor(Client):
    """One tab: it numbers acts, keeps them until they are acked, and sends again."""

    def __init__(self, http, url, page, name, *, seed=0, padding=0, patience_s=SLOWEST_S):
        super().__init__()
        self.http, self.url, self.page = http, url, page
        self.history = History(name)
        self.patience_s = patience_s
        self.padding = "\u754c" * padding
        self.name = "link".ljust(4 + min(padding, 50), "k")
        self.chance = random.Random(f"{seed} {name}")
        self.queue = deque()
        self.next = 1
        self.tries = self.flying = self.epoch = self.sent_to = 0
        self.sent = set()
        self.is_shut = self.is_paused = False
        self.refusals = []
        self.posts = False
        self._news = asyncio.Event()
        self._begin_visit()

    @property
    def duties(self):
        return self._keep_line, self._keep_sending

    def click(self):
        """Do something; it goes out as soon as it can."""
        mark = f"{self.history.who}-{len(self.history.operations) + 1}"
        self.history.invoke(mark)
        at = datetime.now(UTC).isoformat()
        act = {"kind": "clicked", "name": self.name, "target": mark, "at": at}
        self.queue.append(act | {"details": {"label": f"{mark} {self.padding}"}})
        self._news.set()

    async def click_on(self, count, *, pause_s):
        """Click so many times, at random moments."""
        for _ in range(count):
            self.click()
            await asyncio.sleep(self.chance.uniform(0, 2 * pause_s))

    async def settled(self):
        """Wait until nothing is left to send."""
        while self.queue and not self.is_shut:
            self.demand_alive()
            await asyncio.sleep(0.02)

    def _begin_visit(self):
        self.visit = str(uuid4())
        self.history.visits.append(self.visit)

    async def _keep_line(self):
        """Hold a socket open, whatever it takes; while there is none, posts carry the acts."""
        delay = 0.3
        while not self.is_shut:
            line = Line(self.http, self.url, "/visitors")
            try:
                await line.open({"page": self.page, "visit": self.visit})
            except RefusedError as refusal:
                self._refused(refusal.told)
            except LOST:
                self.posts = True
            else:
                self.line, self.posts, self.is_paused, delay = line, False, False, 0.3
                self._news.set()
                await self._until_closed(line)
                self.line = None
            self._news.set()
            await asyncio.sleep(delay * self.chance.uniform(0.5, 1.5))
            delay = min(self.patience_s, delay * 2)

    async def _until_closed(self, line):
        """Say `here` now and every ten seconds until the line ends."""
        while not line.closed.is_set():
            visit = self.visit
            answer = await line.call("here", {}, wait_s=ACK_S)
            if answer is None or visit != self.visit:
                pass
            elif answer["ok"]:
                self._learn(answer)
            else:
                self._refused(answer)
            try:
                await asyncio.wait_for(line.closed.wait(), HEARTBEAT_S)
            except TimeoutError:
                continue

    async def _keep_sending(self):
        """Send whatever may go out, up to four batches at once over a socket."""
        while not self.is_shut:
            await self._news.wait()
            self._news.clear()
            while batch := self._next_batch():
                self.flying += 1
                task = asyncio.create_task(self._carry(batch))
                self._tasks.append(task)
                task.add_done_callback(self._landed)

    def _next_batch(self):
        """Number what goes out next and return it; nothing while it has to wait."""
        if self.is_shut or self.is_paused or not (self.line or self.posts):
            return []
        if self.flying >= (MOST_FLYING if self.line else 1):
            return []
        waiting = (act for act in self.queue if act.get("seq", self.next) > self.sent_to)
        batch = list(islice(waiting, BATCH))
        for act in batch:
            self.history.resends += act["target"] in self.sent
            self.sent.add(act["target"])
            if "seq" not in act:
                act["seq"], self.next = self.next, self.next + 1
        if batch:
            self.sent_to = batch[-1]["seq"]
        return batch

    def _landed(self, task):
        self.flying -= 1
        self._news.set()
        if task.cancelled() or task.exception() is None:
            self._tasks.remove(task)

    async def _carry(self, batch):
        """Send a batch and do what the answer says; what failed in an older epoch is forgotten."""
        visit, epoch = self.visit, self.epoch
        answer = await self._ask(batch)
        self.history.answers["none" if answer is None else answer.get("error", "ok")] += 1
        if answer is not None and answer["ok"]:
            if visit == self.visit:
                self.tries = 0
                self._learn(answer)
        elif epoch == self.epoch:
            self.epoch, self.sent_to = self.epoch + 1, 0
            await self._stumble(answer or {"error": "none"})

    async def _stumble(self, answer):
        """Nothing of a batch was stored, or nobody knows: it comes again."""
        if answer["error"] == "gap":
            self._learn(answer)
            if self.queue and self.queue[0].get("seq") not in {None, answer["last"] + 1}:
                self._renumber(answer["last"] + 1)
        if answer["error"] in NEVER | OVER | {"visit-over"}:
            self._refused(answer)
            return
        wait_s = min(self.patience_s, 0.25 * 2 ** min(self.tries, 6)) * self.chance.uniform(0.5, 1)
        asked_s = answer.get("retry_ms", 0) / 1000 * self.chance.uniform(1, 1.25)
        if answer["error"] != "slow-down":
            self.tries += 1
            asked_s = max(asked_s, wait_s)
        self.is_paused = True
        await asyncio.sleep(asked_s)
        self.is_paused = False

    async def _ask(self, acts):
        if self.line is not None:
            return await self.line.call("acts", {"acts": acts}, wait_s=ACK_S)
        body = {"page": self.page, "visit": self.visit, "acts": acts}
        try:
            async with asyncio.timeout(ACK_S):
                async with self.http.post(f"{self.url}/t/acts", json=body) as response:
                    return await response.json(content_type=None)
        except (*LOST, ValueError):
            return None

    def _learn(self, answer):
        """Forget what is stored."""
        while self.queue and self.queue[0].get("seq", math.inf) <= answer["last"]:
            self.history.settle(self.queue.popleft()["target"], Outcome.OK)
        self.next = max(self.next, answer["last"] + 1)

    def _renumber(self, number):
        self.sent_to = 0
        for act in self.queue:
            act.pop("seq", None)
        self.next = number

    def _refused(self, answer):
        """Go on in a new visit, or stop for good."""
        error = answer["error"]
        if error == "visit-over":
            self._learn(answer)
            self.epoch += 1
            self._begin_visit()
            self._renumber(1)
            if self.line is not None:
                self.line.hang_up()
        elif error in NEVER | OVER:
            self.refusals.append(answer)
            self.is_shut = True
