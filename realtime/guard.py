"""The door every socket event passes: rate, shape, and refusals turned into answers.

`@admits` stands before `on_connect`, `@accepts` before every other event; both say who may call.
A refused message is answered, leaves nothing behind, and the connection lives on.
"""

import json
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from pydantic import ValidationError
from socketio import AsyncNamespace
from socketio.exceptions import ConnectionRefusedError as Refusal
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT, Packet

from app import metrics
from app.db import is_away
from app.errors import DomainError, TooManyError
from app.tracking.errors import NOT_STORED_RETRY_MS, NotStoredError, RefusedError
from app.tracking.rate import Bucket
from realtime.messages import Message

log = structlog.get_logger()

Ack = Mapping[str, object]
M = TypeVar("M", bound=Message)
P = ParamSpec("P")
H = TypeVar("H", bound=Callable[..., Awaitable[Any]])
Event = Callable[[Any, str, M], Awaitable[Ack]]
GuardedEvent = Callable[..., Awaitable[Ack]]
LIFE = {"connect", "disconnect"}
INWARD = {str(kind) for kind in (CONNECT, DISCONNECT, EVENT, ACK)}
MAX_MESSAGE = 1_000_000
"""Characters of the largest message that is read; larger ones are refused unread."""
HEAD_LENGTH = 120
HEAD = re.compile(
    r'[25](?:\d{1,9}-)?(?P<namespace>/[a-z]{1,20}),(?P<id>\d{1,9})\[\s*"(?P<event>[a-z_]{1,40})"'
)
"""How an event begins that asks for an answer."""


def accepts(shape: type[M], *, who: str) -> Callable[[Event[M]], GuardedEvent]:
    """Parse the payload as `shape`, run the handler, and answer {"ok": ...} whatever happens.

    `who` declares who may call it; the architecture test reads it.
    """

    def decorate(handler: Event[M]) -> GuardedEvent:
        @wraps(handler)
        async def guarded(self: Any, sid: str, *payload: object) -> Ack:
            try:
                message = shape.model_validate(_only(payload))
                return {"ok": True, **await handler(self, sid, message)}
            except Exception as error:  # noqa: BLE001  whatever it is, the browser gets an answer
                return {"ok": False, **explain(error, handler.__name__)}

        return _declare(guarded, who)

    return decorate


Connect = Callable[Concatenate[Any, str, Mapping[str, Any], P], Awaitable[None]]


def admits(
    shape: type[M], *, who: str
) -> Callable[[Connect[[M]]], Callable[[Any, str, Mapping[str, Any], object], Awaitable[None]]]:
    """Parse what a browser opens its socket with; a refusal tells it the same way as an ack."""

    def decorate(
        handler: Connect[[M]],
    ) -> Callable[[Any, str, Mapping[str, Any], object], Awaitable[None]]:
        @wraps(handler)
        async def guarded(
            self: Any, sid: str, environ: Mapping[str, Any], auth: object = None
        ) -> None:
            try:
                await handler(self, sid, environ, shape.model_validate(auth))
            except Exception as error:
                told = explain(error, handler.__name__)
                raise Refusal(told["error"], told) from error

        return _declare(guarded, who)

    return decorate


def refused(error: Exception) -> bytes:
    """Write the ack of a message that was not, as JSON."""
    return json.dumps({"ok": False, **explain(error, "fast lane")}).encode()


def explain(error: Exception, where: str) -> dict[str, object]:
    """Turn an exception into what a browser is told; a bug is logged and tells nothing."""
    told = _explain(error, where)
    metrics.refuse_acts(str(told["error"]))
    return told


def _explain(error: Exception, where: str) -> dict[str, object]:
    """Choose the words for an exception."""
    if isinstance(error, ValidationError):
        return {"error": "malformed"}
    if isinstance(error, RefusedError):
        return {"error": error.code, **error.facts}
    if isinstance(error, TooManyError):
        return {"error": "slow-down", "retry_ms": error.retry_after_s * 1000}
    if isinstance(error, DomainError):
        return {"error": error.code}
    if is_away(error):
        log.warning("database away", handler=where, error=type(error).__name__)
        return {"error": NotStoredError.code, "retry_ms": NOT_STORED_RETRY_MS}
    log.error("socket event failed", handler=where, exc_info=error)
    return {"error": "internal"}


def _only(payload: tuple[object, ...]) -> object:
    """Return the one argument of an event, {} for none; more than one fits no shape."""
    return payload[0] if len(payload) == 1 else list(payload) or {}


def _declare(handler: H, who: str) -> H:
    """Attach a declaration where the architecture tests look for it: `handler.who`."""
    vars(handler)["who"] = who
    return handler


