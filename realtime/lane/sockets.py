"""The engine.io socket of both paths: bounded, pinged by one timer, closed when nobody uses it."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from engineio import async_socket, exceptions, packet

from realtime.lane.limits import (
    NOT_ENGINE_IO,
    NOT_ENGINE_IO_REASON,
    RESYNC,
    RESYNC_REASON,
    SILENT,
    SILENT_REASON,
    Limits,
)

PING_TEXT, CLOSE_TEXT = "2", "1"
NORMAL = 1000


class Outgoing(asyncio.Queue[Any]):
    """What waits for a client on the stock path, and how many bytes that is."""

    pending_bytes = 0

    def _put(self, item: Any) -> None:
        self.pending_bytes += size_of(item)
        super()._put(item)

    def _get(self) -> Any:
        item = super()._get()
        self.pending_bytes -= size_of(item)
        return item

    def clear(self) -> None:
        """Drop everything."""
        while not self.empty():
            self.get_nowait()


def size_of(item: Any) -> int:
    """Return the bytes of a packet on the wire; the end of the queue has none."""
    if item is None:
        return 0
    encoded = item.encode()
    return len(encoded.encode() if isinstance(encoded, str) else encoded)


class BoundedSocket(async_socket.AsyncSocket):  # type: ignore[misc]
    """A connection that cannot grow: slow readers are cut off, silent ones closed, dead ones found.

    This class serves the stock path; `LaneSocket` is the same over a connection taken over.
    """

    _ws: Any = None
    _in_flight = 0
    _pulse: asyncio.TimerHandle | None = None
    _join_timer: asyncio.TimerHandle | None = None
    _is_known = False
    _is_turned_away = False
    _said = 0
    is_cut_off = False
    is_lost = False
    """Whether the client is gone, also while something it sent is still being handled."""

    def __init__(self, server: Any, sid: str) -> None:
        self.server = server
        self.sid = sid
        self.last_ping: float | None = time.time()
        self.connected = self.upgrading = self.upgraded = self.closing = self.closed = False
        self.session: dict[str, Any] = {}
        self.queue = self._open_queue()
        self._loop = asyncio.get_running_loop()
        self._expect_join()

    def _open_queue(self) -> Any:
        """Return what the stock writer empties."""
        return Outgoing()

    @property
    def limits(self) -> Limits:
        """The bounds of this connection."""
        limits: Limits = self.server.limits
        return limits

    # Sending

    async def send(self, pkt: packet.Packet) -> None:
        """Queue a packet, as engine.io does. Never waits."""
        if self.closed:
            raise exceptions.SocketIsClosedError
        self.put_packet(pkt)

    def put_packet(self, pkt: packet.Packet) -> None:
        """Queue a packet, or cut the client off because too much waits for it already."""
        if self.closed or self.is_cut_off:
            return
        self.queue.put_nowait(pkt)
        buffered, is_stalled = self._buffered()
        waiting, limits = self.queue.pending_bytes + self._in_flight + buffered, self.limits
        is_too_many = is_stalled and self.queue.qsize() > limits.pending_packets
        if is_too_many or waiting > limits.pending_bytes:
            self._cut_off()

    def put_text(self, text: str) -> None:
        """Queue a ready engine.io text message, spelt as it stands on the wire."""
        ready = packet.Packet(packet.MESSAGE)
        ready.encode_cache = text
        self.put_packet(ready)

    def put_ready(self, text: bytes, _framed: bytes) -> None:
        """Queue a message that is at hand both as text and as a frame."""
        self.put_text(text.decode())

    def _buffered(self) -> tuple[int, bool]:
        """Return how many bytes wait in the transport, and whether it is full."""
        transport = self._transport()
        if transport is None:
            return 0, True
        buffered: int = transport.get_write_buffer_size()
        return buffered, buffered > transport.get_write_buffer_limits()[0]

    async def poll(self) -> list[packet.Packet]:
        """Hand the stock writer one packet at a time, so that what it holds is counted."""
        self._in_flight = 0
        item = await self.queue.get()
        self.queue.task_done()
        self._in_flight = size_of(item)
        return [] if item is None else [item]

    # Receiving

    async def receive(self, pkt: packet.Packet) -> None:
        """Take a packet; kinds that do not exist are ignored without a trace in the log."""
        if self._is_turned_away:
            raise exceptions.SocketIsClosedError
        try:
            if pkt.packet_type >= len(packet.packet_names):
                raise exceptions.UnknownPacketError
            await super().receive(pkt)
        finally:
            self._note_said()

    def _note_said(self) -> None:
        """Know who has joined a namespace; turn away who says too much before."""
        if self._is_known or self._is_turned_away:
            return
        if self._has_joined():
            self._is_known = True
            self._allow(self.server.max_http_buffer_size)
            return
        self._said += 1
        if self._said > self.limits.unjoined_frames:
            self._is_turned_away = True
            self.hang_up(SILENT, SILENT_REASON)

    def _allow(self, max_size: int) -> None:
        """Let the client's messages have this size; the stock class asks before each frame."""
        stock = getattr(self._protocol_below(), "conn", None)
        if stock is not None:
            stock.max_message_size = max_size

    # Living

    def schedule_ping(self) -> None:
        """Ping in a while, unless a ping waits for its answer or is due already."""
        if self.last_ping:
            self.last_ping = None
            self._set_pulse(self.server.ping_interval, self._send_ping)

    def _set_pulse(self, delay: float, act: Any) -> None:
        """Let the one timer of this connection do `act`."""
        if self._pulse is not None:
            self._pulse.cancel()
        self._pulse = self._loop.call_later(delay, act)

    def _send_ping(self) -> None:
        """Ping, and expect an answer in time."""
        if self.closing or self.closed:
            return
        self.last_ping = time.time()
        self._set_pulse(self.server.ping_timeout, self._miss_pong)
        self.put_text(PING_TEXT)
        if self._join_timer is None and not self._has_joined():
            self._expect_join()

    def _miss_pong(self) -> None:
        """Close a connection whose client is gone."""
        self.start(self.close(wait=False, reason=self.server.reason.PING_TIMEOUT))

    async def check_ping_timeout(self) -> bool:
        """Say what engine.io asks before it sends; the timer does the rest."""
        if self.closed:
            raise exceptions.SocketIsClosedError
        return True

    def _expect_join(self) -> None:
        """Give the client a while to join a namespace."""
        delay = self.limits.joins_within_s
        self._join_timer = self._loop.call_later(delay, self._check_joined)

    def _check_joined(self) -> None:
        """Close a connection that joined nothing."""
        self._join_timer = None
        if not (self.closing or self.closed or self._has_joined()):
            self.hang_up(SILENT, SILENT_REASON)

    def _has_joined(self) -> bool:
        """Whether the client is in any namespace, or at its door."""
        manager = self.server.sio.manager
        names = manager.get_namespaces()
        return any(manager.sid_from_eio_sid(self.sid, name) is not None for name in names)

    # Ending

    async def close(
        self, *, wait: bool = True, abort: bool = False, reason: str | None = None
    ) -> None:
        """Close the connection, as engine.io does; `wait` is its word and means nothing here."""
        del wait
        if self.closed or self.closing:
            return
        self.closing = True
        for timer in (self._pulse, self._join_timer):
            if timer is not None:
                timer.cancel()
        self._pulse = self._join_timer = None
        why = reason or self.server.reason.SERVER_DISCONNECT
        await self.server._trigger_event("disconnect", self.sid, why, run_async=False)  # noqa: SLF001
        if not abort:
            self.put_text(CLOSE_TEXT)
        self.closed = True
        self.server.sockets.pop(self.sid, None)
        self._finish()

    def _finish(self) -> None:
        """End the connection after what waits was sent."""
        self.queue.put_nowait(None)
        self._loop.call_later(self.limits.drains_within_s, self._abort)

    async def _websocket_handler(self, ws: Any) -> None:
        """Run engine.io's own loops over the connection, and leave nothing behind."""
        self._ws = ws
        self._allow(min(self.server.max_http_buffer_size, self.limits.unjoined_bytes))
        try:
            await super()._websocket_handler(ws)
        except ValueError:
            await self._hang_up(NOT_ENGINE_IO, NOT_ENGINE_IO_REASON)
        finally:
            await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)

    def _cut_off(self) -> None:
        """Drop what waits for a client that does not keep up, and tell it to come again."""
        self.is_cut_off = True
        self.server.cut_off += 1
        self.queue.clear()
        self.hang_up(RESYNC, RESYNC_REASON)

    def hang_up(self, code: int, reason: str) -> None:
        """Close the websocket with a code; the rest follows from its end."""
        self.start(self._hang_up(code, reason))

    async def _hang_up(self, code: int, reason: str) -> None:
        """Send the close frame when there is room for it; do not wait for that forever."""
        self._loop.call_later(self.limits.drains_within_s, self._abort)
        with suppress(Exception):  # it is gone already
            await self._ws.asgi_send({"type": "websocket.close", "code": code, "reason": reason})

    def _abort(self) -> None:
        """End the connection without another word."""
        transport = self._transport()
        if transport is not None:
            transport.abort()

    def _transport(self) -> Any:
        """Return the transport under the stock protocol, None under another server."""
        return getattr(self._protocol_below(), "transport", None)

    def _protocol_below(self) -> Any:
        """Return the stock protocol, None under another server."""
        return getattr(getattr(self._ws, "asgi_send", None), "__self__", None)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something that nobody waits for."""
        task = self._loop.create_task(work)
        self.server.errands.add(task)
        task.add_done_callback(self.server.errands.discard)
