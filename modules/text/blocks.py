"""A small plain-text form of rich text, parsed into typed blocks. It never holds HTML.

A blank line ends a paragraph, "## " begins a heading, "- " an entry of a list, and
[text](https://...) is a link. Everything else is just text.
"""

import re
from dataclasses import dataclass

from modules.links import ADDRESS

LINK = re.compile(rf"\[([^\[\]\n]{{1,200}})\]\(({ADDRESS.pattern.replace('[^', '[^()')})\)")
HEADING, ENTRY = "## ", "- "


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line; a link if `url` is not empty."""

    text: str
    url: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph (one line) or a list (a line per entry)."""

    kind: str
    lines: tuple[Line, ...]


def parse(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text, in order."""
    blocks: list[Block] = []
    kind, kept = "", list[str]()
    for raw in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        line = raw.strip()
        found = _kind_of(line, kind)
        if kept and (found != kind or found == "heading"):
            blocks.append(_block(kind, kept))
            kept = []
        kind = found
        if line:
            kept.append(line)
    return tuple(blocks)


def spans(line: str) -> Line:
    """Split a line at its links."""
    found: list[Span] = []
    end = 0
    for link in LINK.finditer(line):
        if before := line[end : link.start()]:
            found.append(Span(before))
        found.append(Span(link[1], link[2]))
        end = link.end()
    if rest := line[end:]:
        found.append(Span(rest))
    return tuple(found)


def _kind_of(line: str, before: str) -> str:
    """Tell what a line belongs to; a plain line after a list entry goes on with that entry."""
    if not line:
        return ""
    if line.startswith(HEADING):
        return "heading"
    if line.startswith(ENTRY):
        return "list"
    return "list" if before == "list" else "paragraph"


def _block(kind: str, lines: list[str]) -> Block:
    """Put the lines of one block together."""
    if kind == "list":
        entries: list[str] = []
        for line in lines:
            if line.startswith(ENTRY):
                entries.append(line.removeprefix(ENTRY).strip())
            else:
                entries[-1] += f" {line}"
        return Block(kind, tuple(spans(entry) for entry in entries))
    text = " ".join(lines)
    return Block(kind, (spans(text.removeprefix(HEADING).strip() if kind == "heading" else text),))
