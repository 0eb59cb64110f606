"""The list of people at a hundred thousand of them: figures of prospects.py as a table."""

import asyncio
import os
import tempfile

from benchmarks import prospects
from benchmarks.report import Report

PEOPLE = 100_000
COLUMNS = ("question", "ms", "worst ms")


def measure() -> tuple[Report, ...]:
    """Build the people, ask, and import ten thousand more."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        os.environ["VAR_DIR"] = folder
        results = asyncio.run(prospects.run(PEOPLE))
    rows = tuple(
        (name, float(times["ms"]), float(times.get("worst_ms", times["ms"])))
        for name, times in results.items()
    )
    title = f"People: the list and an import at {PEOPLE:,} people"
    notes = (
        f"Middle and worst of {prospects.RUNS} asked in one process, count and page together.",
    )
    return (Report(title, COLUMNS, rows, notes),)
