"""Leaving with grace: say so first, finish what runs, and be gone in time whatever hangs.

The order of a stop: /readyz says 503 and no further job is begun; STOP_NOTICE_S later nothing new
is accepted and websockets are closed with 1012 ("service restart"), so that their pages come back
through another process; requests and jobs in flight finish; the database is let go. What takes
longer than its share is cut off: nothing that was acknowledged is in it.
"""

import asyncio
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

import structlog
import uvicorn

from app.web import stopping

log = structlog.get_logger()

COLLECT_AFTER = (50_000, 20, 50)
"""Objects made before garbage is looked for among the young; rounds until the older ones' turn.
Measured: the default costs an act about a sixth of its processor time."""
TURN_S = 0.0005
"""How long one thread may keep the others waiting: the one that stores acts needs many short turns.
Measured: a fifth less on the slowest acknowledgements, at no cost."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
REQUESTS_WITHIN_S = 7
"""What requests in flight get after the notice: a slow upload is cut off then."""
GONE_WITHIN_S = 12.0
"""What everything gets after the notice; longer than the jobs' own ten seconds."""


def leave_within(seconds: float) -> None:
    """End this process by then, also when its event loop or its database hangs."""

    def leave() -> None:
        log.warning("stopping took too long, leaving", seconds=seconds)
        os._exit(0)

    last_call = threading.Timer(seconds, leave)
    last_call.daemon = True
    last_call.start()


class GracefulServer(uvicorn.Server):
    """A web server that announces its stop before it stops. Asked twice, it goes at once."""

    def __init__(self, config: uvicorn.Config, *, notice_s: float) -> None:
        super().__init__(config)
        self._notice_s = notice_s
        self._leaves_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then give threads short turns, and look for garbage seldom.

        Every act makes objects, and hardly any cycles.
        """
        await super().startup(sockets)
        sys.setswitchinterval(TURN_S)
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Stop when asked. Uvicorn would raise the signal again at the end: no exit code 0."""
        loop = asyncio.get_running_loop()
        for sign in SIGNALS:
            loop.add_signal_handler(sign, self._on_signal)
        try:
            yield
        finally:
            for sign in SIGNALS:
                loop.remove_signal_handler(sign)
                signal.signal(sign, signal.SIG_IGN)

    async def on_tick(self, counter: int) -> bool:
        """Say whether to leave now (asked ten times a second)."""
        is_over = self._leaves_at is not None and time.monotonic() >= self._leaves_at
        return await super().on_tick(counter) or is_over

    def _on_signal(self) -> None:
        """Begin the notice; a second signal cuts it short."""
        is_first = self._leaves_at is None
        self._leaves_at = time.monotonic() + (self._notice_s if is_first else 0)
        if is_first:
            stopping.ask()
            leave_within(self._notice_s + GONE_WITHIN_S)