class GuardedNamespace(AsyncNamespace):  # type: ignore[misc]
    """A namespace whose events are exactly its declared handlers, each held to a rate."""

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self.buckets: dict[str, Bucket] = {}

    async def trigger_event(self, event: object, *args: Any) -> Any:
        """Dispatch an event, or refuse it.

        The library sends client-made events called "connect" and "disconnect" to the same
        handlers as real ones. A real one only comes while the socket is not (or no longer)
        connected, which is how they are told apart.
        """
        sid = args[0]
        is_life = event in LIFE if isinstance(event, str) else False
        is_inside = self.server.manager.is_connected(sid, self.namespace)
        if is_life and not is_inside:
            try:
                admitted = await super().trigger_event(event, *args)
                return admitted if self._is_still_there(event, sid) else await self._let_go(sid)
            finally:
                if event == "disconnect":
                    self.buckets.pop(sid, None)
        handler = getattr(self, f"on_{event}", None) if isinstance(event, str) else None
        if is_life or not hasattr(handler, "who"):
            return {"ok": False, "error": "unknown"}
        return await self._held_to_rate(sid, handler, args)

    def _is_still_there(self, event: object, sid: str) -> bool:
        """Whether a connection outlived its admission: the library reports no end before it."""
        return event != "connect" or not self.is_gone(sid)

    def is_gone(self, sid: str) -> bool:
        """Whether the connection behind a socket is over, as far as is known."""
        eio_sid = self.server.manager.eio_sid_from_sid(sid, self.namespace)
        connection = self.server.eio.sockets.get(eio_sid)
        return connection is None or connection.is_lost

    async def _let_go(self, sid: str) -> bool:
        """Clean up after a browser that was gone before it was admitted."""
        await super().trigger_event("disconnect", sid, "transport close")
        self.buckets.pop(sid, None)
        return False

    async def _held_to_rate(self, sid: str, handler: Any, args: tuple[Any, ...]) -> Ack:
        """Run a handler unless this socket has sent too much."""
        try:
            self.spend(sid, 1)
        except RefusedError as refusal:
            return {"ok": False, **explain(refusal, "rate")}
        answer: Ack = await handler(*args)
        return answer

    def is_spent(self, sid: str) -> bool:
        """Whether this socket has no allowance left, so that nothing of it need be read."""
        bucket = self.buckets.get(sid)
        return bucket is not None and bucket.is_empty(at=time.monotonic())

    def spend(self, sid: str, count: int) -> None:
        """Take from this socket's allowance. Raises SlowDownError."""
        now = time.monotonic()
        bucket = self.buckets.get(sid)
        if bucket is None:
            bucket = self.buckets[sid] = Bucket(now)
        bucket.take(count, at=now)

    def spend_rest(self, sid: str, count: int) -> None:
        """Take what a message costs beyond the one taken for it, or nothing of it at all.

        Otherwise one that is sent again and again would eat what grows meanwhile.
        """
        try:
            self.spend(sid, max(0, count))
        except RefusedError:
            self.buckets[sid].give_back(1)
            raise


class TextPacket(Packet):  # type: ignore[misc]
    """The wire format as browsers may use it towards us; everything else is one refused event.

    Binary attachments, which nothing here needs, would be collected as many as a client announces.
    A frame that cannot be read raises in the library, which writes a trace for each: here it
    becomes an event nobody handles, and spends the sender's allowance. Where its head is legible
    it keeps its number, so that the sender is told; what is too large is never parsed.
    """

    id: int | None

    def __init__(self, *args: Any, encoded_packet: object = None, **fields: Any) -> None:
        super().__init__(*args, encoded_packet=encoded_packet, **fields)
        if encoded_packet is not None and not encoded_packet:
            self.decode(encoded_packet)

    def decode(self, encoded_packet: object) -> int:
        """Read one frame, an empty one too. Never raises."""
        try:
            if self._is_readable(encoded_packet):
                super().decode(encoded_packet)
                self._check()
                return 0
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            log.debug("frame refused", why=type(error).__name__)
        self.packet_type, self.id, self.data = EVENT, None, ["malformed"]
        self._keep_head(encoded_packet)
        return 0

    def _is_readable(self, frame: object) -> bool:
        """Whether a frame may be parsed at all: text, of a kind we take, not too large."""
        return isinstance(frame, str) and frame[:1] in INWARD and len(frame) <= MAX_MESSAGE

    def _keep_head(self, frame: object) -> None:
        """Take over event, namespace and number of a refused frame, with a payload of no shape."""
        head = HEAD.match(frame[:HEAD_LENGTH]) if isinstance(frame, str) else None
        if head is not None:
            self.namespace, self.id = head["namespace"], int(head["id"])
            self.data = [head["event"], "malformed"]

    def _check(self) -> None:
        """Refuse an event without a name. Raises ValueError."""
        is_named = isinstance(self.data, list) and self.data and isinstance(self.data[0], str)
        if self.packet_type == EVENT and not is_named:
            raise ValueError("an event without a name")
