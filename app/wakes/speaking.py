"""Saying things to the other processes: a bounded queue and the one task that empties it."""

import asyncio
from collections import deque
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import structlog
from redis.asyncio.connection import AbstractConnection

from app.wakes.link import ANSWER_WITHIN_S, NoteUp

log = structlog.get_logger()

QUEUE_MAX = 10_000
BATCH_MAX, BATCH_MAX_BYTES = 500, 256_000
TEXT_MAX_BYTES = 64_000

Said = tuple[str, bytes]
"""A channel, and what is said on it: one JSON value."""


class Speaking:
    """What waits to be said. The oldest gives way when the queue is full: hints age badly."""

    def __init__(self) -> None:
        self._queue: deque[Said] = deque()
        self._ready = asyncio.Event()
        self._is_ending = False
        self._prefix = ""
        self._opening = b""
        self.published = 0
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._queue)

    def begin(self, prefix: str, *, opening: bytes) -> None:
        """Start afresh; `opening` is how each message of this process begins."""
        self._prefix = prefix
        self._opening = opening
        self._is_ending = False
        self._queue.clear()

    def say(self, channel: str, text: bytes) -> None:
        """Queue one JSON value; never waits."""
        if len(text) > TEXT_MAX_BYTES:
            self.dropped += 1
            log.warning("too long for redis", channel=channel, size=len(text))
            return
        if len(self._queue) >= QUEUE_MAX:
            self._queue.popleft()
            self.dropped += 1
        self._queue.append((channel, text))
        self._ready.set()

    def finish(self) -> None:
        """Let `work` return as soon as everything is said."""
        self._is_ending = True
        self._ready.set()

    async def work(self, connection: AbstractConnection, note_up: NoteUp) -> None:
        """Say what is queued, in order; what Redis did not confirm is said again next time."""
        self._ready = asyncio.Event()
        self._ready.set()
        while True:
            await self._ready.wait()
            batch = self._next_batch()
            if batch:
                await self._send(connection, batch)
                note_up()
            elif self._is_ending:
                return
            else:
                self._ready.clear()

    def _next_batch(self) -> list[Said]:
        """Take the oldest from the queue, as many as go in one write."""
        batch: list[Said] = []
        size = 0
        while self._queue and len(batch) < BATCH_MAX and size < BATCH_MAX_BYTES:
            batch.append(self._queue.popleft())
            size += len(batch[-1][1])
        return batch

    async def _send(self, connection: AbstractConnection, batch: list[Said]) -> None:
        """Write a batch and read the answers; what fails goes back to the head of the queue."""
        try:
            commands = [("PUBLISH", *message) for message in self._messages(batch)]
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await connection.send_packed_command(connection.pack_commands(commands))
                for _ in commands:
                    await connection.read_response()
        except BaseException:
            room = QUEUE_MAX - len(self._queue)
            self._queue.extendleft(reversed(batch[max(0, len(batch) - room) :]))
            self.dropped += max(0, len(batch) - room)
            raise
        self.published += len(batch)

    def _messages(self, batch: list[Said]) -> Iterator[Said]:
        """Join neighbours on the same channel into one message, which keeps the order."""
        for channel, neighbours in groupby(batch, key=itemgetter(0)):
            yield (
                self._prefix + channel,
                self._opening + b",".join(text for _, text in neighbours) + b"]}",
            )
