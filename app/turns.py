"""Taking turns: a lock whose holders come in order, and some before the others."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One holder at a time, first come, first served; who is `is_first` goes before the others."""

    def __init__(self) -> None:
        self._is_taken = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def take(self, *, is_first: bool = False) -> AsyncIterator[None]:
        """Hold the turn for the length of the block."""
        await self._wait(self._first if is_first else self._others)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, line: "deque[asyncio.Future[None]]") -> None:
        """Wait for the turn; who gives up waiting loses nobody else's."""
        if not self._is_taken:
            self._is_taken = True
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Give the turn to who is next."""
        for line in (self._first, self._others):
            while line:
                waiting = line.popleft()
                if not waiting.done():
                    waiting.set_result(None)
                    return
        self._is_taken = False


class Door:
    """Lets a few in at a time, of those who wait the newest first.

    When more come than can be served, who came last still has patience; who came first has gone
    and come again. With `most_waiting` the others are sent away at once.
    """

    def __init__(self, *, wide: int, most_waiting: int = 100_000) -> None:
        self._free = wide
        self._most_waiting = most_waiting
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def is_crowded(self) -> bool:
        """Whether one more would be too many."""
        return len(self._waiting) >= self._most_waiting

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Be inside for the length of the block."""
        await self._wait()
        try:
            yield
        finally:
            self._let_in()

    async def _wait(self) -> None:
        """Wait to be let in; who gives up waiting takes nobody's place."""
        if self._free:
            self._free -= 1
            return
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine.done() and not mine.cancelled():
                self._let_in()
            raise

    def _let_in(self) -> None:
        """Let the newest in."""
        while self._waiting:
            newest = self._waiting.pop()
            if not newest.done():
                newest.set_result(None)
                return
        self._free += 1
