"""Puts bounded sockets into a python-socketio server; the one place that touches its insides."""

import asyncio
from typing import Any

import engineio
from engineio import packet
from socketio import AsyncServer

from realtime.lane.direct import LaneSocket
from realtime.lane.ears import Ear
from realtime.lane.hot import Taker
from realtime.lane.limits import Limits
from realtime.lane.sockets import BoundedSocket


class LaneEngine(engineio.AsyncServer):  # type: ignore[misc]
    """engine.io's server with sockets of ours; websocket only."""

    sio: AsyncServer
    limits: Limits
    takers: dict[tuple[bytes, bytes], tuple[str, Taker]]
    errands: set[asyncio.Task[None]]
    cut_off: int
    """How many clients were cut off because they read too slowly."""

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        """Open a connection: what engine.io does, with a socket that fits the connection."""
        del transport, jsonp_index
        environ.pop("wsgi.input", None)  # a websocket has none; it would be a class for each
        sid = self.generate_id()
        socket = self._socket_over(environ, sid)
        self.sockets[sid] = socket
        await socket.send(packet.Packet(packet.OPEN, self._greeting(sid)))
        refusal = await self._trigger_event("connect", sid, environ, run_async=False)
        if refusal is not None and refusal is not True:
            await socket.close(wait=False, abort=True)
            return self._unauthorized(refusal or None)
        socket.schedule_ping()
        try:
            return await socket.handle_get_request(environ)
        except BaseException:
            await socket.close(wait=False, abort=True, reason=self.reason.TRANSPORT_ERROR)
            raise

    def _socket_over(self, environ: dict[str, Any], sid: str) -> BoundedSocket:
        """Return the fast socket where the connection can be taken over, else the stock one."""
        ear = environ["asgi.receive"]
        if isinstance(ear, Ear) and ear.protocol is not None:
            return LaneSocket(self, sid, ear.protocol)
        return BoundedSocket(self, sid)

    def _greeting(self, sid: str) -> dict[str, object]:
        """Return what engine.io tells a client first."""
        return {
            "sid": sid,
            "upgrades": [],
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": self.max_http_buffer_size,
        }


def install(sio: AsyncServer, limits: Limits | None = None) -> None:
    """Make a server use bounded sockets, and lanes where uvicorn runs with `LaneProtocol`."""
    engine = sio.eio
    if engine.transports != ["websocket"]:
        raise ValueError("only a server whose one transport is websocket can have bounded sockets")
    engine.__class__ = LaneEngine
    engine.sio = sio
    engine.limits = limits or Limits()
    engine.takers, engine.errands, engine.cut_off = {}, set(), 0
    engine.start_service_task = False  # it looks for dead clients; each socket does that itself
