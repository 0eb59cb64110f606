"""The roll call of web processes: each says now and then how it does, and remembers the others.

It goes the way of all announcements, so without Redis a process knows itself only. Nothing
depends on it but the operations page.
"""

import asyncio
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from app import bus, metrics
from app.bus import Announcement

HERE = "process-here"
EVERY_S, FORGOTTEN_AFTER_S = 5.0, 20.0
MOST = 1000
"""Processes remembered at most, whatever is announced."""
INSTALLATION = UUID(int=0)
"""Stands where a workspace would: this concerns none."""

Facts = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Known:
    """A process that said something lately: its name, its figures, and how long ago."""

    name: str
    is_this: bool
    silent_s: float
    facts: Facts


class Roll:
    """Who is there."""

    def __init__(self) -> None:
        self.id = uuid4()
        self.name = f"{socket.gethostname()[:40]}, process {os.getpid()}"
        self._others: dict[UUID, tuple[float, str, Facts]] = {}

    async def keep(self, stop: asyncio.Event, facts: Callable[[], Facts]) -> None:
        """Say how this process does, and hear the others, until `stop` is set."""
        bus.listen(self.hear)
        bus.attend(INSTALLATION, [HERE])
        try:
            while not stop.is_set():
                bus.publish(self._word(facts()))
                metrics.PROCESSES_KNOWN.set(len(self.others(time.monotonic())) + 1)
                try:
                    await asyncio.wait_for(stop.wait(), EVERY_S)
                except TimeoutError:
                    continue
        finally:
            bus.leave(INSTALLATION, [HERE])
            bus.stop_listening(self.hear)

    def hear(self, announcement: Announcement) -> None:
        """Remember what another process said of itself."""
        if announcement.name != HERE or announcement.subject == self.id:
            return
        told = dict(announcement.facts)
        name = str(told.pop("name", ""))[:80]
        facts = {key: float(value) for key, value in told.items() if isinstance(value, int | float)}
        if len(self._others) < MOST or announcement.subject in self._others:
            self._others[announcement.subject] = (time.monotonic(), name, facts)

    def others(self, at: float) -> list[Known]:
        """Return the other processes heard of lately, by name."""
        self._others = {
            key: seen for key, seen in self._others.items() if at - seen[0] < FORGOTTEN_AFTER_S
        }
        known = [
            Known(name, is_this=False, silent_s=at - heard_at, facts=facts)
            for heard_at, name, facts in self._others.values()
        ]
        return sorted(known, key=lambda one: one.name)

    def _word(self, facts: Facts) -> Announcement:
        """Return what this process says of itself."""
        return Announcement(
            HERE, workspace_id=INSTALLATION, subject=self.id, facts={"name": self.name, **facts}
        )
