"""Histories in the manner of Jepsen, and what must be true of them at the end.

Whoever does something writes it down before it goes out (`invoke`) and when it was promised (`ok`).
What was invoked and neither promised nor refused is unknown: it may be stored, or not, but not
twice. Each act carries a mark of its own, so a row is known whatever number it got.
"""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic


class Outcome(StrEnum):
    UNKNOWN = "unknown"
    OK = "ok"
    FAILED = "failed"


@dataclass(slots=True)
class Operation:
    """One act of one visitor."""

    mark: str
    invoked_at: float
    outcome: Outcome = Outcome.UNKNOWN
    ended_at: float | None = None


@dataclass
class History:
    """What one visitor did, in order, and the visits it went to."""

    who: str
    operations: dict[str, Operation] = field(default_factory=dict)
    visits: list[str] = field(default_factory=list)
    resends: int = 0
    answers: Counter = field(default_factory=Counter)

    def invoke(self, mark):
        self.operations[mark] = Operation(mark, monotonic())

    def settle(self, mark, outcome):
        operation = self.operations[mark]
        if operation.outcome is Outcome.UNKNOWN:
            operation.outcome, operation.ended_at = outcome, monotonic()

    def count(self, outcome):
        return sum(each.outcome is outcome for each in self.operations.values())


@dataclass
class Verdict:
    """What is wrong, by kind; empty lists are good news."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    disordered: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    stored: int = 0
    promised: int = 0
    unknown: int = 0

    @property
    def is_good(self):
        return not self.wrong

    @property
    def wrong(self):
        kinds = ("lost", "doubled", "disordered", "gaps", "strangers")
        return {kind: getattr(self, kind)[:5] for kind in kinds if getattr(self, kind)}


def check_acts(histories, trails):
    """Compare histories with the database.

    `trails` maps a visit's id to its rows in the order of their numbers: [(seq, mark)].
    """
    verdict = Verdict()
    known = {visit for history in histories for visit in history.visits}
    verdict.strangers += [visit for visit in trails if visit not in known]
    for history in histories:
        _check_one(history, trails, verdict)
    return verdict


def _check_one(history, trails, verdict):
    rows = [(visit, *row) for visit in history.visits for row in trails.get(visit, ())]
    marks = [mark for _, _, mark in rows]
    count = Counter(marks)
    verdict.stored += len(rows)
    verdict.doubled += [mark for mark, times in count.items() if times > 1]
    for mark, operation in history.operations.items():
        verdict.promised += operation.outcome is Outcome.OK
        verdict.unknown += operation.outcome is Outcome.UNKNOWN
        if operation.outcome is Outcome.OK and not count[mark]:
            verdict.lost.append(mark)
        if operation.outcome is Outcome.FAILED and count[mark]:
            verdict.strangers.append(mark)
    verdict.strangers += [mark for mark in marks if mark not in history.operations]
    if list(dict.fromkeys(marks)) != [mark for mark in history.operations if count[mark]]:
        verdict.disordered.append(history.who)
    for visit in history.visits:
        numbers = [seq for seq, _ in trails.get(visit, ())]
        if numbers != list(range(1, len(numbers) + 1)):
            verdict.gaps.append(visit)


def check_console(shown, trails):
    """Compare what a console showed, visit by visit, with the database: exactly that, in order."""
    verdict = Verdict(stored=sum(map(len, trails.values())))
    verdict.strangers += [visit for visit in shown if visit not in trails]
    for visit, rows in trails.items():
        seen, stored = shown.get(visit, ()), set(rows)
        times = Counter(seen)
        verdict.lost += [f"{visit} {row}" for row in rows if not times[row]]
        verdict.doubled += [f"{visit} {row}" for row, count in times.items() if count > 1]
        verdict.strangers += [f"{visit} {row}" for row in times if row not in stored]
        if [row[0] for row in seen] != sorted(row[0] for row in seen):
            verdict.disordered.append(visit)
    return verdict
