"""Writing CSV that spreadsheets open as text and never run."""

import csv
import io
from collections.abc import Iterable, Sequence

STARTS_FORMULA = (
    "=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20",
)  # fmt: skip
"""Source: OWASP ASVS 1.2.10, with the full-width forms some spreadsheets take too."""

BOM = "\ufeff"
"""Goes first in a file: without it Excel reads UTF-8 as something else."""


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    A blank before the sign hides nothing: some programs trim first.
    """
    return f"'{cell}" if cell.startswith(STARTS_FORMULA) or _hidden(cell) else cell


def write_rows(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV: commas, quotes doubled, lines ended as RFC 4180 has it."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows(
        [harmless(cell) for cell in row] for row in rows
    )
    return text.getvalue()


def _hidden(cell: str) -> bool:
    """Whether a formula's sign follows blanks."""
    return cell[:1].isspace() and cell.lstrip().startswith(STARTS_FORMULA)
