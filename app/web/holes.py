"""Pages drawn once with holes in them: what is one browser's own is filled in per answer.

A page is drawn with marks where its secrets stand, cut at them, and each piece is compressed once.
An answer joins the pieces with what belongs between them. In the compressed answer that goes in
as stored blocks: a secret is never compressed together with anything, so the size of an answer
tells nothing of it.
"""

import re
import secrets
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

LEVEL = 6
MOST_STORED = 65_535
"""Bytes in one stored block (RFC 1951, 3.2.4)."""
GZIP_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
SIZES = {"csrf": 64}
"""Bytes of what always has the same size."""
NO_TEXT = b"\xff"
"""A byte that UTF-8 does not use."""
LONGEST_REFERENCE = 32_768
LAST_BLOCK = b"\x01\x00\x00\xff\xff"
"""A stored block of nothing, marked as the last one."""

_MARK = f"hole{secrets.token_hex(16)}"
"""Told to nobody, so no text from outside can hold a mark."""
_CUT = re.compile(rf"{_MARK}-([a-z]+)-")
_is_marking: ContextVar[bool] = ContextVar("is_marking", default=False)


@contextmanager
def marking() -> Iterator[None]:
    """Say that a page is drawn for many until the end of the block."""
    token = _is_marking.set(True)
    try:
        yield
    finally:
        _is_marking.reset(token)


def is_marking() -> bool:
    """Whether a page is being drawn for many."""
    return _is_marking.get()


def mark(name: str) -> str:
    """Return what stands in a drawn page where `name` is to be filled in."""
    return f"{_MARK}-{name}-"


@dataclass(frozen=True, slots=True)
class HoledPage:
    """A page cut at its holes: `pieces` has one more than `names`."""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]
    zipped: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return sum(map(len, self.pieces)) + sum(map(len, self.zipped))

    def filled(self, values: Mapping[str, bytes]) -> bytes:
        """Return the page with everything in its place."""
        parts = [self.pieces[0]]
        for name, piece in zip(self.names, self.pieces[1:], strict=True):
            parts += (values[name], piece)
        return b"".join(parts)

    def filled_and_zipped(self, values: Mapping[str, bytes]) -> bytes:
        """Return the same in the gzip format (RFC 1952), without compressing anything."""
        parts = [GZIP_HEAD, self.zipped[0]]
        check = zlib.crc32(self.pieces[0])
        length = len(self.pieces[0])
        stored = {name: _stored(name, value) for name, value in values.items()}
        for name, piece, zipped in zip(self.names, self.pieces[1:], self.zipped[1:], strict=True):
            check = zlib.crc32(piece, zlib.crc32(values[name], check))
            length += len(values[name]) + len(piece)
            parts += (stored[name], zipped)
        parts += (LAST_BLOCK, struct.pack("<II", check, length & 0xFFFFFFFF))
        return b"".join(parts)


def cut(html: str) -> HoledPage:
    """Cut a page drawn with marks, and compress its pieces."""
    parts = _CUT.split(html)
    pieces, names = tuple(part.encode() for part in parts[::2]), tuple(parts[1::2])
    return HoledPage(pieces, names, tuple(_zipped(pieces, names)))


def _zipped(pieces: Sequence[bytes], names: Sequence[str]) -> Iterator[bytes]:
    """Compress pieces into blocks that end on a byte.

    A piece may refer to what stands before it, never to what is filled in: there the compressor
    sees bytes that no text holds. Behind a hole of unknown size it sees nothing.
    """
    seen = b""
    for piece, name in zip(pieces, (*names, ""), strict=True):
        compressor = zlib.compressobj(
            LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=seen[-LONGEST_REFERENCE:]
        )
        yield compressor.compress(piece) + compressor.flush(zlib.Z_FULL_FLUSH)
        size = SIZES.get(name)
        seen = seen + piece + NO_TEXT * size if size else b""


def _stored(name: str, value: bytes) -> bytes:
    """Return a value as blocks that hold it as it is. Raises ValueError for a wrong size."""
    if len(value) != SIZES.get(name, len(value)):
        raise ValueError(f"{name} must have {SIZES[name]} bytes.")
    chunks = (value[at : at + MOST_STORED] for at in range(0, len(value), MOST_STORED))
    return b"".join(
        b"\x00" + struct.pack("<HH", len(chunk), len(chunk) ^ 0xFFFF) + chunk for chunk in chunks
    )
