"""uvicorn's websocket protocol class with a second gear.

The handshake is the stock class's business. Then a socket may take the connection over: from there
on frames go to it by plain call, and what it sends is written once per turn of the event loop.
A connection that nobody takes over behaves as the stock class does.
"""

import asyncio
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from realtime.lane.ears import Ear, Receiver
from realtime.lane.flusher import flusher_of
from realtime.lane.frames import CLOSE, PING, PONG, TOO_BIG, FrameReader, close_frame, frame
from realtime.lane.limits import RESYNC, RESYNC_REASON, Limits

FLUSH_AT_BYTES = 65_536
EARLY_BYTES = 65_536
"""What a client may send before it was answered; beyond, nothing more is read until then."""
LAST_BYTES = 65_536
"""The largest frame a connection that is ending still awaits; a close frame stands behind it."""
SERVICE_RESTART = 1012
HANDSHAKE = ("conn", "request", "response", "queue", "frames", "scope", "app_state", "writable")
"""What only the stock class needs; a connection that was taken over lives without."""


class LaneProtocol(WebSocketsSansIOProtocol):
    """A websocket connection that can be taken over."""

    _receiver: Receiver | None = None
    _reader: FrameReader
    _limits: Limits
    _is_paused = False
    _is_flushing = False
    _has_turn = False
    _is_taken_over = False
    _is_over = False
    _early = b""
    _held = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = []  # compressed messages cannot be taken over

    # Taking over

    def hand_over(self, receiver: Receiver, *, max_size: int, limits: Limits) -> None:
        """Give the connection to `receiver` for the rest of its life and forget the handshake."""
        self.stop_keepalive()
        self._receiver, self._limits, self._is_taken_over = receiver, limits, True
        self._reader = FrameReader(min(max_size, self.config.ws_max_size))
        self._out: list[bytes] = []
        self._flusher = flusher_of(self.loop)
        for name in HANDSHAKE:
            vars(self).pop(name, None)
        self.resume_reading()
        if self._early:
            self.loop.call_soon(self.data_received, b"")

    def allow(self, max_size: int) -> None:
        """Let messages have another size from here on."""
        if not self._is_over:
            self._reader.allow(min(max_size, self.config.ws_max_size))

    async def run_asgi(self) -> None:
        """Run the application; a connection that was taken over outlives it."""
        try:
            await self.app(self.scope, Ear(self), self.send)
        except ClientDisconnected:
            pass
        except BaseException:
            self.logger.exception("Exception in ASGI application\n")
            if self._is_taken_over:
                self.end(1011)
            else:
                self.send_500_response()
        else:
            if not self.handshake_complete:
                self.logger.error("ASGI callable returned without completing handshake.")
                self.send_500_response()
        if not self._is_taken_over and self.close_timer is None:
            self.transport.close()

    # Reading

    def data_received(self, data: bytes) -> None:
        """Read frames, once they are ours to read."""
        if self._is_taken_over:
            self._read(data)
        else:
            self._data_before(data)

    def _read(self, data: bytes) -> None:
        """Give the receiver what is whole, so much that others soon have their turn again."""
        if self._early:
            data, self._early = self._early + data, b""
        for opcode, payload in self._reader.feed(data):
            if self._receiver is None:
                self._take_while_over(opcode)
            elif opcode < CLOSE:
                self._receiver.take(opcode, payload)
            elif opcode == PING:
                self.put(frame(PONG, payload))
            elif opcode == CLOSE:
                self._close_received(payload)
        if self._reader.has_more:
            self._read_on_later()
        failure = self._reader.failure
        if failure is not None and not self._is_over:
            self.end(failure.code, failure.reason)
            if failure.code != TOO_BIG:  # who still sends would be cut off before reading why
                self.transport.close()

    def _data_before(self, data: bytes) -> None:
        """Let the stock class read the handshake; hold back what came before it was answered."""
        if self.handshake_initiated and not self.handshake_complete:
            self._early += data
            if len(self._early) > EARLY_BYTES:
                self.pause_reading()
            return
        data, self._early = self._early + data, b""
        super().data_received(data)

    async def receive(self) -> Any:
        """Give the application its next event, if it kept the connection."""
        if self._early and self.handshake_complete:
            self._data_before(b"")
        return await super().receive()

    def _read_on_later(self) -> None:
        """Let others have their turn before more of what this client sent is looked at."""
        if not self._has_turn:
            self._has_turn = True
            if not self.read_paused and not self.transport.is_closing():
                self.transport.pause_reading()
            self.loop.call_soon(self._read_on)

    def _read_on(self) -> None:
        """Look at what waits, unless the receiver has enough; then at what comes."""
        self._has_turn = False
        if self.read_paused:
            return
        if self._reader.has_more:
            self._read(b"")
        if not self._has_turn and not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    def pause_reading(self) -> None:
        """Read nothing for the moment; the client's own buffers fill."""
        if not self.read_paused and not self._is_over:
            self.read_paused = True
            if not self._has_turn:
                self.transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if self.read_paused:
            self.read_paused = False
            if self._is_taken_over and self._reader.has_more:
                self._read_on_later()
            elif not self._has_turn and not self.transport.is_closing():
                self.transport.resume_reading()

    # Writing

    def put(self, framed: bytes) -> None:
        """Send a ready frame with the next flush. A client that reads too slowly is cut off."""
        if self._is_over:
            return
        self._out.append(framed)
        self._held += len(framed)
        if self._is_paused:
            if len(self._out) > self._limits.pending_packets or self.pending() > (
                self._limits.pending_bytes
            ):
                self._cut_off()
        elif self._held > FLUSH_AT_BYTES:
            self._flush()
        elif not self._is_flushing:
            self._is_flushing = True
            self._flusher.add(self)

    def pending(self) -> int:
        """Return how many bytes wait for the client, here and in the transport."""
        return self._held + self.transport.get_write_buffer_size()

    def flush_soon(self) -> None:
        """Write what this turn of the loop brought together."""
        self._is_flushing = False
        self._flush()

    def _flush(self) -> None:
        """Write everything that waits, unless the transport is full."""
        out = self._out
        if not out or self._is_paused:
            return
        self._out, self._held = [], 0
        if not self.transport.is_closing():
            self.transport.write(out[0] if len(out) == 1 else b"".join(out))

    def pause_writing(self) -> None:
        """Hold frames back: the transport's buffer is full."""
        self._is_paused = True
        if not self._is_taken_over:
            super().pause_writing()

    def resume_writing(self) -> None:
        """Write on."""
        self._is_paused = False
        if self._is_taken_over:
            self._flush()
        else:
            super().resume_writing()

    # Ending

    def end(self, code: int, reason: str = "") -> None:
        """Send what waits and a close frame, then wait a moment for the answer."""
        if self._is_over:
            return
        self._is_paused = False
        self._flush()
        self._say_last(close_frame(code, reason))

    def _cut_off(self) -> None:
        """End a connection whose client does not keep up; what waits for it is dropped."""
        self._say_last(close_frame(RESYNC, RESYNC_REASON), is_slow=True)

    def _close_received(self, payload: bytes) -> None:
        """Answer a client's close frame."""
        self._flush()
        self._say_last(frame(CLOSE, payload))
        self.transport.close()

    def _take_while_over(self, opcode: int) -> None:
        """Wait for nothing but the answer to our close frame."""
        if opcode == CLOSE:
            self.transport.close()

    def _say_last(self, closing: bytes, *, is_slow: bool = False) -> None:
        """Write the close frame, free what waited, and see to it that the connection goes."""
        self._is_over = True
        self._out, self._held = [], 0
        self._reader.allow(LAST_BYTES)
        if not self.transport.is_closing():
            if closing:
                self.transport.write(closing)
            self.resume_reading()
        self.close_timer = self.loop.call_later(self._limits.drains_within_s, self.transport.abort)
        self._tell_lost(is_slow=is_slow)

    def _tell_lost(self, *, is_slow: bool = False) -> None:
        """Tell the receiver once, and let go of it: else the two would keep each other."""
        receiver, self._receiver = self._receiver, None
        if receiver is not None:
            receiver.lost(is_slow=is_slow)

    def shutdown(self) -> None:
        """Say goodbye because the server stops (uvicorn calls this)."""
        if not self._is_taken_over:
            super().shutdown()
            return
        self.end(SERVICE_RESTART)
        self.transport.close()

    def eof_received(self) -> None:
        """Take it as the end when a client only stops sending: it could not answer a ping."""
        super().eof_received()
        if self._is_taken_over and not self._is_over:
            self._flush()
            self._say_last(b"")

    def connection_lost(self, exc: Exception | None) -> None:
        """Clean up; nothing of a connection may stay behind."""
        if not self._is_taken_over:
            super().connection_lost(exc)
            return
        self._is_over = True
        self._reader.drop()
        self.connections.discard(self)
        self._out, self._held = [], 0
        if self.close_timer is not None:
            self.close_timer.cancel()
            self.close_timer = None
        self._tell_lost()
        if exc is None:
            self.transport.close()

    def start(self, work: Any) -> None:
        """Run a coroutine that the server waits for when it stops."""
        task: asyncio.Task[None] = self.loop.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
