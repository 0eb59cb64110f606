"""The websocket frame format, server side, without I/O: bytes in, messages out (RFC 6455)."""

from typing import Final

from websockets.frames import EXTERNAL_CLOSE_CODES

try:
    from websockets.speedups import apply_mask
except ImportError:  # built without a compiler
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES: Final = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
WHOLE, RESERVED, OPCODE = 0x80, 0x70, 0x0F
WHOLE_TEXT: Final = WHOLE | TEXT
MASKED, LENGTH = 0x80, 0x7F
TWO_BYTES, EIGHT_BYTES = 126, 127
"""Lengths that say: the length follows in so many bytes."""
UNKNOWN = -1
"""A length that has not arrived yet."""
SHORT_MASKED = MASKED | 125
SHORTEST = 2
LONGEST_HEAD = 14
FRAMES_AT_ONCE: Final = range(32)
"""One call reads so many: what a client sends in one piece does not keep the others waiting."""
LONGEST_CONTROL = 125
LONGEST_SHORT, LONGEST_MIDDLE = 125, 0xFFFF
PRIVATE_CODES = range(3000, 5000)
PROTOCOL_ERROR, INVALID_DATA, TOO_BIG = 1002, 1007, 1009

Message = tuple[int, bytes]
"""Opcode and payload of a whole message or a control frame."""


