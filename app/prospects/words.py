"""Text as people type it: cleaned, bounded, and folded for comparing and searching."""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header

UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
"""Direction overrides and byte order marks: they make a name look like another."""
ENCODED = re.compile(r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?\s]*\?=")
UNSHOWN = {"Cc", "Cs"}
LONGEST_SHOWN = 40


def one_line(text: str, *, limit: int) -> str:
    """Return text as one line: outer spaces gone, inner ones single, composed (NFC).

    Raises ValueError, in words for people, if it is longer than `limit` or holds control
    characters, also ones hidden in a mail header's encoded words.
    """
    if not (text.isascii() and text.isprintable()):
        text = UNSEEN.sub("", unicodedata.normalize("NFC", text))
    text = " ".join(text.split())
    _refuse_controls(text)
    return _bounded(text, limit)


def lines(text: str, *, limit: int) -> str:
    """Return text whose line breaks mean something (an address, a note), otherwise as `one_line`.

    Empty lines at both ends go, runs of them become one.
    """
    text = UNSEEN.sub("", unicodedata.normalize("NFC", text))
    kept = "\n".join(" ".join(line.split()) for line in text.splitlines())
    kept = re.sub(r"\n{3,}", "\n\n", kept).strip()
    _refuse_controls(kept.replace("\n", " "))
    return _bounded(kept, limit)


def fold(text: str) -> str:
    """Return text as it is searched and sorted: no case, no accents, single spaces."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return " ".join(text.casefold().split())


def name_key(name: str) -> str | None:
    """Return a company's name as compared: case and spacing do not count, accents do."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())[:200] or None


def shortened(text: str, limit: int = LONGEST_SHOWN) -> str:
    """Return the beginning of a text, with an ellipsis where something was cut off."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _bounded(text: str, limit: int) -> str:
    """Refuse what is too long."""
    if len(text) > limit:
        raise ValueError(f"Please use at most {limit} characters; this has {len(text)}.")
    return text


def _refuse_controls(text: str) -> None:
    """Refuse control characters, plain or inside encoded words (they would split a mail header)."""
    if text.isascii() and text.isprintable() and "=?" not in text:
        return
    for plain in (text, _decoded(text)):
        if any(unicodedata.category(sign) in UNSHOWN for sign in plain):
            raise ValueError("This holds characters that cannot be shown.")


def _decoded(text: str) -> str:
    """Return text with a mail header's encoded words opened; unreadable ones count as harmless."""
    if not ENCODED.search(text):
        return ""
    try:
        parts = decode_header(text)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "latin-1", "replace")
            for part, charset in parts
        )
    except (HeaderParseError, LookupError, ValueError):
        return ""
