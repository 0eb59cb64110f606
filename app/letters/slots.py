"""Keeping places for values while MJML is compiled: marks go in, escaped values come out.

The marks hold a random word of this process, so nobody's text can pass for one.
"""

import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from html import escape

from app.letters.merge import Field, read_parts

WORD = secrets.token_hex(8)
MARK = re.compile(rf"slot{WORD}n(\d+)n")


class Slots:
    """The fields of one letter, numbered as they are met."""

    def __init__(self) -> None:
        self._fields: list[Field] = []

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields met so far, in order."""
        return tuple(self._fields)

    def hold(self, field: Field) -> str:
        """Return the mark that stands for a field."""
        self._fields.append(field)
        return self.mark(len(self._fields) - 1)

    def mark(self, number: int) -> str:
        """Return how the field of this number is marked."""
        return f"slot{WORD}n{number}n"

    def text(self, template: str) -> str:
        """Return people's text fit for MJML: escaped, its fields replaced by marks."""
        return self._marked(template, lambda part: escape(part, quote=False))

    def source(self, template: str, extra: Iterable[str]) -> str:
        """Return MJML somebody wrote themselves, its fields replaced by marks."""
        return self._marked(template, lambda part: part, extra)

    def _marked(self, template: str, write: Callable[[str], str], extra: Iterable[str] = ()) -> str:
        """Write text by `write` and fields as marks."""
        return "".join(
            self.hold(part) if isinstance(part, Field) else write(part)
            for part in read_parts(template, extra)
        )


def fill(html: str, fields: tuple[Field, ...], values: Mapping[str, str]) -> str:
    """Put the values, escaped, where their marks are; once, so a value is never read again."""
    return MARK.sub(lambda mark: escape(fields[int(mark[1])].value(values)), html)
