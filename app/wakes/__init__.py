"""Wakes: what processes tell each other through Redis so that nobody has to wait for a poll.

A wake may be lost, and may come twice when Redis fails between hearing and confirming it. What
one process says is heard in the order it was said. Redis being away delays and fails nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from uuid import uuid4

from app.wakes.hearing import Hearing
from app.wakes.link import Link
from app.wakes.speaking import Speaking

__all__ = ["Wakes"]

LAST_WORDS_S = 1.0


class Wakes:
    """One process's end: says what it is given, hears what it attends, except its own words.

    To be used from the thread of the event loop only. `hear` gets each JSON value that another
    process said and raises ValueError for what it cannot read; `on_back` is called when the
    subscriptions were lost and stand again.
    """

    def __init__(self, *, hear: Callable[[str, object], None], on_back: Callable[[], None]) -> None:
        self._hearing = Hearing(hear)
        self._speaking = Speaking()
        self._on_back = on_back
        self._ear: Link | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_started(self) -> bool:
        """Whether there is a Redis to speak through, here or away."""
        return bool(self._tasks)

    @property
    def is_connected(self) -> bool:
        """Whether Redis answers and everything attended is subscribed to."""
        return self._ear is not None and self._ear.is_up

    @property
    def queued(self) -> int:
        """How many announcements wait to be published."""
        return len(self._speaking)

    @property
    def published(self) -> int:
        """How many announcements Redis has taken from here."""
        return self._speaking.published

    @property
    def dropped(self) -> int:
        """How many announcements were not published: no room in the queue, or too long."""
        return self._speaking.dropped

    @property
    def received(self) -> int:
        """How many announcements of other processes were heard."""
        return self._hearing.received

    @property
    def ignored(self) -> int:
        """How many messages from Redis could not be read."""
        return self._hearing.ignored

    def start(self, url: str, *, prefix: str) -> None:
        """Begin to connect, and return at once. Raises ValueError for an unreadable address.

        PUBLISH knows no database numbers: the prefix is what keeps two installations apart.
        """
        if self._tasks:
            return
        opening = b'{"from":"%s","told":[' % uuid4().hex.encode()
        self._hearing.begin(prefix, own_opening=opening)
        self._speaking.begin(prefix, opening=opening)
        self._ear = Link(url, self._hearing.work, name="hearing", on_back=self._on_back)
        mouth = Link(url, self._speaking.work, name="speaking")
        self._tasks = [asyncio.create_task(link.keep()) for link in (self._ear, mouth)]

    async def stop(self) -> None:
        """Say what is still queued if Redis is there, then let go of it."""
        if not self._tasks:
            return
        tasks, self._tasks = self._tasks, []
        if self.is_connected:
            self._speaking.finish()
            await asyncio.wait(tasks[1:], timeout=LAST_WORDS_S)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=LAST_WORDS_S)

    def say(self, channel: str, text: bytes) -> None:
        """Tell the others one JSON value; never waits, and does nothing before `start`."""
        if self._tasks:
            self._speaking.say(channel, text)

    def attend(self, channels: Iterable[str]) -> None:
        """Hear these channels from now on; counted, so each needs its own `leave`."""
        self._hearing.attend(channels)

    def leave(self, channels: Iterable[str]) -> None:
        """Take back one `attend` of these channels; unknown ones are fine."""
        self._hearing.leave(channels)
