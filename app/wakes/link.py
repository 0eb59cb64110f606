"""One connection to Redis that is made again whenever it breaks, for as long as it takes."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio.connection import AbstractConnection, Connection, parse_url

log = structlog.get_logger()

ANSWER_WITHIN_S = 2.0
"""Redis has this long to take a connection or to answer a command."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0

NoteUp = Callable[[], None]
Work = Callable[[AbstractConnection, NoteUp], Awaitable[None]]


def connection_to(url: str) -> AbstractConnection:
    """Return an unopened connection. Raises ValueError for an address nobody can read.

    RESP2 because every Redis and its kin speak it, and because answers then come in plain lists.
    No `socket_timeout`: with one, redis-py writes under `asyncio.wait_for`, which in Python 3.11
    loses a cancellation that comes just as the write is done. Who waits here uses
    `asyncio.timeout`.
    """
    given: dict[str, Any] = {**parse_url(url)}
    kind = given.pop("connection_class", Connection)
    times = {"socket_timeout": None, "socket_connect_timeout": ANSWER_WITHIN_S}
    connection: AbstractConnection = kind(**{**given, **times, "protocol": 2})
    return connection


class Link:
    """Keeps some work connected: it runs until it fails, and then runs anew.

    The work calls its `note_up` when Redis has answered it. That resets the pauses between the
    tries and, if the link had been lost, calls `on_back`.
    """

    def __init__(
        self,
        url: str,
        work: Work,
        *,
        name: str,
        on_back: Callable[[], None] | None = None,
    ) -> None:
        connection_to(url)
        self._url = url
        self._work = work
        self._name = name
        self._on_back = on_back
        self._pause_s = FIRST_PAUSE_S
        self._is_lost = False
        self.is_up = False

    async def keep(self) -> None:
        """Connect and work until the work returns or this is cancelled; never gives up."""
        while True:
            connection = connection_to(self._url)
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    await connection.connect()  # type: ignore[no-untyped-call]
                await self._work(connection, self.note_up)
            except Exception as error:  # noqa: BLE001  whatever it is, the next try follows
                self._note_lost(error)
            else:
                return
            finally:
                self.is_up = False
                await connection.disconnect(nowait=True)
            await asyncio.sleep(random.uniform(self._pause_s / 2, self._pause_s))  # noqa: S311
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def note_up(self) -> None:
        """Take note that Redis answers; repeats are free."""
        if self.is_up:
            return
        self.is_up = True
        self._pause_s = FIRST_PAUSE_S
        if self._is_lost:
            self._is_lost = False
            log.info("redis is back", link=self._name)
            if self._on_back is not None:
                self._on_back()

    def _note_lost(self, error: BaseException) -> None:
        """Log a loss once, by class: the text may spell the address and its password."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if not self._is_lost:
            log.warning("redis is away", link=self._name, error=type(error).__name__)
        self._is_lost = True
