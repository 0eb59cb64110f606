"""Tables of results: how a benchmark hands them over, and how people read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median


@dataclass(frozen=True, slots=True)
class Report:
    """One table. `notes` say what a reader must know to judge it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    notes: tuple[str, ...] = ()


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0-1) of all values do not exceed; NaN of none."""
    ranked = sorted(values)
    return ranked[max(0, ceil(share * len(ranked)) - 1)] if ranked else float("nan")


def middle(values: Iterable[float]) -> float:
    """Return the median; NaN of none."""
    listed = list(values)
    return median(listed) if listed else float("nan")


def as_text(report: Report) -> str:
    """Return a table for a terminal."""
    cells = [report.columns, *(tuple(map(_shown, row)) for row in report.rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in cells]
    rule = "-" * max(map(len, lines))
    return "\n".join(["", report.title, rule, lines[0], rule, *lines[1:], *_indented(report)])


def as_markdown(report: Report) -> str:
    """Return a table for a document."""
    rows = [report.columns, ("---",) * len(report.columns), *report.rows]
    table = ["| " + " | ".join(map(_shown, row)) + " |" for row in rows]
    return "\n".join([f"### {report.title}", "", *table, "", *(f"- {n}" for n in report.notes)])


def _shown(cell: object) -> str:
    """Write a cell with as many digits as mean something."""
    if not isinstance(cell, float):
        return f"{cell:,}" if isinstance(cell, int) else str(cell)
    digits = 0 if abs(cell) >= 100 else 1 if abs(cell) >= 10 else 2
    return f"{cell:,.{digits}f}"


def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
    """Pad cells: words to the left, figures to the right."""
    return [
        cell.rjust(width) if cell[:1].isdigit() else cell.ljust(width)
        for cell, width in zip(row, widths, strict=True)
    ]


def _indented(report: Report) -> list[str]:
    """Return the notes as lines below the table."""
    return [f"  {note}" for note in report.notes]
