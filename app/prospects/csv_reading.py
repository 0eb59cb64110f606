"""Reading a table out of whatever a spreadsheet or another system calls CSV. Pure; no I/O."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median_low

from app.prospects.identity import normalise_email

MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_ROW = 100
"""Lines one row may span; a quotation mark never closed would swallow the rest of the file."""
DELIMITERS = (",", ";", "\t", "|")
SAMPLE = 30
LONGEST_SAMPLE = 200_000
SHOWN_SAMPLE = 4_000
MOST_UNSEEN = 20
"""One unseen character in so many is too much for a text."""

ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows (Western Europe)",
    "cp1250": "Windows (Central Europe)",
    "cp1251": "Windows (Cyrillic)",
    "mac-roman": "Mac (Western)",
}
"""Encodings a person may choose, with what they are called."""
DELIMITER_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

NOT_TEXT = (
    "This is not a text file. Please save your table as CSV (in Excel: Save as, CSV UTF-8) and"
    " choose that file."
)


OPEN_QUOTE = "A quotation mark is opened here and never closed."
TOO_LONG = "This row holds far too much text in one place."
TOO_WIDE = f"This row has more than {MOST_COLUMNS} columns."
MOST_UNREADABLE = 1_000
LONGEST_SHOWN = 200


class UnreadableFileError(ValueError):
    """A file no table can be read from, with a text for people."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number as a spreadsheet shows it, its cells, and what is wrong."""

    number: int
    cells: Sequence[str]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class CsvTable:
    """What was read: headers (made up where the file has none), rows, and how it was read."""

    headers: Sequence[str]
    rows: Sequence[Row]
    encoding: str
    delimiter: str
    has_headers: bool
    warning: str = ""


def read_table(content: bytes, *, encoding: str = "") -> CsvTable:
    """Read a CSV file; the encoding is found out unless it is given.

    Raises UnreadableFileError for empty and binary files and for too many rows or columns. A row
    that cannot be read is kept with its problem: the others are good.
    """
    text, found_encoding, warning = decode(content, encoding)
    separator, text = _said_separator(text)
    delimiter = separator or _sniff(text)
    rows = list(islice(_rows(text, delimiter), MOST_ROWS + 2))
    if not rows:
        raise UnreadableFileError("This file is empty.")
    first = rows[0]
    has_headers = not any(_is_address(cell) for cell in first.cells)
    rows = rows[1:] if has_headers else rows
    if len(rows) > MOST_ROWS:
        raise UnreadableFileError(
            f"This file has more than {MOST_ROWS:,} rows. Please split it into several."
        )
    if not rows:
        raise UnreadableFileError("This file has only a line of headings and nobody below it.")
    width = median_low(len(row.cells) for row in rows[:SAMPLE])
    headers = _headers(first.cells if has_headers else [], max(width, len(first.cells)))
    return CsvTable(headers, rows, found_encoding, delimiter, has_headers, warning)


def decode(content: bytes, encoding: str = "") -> tuple[str, str, str]:
    """Return a file's text, the encoding it was read in, and what to tell people about that."""
    if not content.strip(b"\x00\r\n\t \xef\xbb\xbf\xff\xfe"):
        raise UnreadableFileError("This file is empty.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_strictly(content, "utf-16"), "utf-16", ""
    if content.startswith(b"PK\x03\x04"):
        raise UnreadableFileError(
            "This is a workbook, not a CSV file. In Excel choose Save as, CSV UTF-8, and choose"
            " that file."
        )
    if b"\x00" in content or content.startswith((b"%PDF", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")):
        raise UnreadableFileError(NOT_TEXT)
    if encoding in ENCODINGS:
        return content.decode(encoding, "replace").removeprefix("\ufeff"), encoding, ""
    try:
        return _shown(content.decode("utf-8-sig")), "utf-8", ""
    except UnicodeDecodeError:
        warning = (
            "This file is not UTF-8, so it was read as Windows (Western Europe). Please check"
            " below that names with accents look right, or choose another encoding."
        )
        return _decode_strictly(content, "cp1252"), "cp1252", warning


def _decode_strictly(content: bytes, encoding: str) -> str:
    """Decode or refuse."""
    try:
        return _shown(content.decode(encoding))
    except UnicodeDecodeError as error:
        raise UnreadableFileError(NOT_TEXT) from error


def _shown(text: str) -> str:
    """Refuse text full of control characters: it is none."""
    start = text[:SHOWN_SAMPLE]
    unseen = sum(not sign.isprintable() and not sign.isspace() for sign in start)
    if unseen * MOST_UNSEEN > len(start):
        raise UnreadableFileError(NOT_TEXT)
    return text


def _said_separator(text: str) -> tuple[str, str]:
    """Read Excel's own first line "sep=;", if there is one."""
    first, _, rest = text.partition("\n")
    first = first.strip()
    if len(first) == len("sep=;") and first.casefold().startswith("sep="):
        return first[-1], rest
    return "", text


def _sniff(text: str) -> str:
    """Return the sign that splits the first rows most evenly into most columns."""
    start = text[:LONGEST_SAMPLE]

    def evenness(delimiter: str) -> tuple[float, int]:
        widths = [len(row.cells) for row in islice(_rows(start, delimiter), SAMPLE)]
        width = widths[0] if widths else 1
        same = sum(found == width for found in widths) / max(1, len(widths))
        return (same if width > 1 else 0, width)

    return max(DELIMITERS, key=evenness)


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Give the rows that hold anything, numbered from 1 as a spreadsheet does.

    After a row that cannot be read, reading starts anew with the line below its first.
    """
    physical = list(io.StringIO(text, newline=""))
    line, number, unreadable = 0, 0, 0
    while line < len(physical):
        for cells, problem, below in _read_from(physical, line, delimiter):
            line = below
            number += 1
            unreadable += bool(problem)
            if unreadable > MOST_UNREADABLE:
                raise UnreadableFileError("Too many rows of this file cannot be read.")
            if any(cell.strip() for cell in cells):
                yield Row(number, cells, problem)


def _read_from(
    physical: Sequence[str], first: int, delimiter: str
) -> Iterator[tuple[list[str], str, int]]:
    """Give (cells, problem, next line) for each row from a line on; ends after a broken one."""
    below = map(physical.__getitem__, range(first, len(physical)))
    reader = csv.reader(below, delimiter=delimiter)
    start = first
    try:
        for cells in reader:
            end = first + reader.line_num
            if _is_open(physical[start:end]):
                yield [physical[start].strip()], OPEN_QUOTE, start + 1
                return
            yield cells, TOO_WIDE if len(cells) > MOST_COLUMNS else "", end
            start = end
    except csv.Error:
        yield [physical[start].strip()[:LONGEST_SHOWN]], TOO_LONG, start + 1


def _is_open(span: Sequence[str]) -> bool:
    """Whether a row of several lines holds a quotation mark that is never closed."""
    if len(span) == 1:
        return False
    return len(span) > LONGEST_ROW or sum(line.count('"') for line in span) % 2 == 1


def _headers(cells: Sequence[str], width: int) -> list[str]:
    """Return a name for every column; nameless ones are called by their place."""
    names = [" ".join(cell.split())[:60] for cell in cells[:MOST_COLUMNS]]
    names += [""] * (min(width, MOST_COLUMNS) - len(names))
    return [name or f"Column {place}" for place, name in enumerate(names, start=1)]


def _is_address(cell: str) -> bool:
    """Whether a cell holds an e-mail address."""
    if "@" not in cell:
        return False
    try:
        normalise_email(cell)
    except ValueError:
        return False
    return True
