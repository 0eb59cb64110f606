"""Hot events: those that come by the thousand and are taken by a plain call, frame by frame."""

import re
from collections.abc import Callable
from typing import Any, Final

import structlog

from realtime.lane.frames import TEXT, frame

log = structlog.get_logger()

Taker = Callable[[str, bytes, Callable[[bytes], None]], bool]
"""(sid, payload, answer) -> whether it was taken. Must not wait; may answer later, at most once."""

HEAD: Final = re.compile(rb'42(/[a-z]{1,20}),(0|[1-9][0-9]{0,8})\["([a-z_]{1,40})",(?={)')
"""An event with one namespace, one number and an object for payload, spelt as browsers spell it."""
TAIL = b"}]"
MAX_BYTES = 1_000_000
"""Larger ones go the ordinary way, where they are refused."""


def take_hot(sio: Any, namespace: str, event: str, taker: Taker) -> None:
    """Hand every `event` of `namespace` that arrives on a lane to `taker`.

    The taker gets the bytes between the event's name and the closing bracket: one JSON object when
    the browser is honest. When it returns False the message goes to python-socketio's handlers.
    """
    sio.eio.takers[namespace.encode(), event.encode()] = (namespace, taker)


class Answer:
    """The way back to the one message: call it with JSON bytes. Only the first call counts."""

    __slots__ = ("_head", "_put")

    def __init__(self, put: Callable[[bytes], None], head: bytes) -> None:
        self._put: Callable[[bytes], None] | None = put
        self._head = head

    def __call__(self, json: bytes) -> None:
        """Send the acknowledgement, if the connection is still there."""
        put, self._put = self._put, None
        if put is not None:
            put(frame(TEXT, b"43%b[%b]" % (self._head, json)))

    @property
    def is_given(self) -> bool:
        """Whether it was called."""
        return self._put is None


def offer(engine: Any, eio_sid: str, message: bytes, put: Callable[[bytes], None]) -> bool:
    """Give a text message to the taker of its event; False if it must go the ordinary way."""
    head = HEAD.match(message)
    if head is None or not message.endswith(TAIL) or len(message) > MAX_BYTES:
        return False
    namespace, number, event = head.groups()
    found = engine.takers.get((namespace, event))
    if found is None:
        return False
    name, taker = found
    sid = _seat(engine.sio.manager, eio_sid, name)
    if sid is None:
        return False
    answer = Answer(put, b"%b,%b" % (namespace, number))
    try:
        return bool(taker(sid, message[head.end() : -1], answer))
    except Exception:
        log.exception("taker failed", namespace=name, name=event.decode())
        return answer.is_given


def _seat(manager: Any, eio_sid: str, namespace: str) -> str | None:
    """Return who this connection is in a namespace, None unless it is fully connected there."""
    sid: str | None = manager.sid_from_eio_sid(eio_sid, namespace)
    return sid if sid is not None and manager.is_connected(sid, namespace) else None
