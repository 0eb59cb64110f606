"""Doing something again and again, sooner when asked."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import Context

import structlog

from app.db import is_away

log = structlog.get_logger()

PATIENCE_S = 1.0
"""After a failure it is tried again so soon."""


class Repeated:
    """Does `work` every so many seconds between `start` and `stop`; a failure ends nothing."""

    def __init__(self, every_s: float, work: Callable[[], Awaitable[None]]) -> None:
        self._every_s = every_s
        self._work = work
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if self._task is None:
            # In no socket's context: this works for all of them, and so its log says.
            self._task = asyncio.get_running_loop().create_task(self._repeat(), context=Context())

    def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def soon(self) -> None:
        """Do it now; nothing happens before `start`."""
        self._wake.set()

    async def _repeat(self) -> None:
        """Work, and wait for the next turn."""
        wait_s = self._every_s
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            self._wake.clear()
            wait_s = self._every_s
            try:
                await self._work()
            except Exception as error:
                wait_s = min(PATIENCE_S, self._every_s)
                log.warning(
                    "to be repeated", work=self._work.__qualname__, error=type(error).__name__,
                    exc_info=None if is_away(error) else error,
                )  # fmt: skip