class FrameError(Exception):
    """What a peer sent breaks the protocol; the connection ends with `code`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class FrameReader:
    """Turns the bytes of one client into messages; holds nothing while nothing is unfinished.

    While it `has_more`, whole frames may wait in it: feed it again, with nothing if need be.
    After a close frame or a failure everything further is discarded.
    """

    __slots__ = (
        "_buffer",
        "_limit",
        "_max_size",
        "_need",
        "_opcode",
        "_parts",
        "failure",
        "is_done",
    )

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._limit = max_size
        self._buffer: bytearray | None = None
        self._need = 0
        self._parts: bytearray | None = None
        self._opcode = 0
        self.is_done = False
        self.failure: FrameError | None = None

    @property
    def has_more(self) -> bool:
        """Whether bytes wait that were not looked at yet."""
        return self._buffer is not None and not self._need

    def allow(self, max_size: int) -> None:
        """Let messages have another size; one that came too far already is not awaited."""
        self._limit += max_size - self._max_size
        self._max_size = max_size
        awaited = 0 if self._buffer is None else self._need
        if self._limit < 0 or awaited > max_size + LONGEST_HEAD:
            self.drop()

    def drop(self) -> None:
        """Forget what is unfinished, and read nothing further."""
        self.is_done = True
        self._buffer = self._parts = None

    def feed(self, data: bytes) -> list[Message]:
        """Take what arrived and return what it completed; look at `failure` afterwards."""
        if self.is_done:
            return []
        if self._buffer is not None:
            self._buffer += data
            if len(self._buffer) < self._need:
                return []
            data, self._buffer = bytes(self._buffer), None
        messages: list[Message] = []
        try:
            self._read(data, messages)
        except FrameError as error:
            self.failure = FrameError(error.code, error.reason)  # a caught one keeps its frames
            self.drop()
        return messages

    def _read(self, data: bytes, messages: list[Message]) -> None:
        """Read whole frames of `data`, not too many, and keep the rest. Raises FrameError."""
        at, end, need = 0, len(data), 0
        for _ in FRAMES_AT_ONCE:
            if end - at < SHORTEST:
                need = SHORTEST
                break
            head, second = data[at], data[at + 1]
            length, start = second & LENGTH, at + 6
            if length > LONGEST_SHORT:
                length, start = _long_length(data, at, length)
            if (
                head != WHOLE_TEXT
                or self._parts is not None
                or not MASKED <= second <= SHORT_MASKED
            ):
                self._check(head, second, length)
            stop = start + length
            if stop > end:
                self._keep(data, at, stop - at)
                return
            payload = apply_mask(data[start:stop], data[start - 4 : start])
            at = stop
            if head == WHOLE_TEXT:
                messages.append((TEXT, _checked_text(payload)))
            elif self._take(head, payload, messages):
                return
        if at < end:
            self._keep(data, at, need)

    def _keep(self, data: bytes, at: int, need: int) -> None:
        """Keep an unfinished frame until `need` bytes of it are here; 0: it was not looked at."""
        self._buffer = bytearray(data[at:])
        self._need = need

    def _check(self, head: int, second: int, length: int) -> None:
        """Refuse a frame by its head, before its payload is awaited. Raises FrameError."""
        opcode = head & OPCODE
        if opcode not in OPCODES:
            raise FrameError(PROTOCOL_ERROR, "invalid opcode")
        if not second & MASKED:
            raise FrameError(PROTOCOL_ERROR, "incorrect masking")
        if length == UNKNOWN:
            return
        if length > self._limit:
            raise FrameError(TOO_BIG, "message too big")
        if head & RESERVED:
            raise FrameError(PROTOCOL_ERROR, "reserved bits must be 0")
        if opcode >= CLOSE:
            if length > LONGEST_CONTROL or not head & WHOLE:
                raise FrameError(PROTOCOL_ERROR, "control frame too long or fragmented")
        elif (opcode == CONTINUATION) == (self._parts is None):
            raise FrameError(PROTOCOL_ERROR, "fragments out of order")

    def _take(self, head: int, payload: bytes, messages: list[Message]) -> bool:
        """Take any frame but a whole text; True when it was the last one."""
        opcode = head & OPCODE
        if opcode >= CLOSE:
            if opcode == CLOSE:
                self._close(payload)
            messages.append((opcode, payload))
            return self.is_done
        if opcode != CONTINUATION:
            if head & WHOLE:
                messages.append((opcode, payload))
                return False
            self._opcode, self._parts = opcode, bytearray()
        assert self._parts is not None  # noqa: S101  _check saw to it
        self._parts += payload
        self._limit -= len(payload)
        if head & WHOLE:
            whole = bytes(self._parts)
            self._parts, self._limit = None, self._max_size
            messages.append((self._opcode, _checked_text(whole) if self._opcode == TEXT else whole))
        return False

    def _close(self, payload: bytes) -> None:
        """Check a close frame, the last one that counts. Raises FrameError."""
        if payload:
            _checked_text(payload[2:])
            close_code(payload)
        if self._parts is not None:
            raise FrameError(PROTOCOL_ERROR, "incomplete fragmented message")
        self.is_done = True


def close_code(payload: bytes) -> int:
    """Return the code a close frame carries. Raises FrameError."""
    code = int.from_bytes(payload[:2], "big")
    if len(payload) < SHORTEST or not (code in EXTERNAL_CLOSE_CODES or code in PRIVATE_CODES):
        raise FrameError(PROTOCOL_ERROR, "invalid status code")
    return code


def _long_length(data: bytes, at: int, short: int) -> tuple[int, int]:
    """Return length and beginning of a payload longer than 125; their sum is right in any case."""
    start = at + (4 if short == TWO_BYTES else 10)
    if len(data) < start:
        return UNKNOWN, start + 4 - UNKNOWN
    return int.from_bytes(data[at + 2 : start], "big"), start + 4


def _checked_text(payload: bytes) -> bytes:
    """Return a text as it is. Raises FrameError if it is no UTF-8."""
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            raise FrameError(INVALID_DATA, "invalid UTF-8") from error
    return payload


def frame(opcode: int, payload: bytes) -> bytes:
    """Return a whole frame as a server sends it."""
    length = len(payload)
    if length <= LONGEST_SHORT:
        return bytes((WHOLE | opcode, length)) + payload
    if length <= LONGEST_MIDDLE:
        return bytes((WHOLE | opcode, TWO_BYTES, length >> 8, length & 0xFF)) + payload
    return bytes((WHOLE | opcode, EIGHT_BYTES)) + length.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame."""
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode())
