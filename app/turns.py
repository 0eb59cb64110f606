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
