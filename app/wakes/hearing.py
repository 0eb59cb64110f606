"""Hearing the other processes: only the channels that somebody here attends."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic

import orjson
import structlog
from redis.asyncio.connection import AbstractConnection

from app.wakes.link import ANSWER_WITHIN_S, NoteUp

log = structlog.get_logger()

QUIET_S = 2.0
"""After so long without a word Redis is asked whether it is there."""
MESSAGE_MAX_BYTES = 1_000_000
COMPLAIN_EVERY_S = 60.0


class Hearing:
    """Subscribes to what is attended, and hands on what comes in from others."""

    def __init__(self, hear: Callable[[str, object], None]) -> None:
        self._hear = hear
        self._attended: Counter[str] = Counter()
        self._changed = asyncio.Event()
        self._prefix = ""
        self._own_opening = b""
        self._complained_at = float("-inf")
        self.received = 0
        self.ignored = 0

    def begin(self, prefix: str, *, own_opening: bytes) -> None:
        """Start afresh; messages that begin with `own_opening` are our own echo."""
        self._prefix = prefix
        self._own_opening = own_opening

    def attend(self, channels: Iterable[str]) -> None:
        """Count one more who wants to hear these."""
        self._attended.update(channels)
        self._changed.set()

    def leave(self, channels: Iterable[str]) -> None:
        """Count one less; a channel that nobody attends is unsubscribed."""
        for channel in channels:
            self._attended[channel] -= 1
            if self._attended[channel] <= 0:
                del self._attended[channel]
        self._changed.set()

    async def work(self, connection: AbstractConnection, note_up: NoteUp) -> None:
        """Subscribe and hear until the connection fails."""
        self._changed = asyncio.Event()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._tune(connection))
            both.create_task(self._listen(connection, note_up))

    async def _tune(self, connection: AbstractConnection) -> None:
        """Keep the subscriptions equal to what is attended.

        The PING after the first ones is answered after them: then nothing is missed any more.
        """
        tuned = await self._retune(connection, frozenset())
        await _order(connection, "PING")
        while True:
            await self._changed.wait()
            self._changed.clear()
            tuned = await self._retune(connection, tuned)

    async def _retune(
        self, connection: AbstractConnection, tuned: frozenset[str]
    ) -> frozenset[str]:
        """Tell Redis what changed since it was told `tuned`; return what it knows now."""
        wanted = frozenset(self._prefix + channel for channel in self._attended)
        if wanted - tuned:
            await _order(connection, "SUBSCRIBE", *(wanted - tuned))
        if tuned - wanted:
            await _order(connection, "UNSUBSCRIBE", *(tuned - wanted))
        return wanted

    async def _listen(self, connection: AbstractConnection, note_up: NoteUp) -> None:
        """Take in what Redis says. Raises TimeoutError when it does not answer a PING."""
        is_asked = False
        while True:
            patience_s = ANSWER_WITHIN_S if is_asked else QUIET_S
            reply = await connection.read_response(timeout=patience_s, disconnect_on_error=False)
            if reply is None and is_asked:
                raise TimeoutError
            is_asked = reply is None
            if is_asked:
                await _order(connection, "PING")
            elif reply == b"PONG" or reply[0] == b"pong":
                note_up()
            elif reply[0] == b"message":
                self._take(reply[1].decode().removeprefix(self._prefix), reply[2])

    def _take(self, channel: str, message: bytes) -> None:
        """Hand on what another process said; what cannot be read is counted and forgotten."""
        if channel not in self._attended or message.startswith(self._own_opening):
            return
        try:
            if len(message) > MESSAGE_MAX_BYTES:
                raise ValueError(f"{len(message)} bytes are too many.")  # noqa: TRY301
            values = list(orjson.loads(message)["told"])
        except (ValueError, TypeError, LookupError) as error:
            self._ignore(error)
            return
        for value in values:
            try:
                self._hear(channel, value)
            except ValueError as error:
                self._ignore(error)
            else:
                self.received += 1

    def _ignore(self, error: Exception) -> None:
        """Count garbage and log it by its class, not too often."""
        self.ignored += 1
        if monotonic() - self._complained_at > COMPLAIN_EVERY_S:
            self._complained_at = monotonic()
            log.warning("redis says garbage", error=type(error).__name__, ignored=self.ignored)


async def _order(connection: AbstractConnection, *command: str) -> None:
    """Send a command whose answer `_listen` reads. Raises TimeoutError if nobody takes it."""
    async with asyncio.timeout(ANSWER_WITHIN_S):
        await connection.send_command(*command)
