"""A console as the browser behaves: rows come by socket, and whatever was missed is fetched."""

import asyncio
import random
import re
from time import monotonic

from tests.faults.line import LOST, Client, Line, RefusedError

ROW = re.compile(r'<li data-seq="(\d+)".*?class="act-text">([^<]*)', re.DOTALL)
CARD = re.compile(r'data-visit="([0-9a-f-]{36})"(.*?)</article>', re.DOTALL)
MOST_CARDS = 100
REDRAW_S = 3
MARK = re.compile("\u201c(.*?)\u201d")
PAGE = 500
COOKIE = "session"


def read_rows(html):
    """Return the rows of a piece of a feed: [(seq, mark)]."""
    return [(int(seq), read_mark(text)) for seq, text in ROW.findall(html)]


def read_mark(text):
    """Return the mark of what was clicked: the first word between the quotation marks."""
    return (MARK.findall(text) or [text])[0].split()[0]


class Console(Client):
    """One rep's console. It shows whole trails: `shown` maps a visit to its rows, as they came.

    Like the page it shows so many visits at a time and leaves out the others, and draws all of
    them again at most once in a while.
    """

    def __init__(self, http, url, cookie, page, *, seed=0, socket_http=None):
        super().__init__()
        self.http, self.url, self.page = http, url, page
        self.socket_http = socket_http or http
        self.headers = {"Cookie": f"{COOKIE}={cookie}"}
        self.chance = random.Random(f"console {seed}")
        self.shown = {}
        self.shown_at = {}
        self.ended = set()
        self.pushed = self.fetched = self.overlapping = self.failures = 0
        self._work = asyncio.Queue()
        self._redraws_at = None

    @property
    def duties(self):
        return self._keep_line, self._keep_up

    async def listening(self):
        """Wait until the socket is open and what was missed is drawn."""
        async with asyncio.timeout(60):
            while self.line is None or not self._work.empty():
                self.demand_alive()
                await asyncio.sleep(0.02)

    def last(self, visit):
        rows = self.shown.get(visit)
        return rows[-1][0] if rows else 0

    async def _keep_line(self):
        delay = 0.3
        while True:
            line = Line(
                self.socket_http, self.url, "/console", headers=self.headers, hear=self._hear
            )
            try:
                await line.open({"page": self.page})
            except (RefusedError, *LOST):
                await asyncio.sleep(delay * self.chance.uniform(0.5, 1.5))
                delay = min(5, delay * 2)
                continue
            self.line, delay = line, 0.3
            self._work.put_nowait(("connect", None))
            await line.closed.wait()
            self.line = None
            await asyncio.sleep(delay * self.chance.uniform(0.5, 1.5))

    def _hear(self, event, message):
        self._work.put_nowait((event, message))

    async def _keep_up(self):
        """Do what is to be done one after the other; what fails is left for the next chance."""
        while True:
            event, message = await self._work.get()
            try:
                await self._do(event, message)
            except (ValueError, *LOST):
                self.failures += 1

    async def _do(self, event, message):
        if event == "connect":
            await self._redraw()
        elif event == "visit-began":
            if message["visit"] in self.shown or not self._is_full():
                self.shown.setdefault(message["visit"], [])
                self._append(message["visit"], read_rows(message["html"]), is_push=True)
        elif event == "redraw":
            self._redraws_at = None
            await self._redraw()
        elif event == "visit-acted":
            await self._acted(message)
        elif event == "visit-ended":
            self.ended.add(message["visit"])

    async def _acted(self, message):
        visit = message["visit"]
        if visit not in self.shown:
            self._redraw_soon()
        elif message["from_seq"] > self.last(visit) + 1:
            await self._catch_up(visit)
        else:
            rows = [(act["seq"], read_mark(act["text"])) for act in message["acts"]]
            self._append(visit, rows, is_push=True)

    async def _redraw(self):
        """Draw what is live now, and what happened to those who were live before."""
        live = dict(CARD.findall(await self._text("/console/live")))
        for visit, card in live.items():
            if visit not in self.shown and self._is_full():
                continue
            rows = read_rows(card)
            self.shown.setdefault(visit, [])
            if rows and rows[0][0] > self.last(visit) + 1:
                await self._catch_up(visit)
            self._append(visit, rows)
        for visit in [visit for visit in self.shown if visit not in live]:
            await self._catch_up(visit)

    def _is_full(self):
        return len(self.shown) - len(self.ended) >= MOST_CARDS

    def _redraw_soon(self):
        if self._redraws_at is None and not self._is_full():
            loop = asyncio.get_running_loop()
            self._redraws_at = loop.call_later(REDRAW_S, self._work.put_nowait, ("redraw", None))

    async def _catch_up(self, visit):
        """Fetch the rows above the last one shown, page by page."""
        while True:
            html = await self._text(f"/console/visits/{visit}/acts?after={self.last(visit)}")
            if self._append(visit, read_rows(html)) < PAGE:
                return

    def _append(self, visit, found, *, is_push=False):
        rows = self.shown[visit]
        for seq, mark in found:
            if seq <= self.last(visit):
                self.overlapping += is_push
                continue
            rows.append((seq, mark))
            self.shown_at[mark] = monotonic()
            self.pushed += is_push
            self.fetched += not is_push
        return len(found)

    async def _text(self, path):
        headers = {**self.headers, "HX-Request": "true"}
        async with asyncio.timeout(20):
            async with self.http.get(self.url + path, headers=headers) as response:
                if response.status != 200:
                    raise ValueError(f"{path} answered {response.status}")
                return await response.text()
