"""The engine.io socket over a connection that was taken over: no task and no queue while idle."""

import asyncio
from collections import deque
from typing import Any

import structlog
from engineio import exceptions, packet

from realtime.lane.frames import BINARY, CLOSE, TEXT, Message, frame
from realtime.lane.hot import offer
from realtime.lane.limits import NOT_ENGINE_IO, NOT_ENGINE_IO_REASON
from realtime.lane.protocol import LaneProtocol
from realtime.lane.sockets import NORMAL, BoundedSocket

log = structlog.get_logger()

PONG_TEXT = b"3"
MESSAGE_MARK = "4"
THE_END: Message = (CLOSE, b"")
HANDLED_AT_ONCE = 8
"""After so many ordinary messages of one socket it is the others' turn."""


class LaneSocket(BoundedSocket):
    """A bounded socket whose frames come and go by plain call.

    Hot messages are taken at once. Everything else waits in the inbox for a task that lives as long
    as the inbox holds something; while it does, hot messages wait there too, which keeps the order.
    """

    _inbox: deque[Message] | None = None
    _inbox_bytes = 0
    _is_handed_over = False

    def __init__(self, server: Any, sid: str, protocol: LaneProtocol) -> None:
        super().__init__(server, sid)
        self._protocol = protocol
        self._put = protocol.put

    def _open_queue(self) -> Any:
        """Return what waits until the websocket is open; afterwards the protocol holds it."""
        return []

    async def _websocket_handler(self, _ws: Any) -> None:
        """Take the connection over; unlike engine.io's, this returns at once."""
        self.connected = self.upgraded = True
        limit = min(self.server.max_http_buffer_size, self.limits.unjoined_bytes)
        self._protocol.hand_over(self, max_size=limit, limits=self.limits)
        waiting, self.queue, self._is_handed_over = self.queue, None, True
        for framed in waiting:
            self._put(framed)

    # Sending

    def put_packet(self, pkt: packet.Packet) -> None:
        """Queue a packet."""
        encoded = pkt.encode()
        if isinstance(encoded, str):
            self.put_text(encoded)
        else:
            self.put_ready(b"", frame(BINARY, encoded))

    def put_text(self, text: str) -> None:
        """Queue a ready engine.io text message, spelt as it stands on the wire."""
        self.put_ready(b"", frame(TEXT, text.encode()))

    def put_ready(self, _text: bytes, framed: bytes) -> None:
        """Queue a message as it is sent; after the end it goes nowhere."""
        if self._is_handed_over:
            self._put(framed)
        else:
            self.queue.append(framed)

    # Receiving

    def take(self, opcode: int, payload: bytes) -> None:
        """Take a message from the wire."""
        if payload == PONG_TEXT and opcode == TEXT:
            self.schedule_ping()
            return
        if self._inbox is None and opcode == TEXT and self._offer(payload):
            return
        self._queue((opcode, payload))
        assert self._inbox is not None  # noqa: S101  something was queued just now
        self._inbox_bytes += len(payload)
        limits = self.limits
        if len(self._inbox) > limits.waiting_frames or self._inbox_bytes > limits.waiting_bytes:
            self._protocol.pause_reading()

    def _offer(self, payload: bytes) -> bool:
        """Give a message to its taker, if it has one that wants it."""
        return offer(self.server, self.sid, payload, self._put)

    def _queue(self, message: Message) -> None:
        """Let a message wait for its turn."""
        if self._inbox is None:
            self._inbox = deque()
            self._protocol.start(self._empty_inbox())
        self._inbox.append(message)

    async def _empty_inbox(self) -> None:
        """Handle what waits, one after another."""
        inbox, handled = self._inbox, 0
        while inbox:
            opcode, payload = inbox.popleft()
            self._inbox_bytes -= len(payload)
            try:
                await self._handle(opcode, payload)
            except Exception:
                log.exception("message failed")
            if self._protocol.read_paused and self._has_room():
                self._protocol.resume_reading()
            handled += 1
            if handled % HANDLED_AT_ONCE == 0:
                await asyncio.sleep(0)
        self._inbox = None

    def _has_room(self) -> bool:
        """Whether reading may go on: half of what may wait is free again."""
        waiting = len(self._inbox or ())
        is_short = waiting <= self.limits.waiting_frames // 2
        return is_short and self._inbox_bytes <= self.limits.waiting_bytes // 2

    async def _handle(self, opcode: int, payload: bytes) -> None:
        """Handle one message in its turn."""
        if opcode == CLOSE:
            await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
            return
        if opcode == TEXT and self._offer(payload):
            return
        incoming = payload.decode() if opcode == TEXT else payload
        if isinstance(incoming, str) and incoming.startswith(MESSAGE_MARK):
            arguments = ("message", self.sid, incoming[1:])
            await self.server._trigger_event(*arguments, run_async=False)  # noqa: SLF001
            self._note_said()
            return
        try:
            await self.receive(packet.Packet(encoded_packet=incoming))
        except ValueError:
            self.hang_up(NOT_ENGINE_IO, NOT_ENGINE_IO_REASON)
        except exceptions.EngineIOError:
            return

    def _allow(self, max_size: int) -> None:
        """Let the client's messages have this size."""
        self._protocol.allow(max_size)

    # Ending

    def _miss_pong(self) -> None:
        """Close a connection whose client is gone, unless its pong waits unread."""
        if self._protocol.read_paused:
            self._set_pulse(self.server.ping_timeout, self._miss_pong)
        else:
            self._protocol.start(self.close(wait=False, reason=self.server.reason.PING_TIMEOUT))

    def _finish(self) -> None:
        """End the connection after what waits was sent."""
        if self._is_handed_over:
            self._protocol.end(NORMAL)

    def hang_up(self, code: int, reason: str) -> None:
        """Close the websocket with a code; the rest follows from its end."""
        if self._is_handed_over:
            self._protocol.end(code, reason)

    def lost(self, *, is_slow: bool = False) -> None:
        """Hear that the connection is over; what arrived before is still handled."""
        self.is_lost = True
        if is_slow:
            self.is_cut_off = True
            self.server.cut_off += 1
        if self._is_turned_away and self._inbox is not None:
            self._inbox.clear()
        self._queue(THE_END)
