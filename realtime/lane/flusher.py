"""Writing once per turn of the event loop, for all connections by one callback."""

import asyncio
from typing import Protocol
from weakref import WeakKeyDictionary

import structlog

log = structlog.get_logger()


class Flushed(Protocol):
    """A connection that holds back what it sends until the end of a turn."""

    def flush_soon(self) -> None:
        """Write everything that waits."""


class Flusher:
    """Writes what all connections of an event loop put out, once per turn of the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._full: list[Flushed] = []

    def add(self, protocol: Flushed) -> None:
        """Flush a connection at the end of this turn."""
        if not self._full:
            self._loop.call_soon(self._flush)
        self._full.append(protocol)

    def _flush(self) -> None:
        """Flush each; one that fails does not keep the others."""
        full, self._full = self._full, []
        for protocol in full:
            try:
                protocol.flush_soon()
            except Exception:
                log.exception("connection not written to")


_flushers: WeakKeyDictionary[asyncio.AbstractEventLoop, Flusher] = WeakKeyDictionary()


def flusher_of(loop: asyncio.AbstractEventLoop) -> Flusher:
    """Return the one flusher of an event loop."""
    flusher = _flushers.get(loop)
    if flusher is None:
        flusher = _flushers[loop] = Flusher(loop)
    return flusher
