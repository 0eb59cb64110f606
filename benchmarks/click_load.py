"""Visitors who click and a console that watches, as socket clients in one process."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from socketio import AsyncClient

from benchmarks.servers import Server
from benchmarks.visitors import OpenPage

VISITORS, CONSOLE = "/visitors", "/console"
SETTLE_S = 10.0
TARGETS = ("close-faster", "cut-cost", "pay-on-time", "grow-lean")

Click = tuple[str, int]
"""Visit and number: what names a click everywhere."""


@dataclass(slots=True)
class Turn:
    """What became of the clicks of one round; `acks` and `shown` hold seconds since sending."""

    expected: int
    sent: dict[Click, float] = field(default_factory=dict)
    acks: dict[Click, float] = field(default_factory=dict)
    shown: dict[Click, float] = field(default_factory=dict)
    repeated: int = 0
    cpu_s: float = 0.0

    settled: asyncio.Event = field(default_factory=asyncio.Event)

    def settle(self) -> None:
        """Wake who waits once every click was acknowledged and shown."""
        if self.expected == len(self.acks) == len(self.shown):
            self.settled.set()


@dataclass(slots=True)
class Visitor:
    """One open page: its socket, its visit, and the number of its last click."""

    client: AsyncClient
    visit: str
    seq: int = 0


class Peer:
    """A server with everybody connected to it."""

    def __init__(self, name: str, server: Server) -> None:
        self.name = name
        self._server = server
        self._turn = Turn(0)
        self._visitors: list[Visitor] = []
        self._console = AsyncClient(reconnection=False)

    async def connect(self, pages: list[OpenPage], console: OpenPage) -> None:
        """Open the console's socket, then one for every page."""
        self._console.on("visit-acted", self._show, namespace=CONSOLE)
        await self._open(self._console, CONSOLE, {"page": console.token}, console.cookie)
        for page in pages:
            visitor = Visitor(AsyncClient(reconnection=False), str(uuid4()))
            hello = {"page": page.token, "visit": visitor.visit}
            await self._open(visitor.client, VISITORS, hello, page.cookie)
            self._visitors.append(visitor)

    async def _open(
        self, client: AsyncClient, namespace: str, auth: dict[str, str], cookie: str
    ) -> None:
        """Open one socket."""
        await client.connect(
            self._server.url, headers={"Cookie": cookie}, auth=auth, namespaces=[namespace],
            transports=["websocket"], wait_timeout=10,
        )  # fmt: skip

    async def disconnect(self) -> None:
        """Close every socket."""
        for client in (*(visitor.client for visitor in self._visitors), self._console):
            await client.disconnect()

    async def click_for(self, seconds: float, rate: int) -> Turn:
        """Click `rate` times a second, visitor after visitor, and wait until all is settled."""
        self._turn = turn = Turn(round(rate * seconds))
        cpu_before, began = self._server.cpu_s(), time.perf_counter()
        for nth in range(turn.expected):
            await asyncio.sleep(max(0.0, began + nth / rate - time.perf_counter()))
            await self._click(self._visitors[nth % len(self._visitors)])
        with suppress(TimeoutError):
            await asyncio.wait_for(turn.settled.wait(), SETTLE_S)
        turn.cpu_s = self._server.cpu_s() - cpu_before
        return turn

    async def _click(self, visitor: Visitor) -> None:
        """Send one click; whoever answers finds it by visit and number."""
        visitor.seq += 1
        act = {
            "seq": visitor.seq, "kind": "clicked", "name": "goals.choose", "module": "goals",
            "target": TARGETS[visitor.seq % len(TARGETS)], "details": {},
            "at": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        click = (visitor.visit, visitor.seq)
        self._turn.sent[click] = time.perf_counter()
        told = partial(self._acknowledge, self._turn, click)
        message = {"visit": visitor.visit, "acts": [act]}
        if self.name == "rapport":
            del message["visit"]
        await visitor.client.emit("acts", message, namespace=VISITORS, callback=told)

    def _acknowledge(self, turn: Turn, click: Click, ack: dict[str, Any]) -> None:
        """Note that a click was taken. Raises RuntimeError if it was refused."""
        if not ack["ok"]:
            raise RuntimeError(f"{self.name} refused a click: {ack}")
        turn.acks[click] = time.perf_counter() - turn.sent[click]
        turn.settle()

    async def _show(self, message: dict[str, Any]) -> None:
        """Note that clicks stand on the console."""
        now, acts = time.perf_counter(), message.get("acts")
        first, last = (
            (acts[0]["seq"], acts[-1]["seq"]) if acts else (message["from_seq"], message["to_seq"])
        )
        for seq in range(first, last + 1):
            click = (message["visit"], seq)
            if click in self._turn.shown:
                self._turn.repeated += 1
            elif click in self._turn.sent:
                self._turn.shown[click] = now - self._turn.sent[click]
        self._turn.settle()
