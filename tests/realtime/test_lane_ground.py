"""What the lane rests on inside pinned libraries. Fails first, and says where, after an upgrade."""

import hashlib
import inspect

import engineio
import pytest
import socketio
from engineio import async_socket, base_socket
from engineio.async_drivers import asgi
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import EXTERNAL_CLOSE_CODES

from realtime.lane import protocol

pytestmark = pytest.mark.no_database

READ = {
    WebSocketsSansIOProtocol: "0bbcec989384",
    engineio.AsyncServer._handle_connect: "5bd7edc1d1ae",
    engineio.AsyncServer._trigger_event: "4a09b6e47eb6",
    engineio.AsyncServer._service_task: "b6358bda51d0",
    async_socket.AsyncSocket: "af72dafc541d",
    base_socket.BaseSocket: "d787ee3666d0",
    asgi.WebSocket: "ce9c81653992",
    socketio.base_manager.BaseManager: "b393b4c05dbd",
}


def digest(thing):
    """Return a short mark of a piece of source."""
    return hashlib.sha256(inspect.getsource(thing).encode()).hexdigest()[:12]


@pytest.mark.parametrize("thing", list(READ), ids=lambda thing: thing.__qualname__)
def test_the_library_code_the_lane_was_written_against_is_unchanged(thing):
    assert digest(thing) == READ[thing], (
        f"{thing.__qualname__} has changed. Read the difference, compare it with realtime/lane"
        f" (its README says what rests on what), then note {digest(thing)} here."
    )


def test_the_handshake_still_leaves_behind_what_the_lane_forgets():
    made = inspect.getsource(WebSocketsSansIOProtocol)
    for name in protocol.HANDSHAKE:
        assert f"self.{name}" in made
    assert {1000, 1012} <= EXTERNAL_CLOSE_CODES
