"""Visits as this process holds them while their pages are open.

What stands here is a guess about the database, right nearly always because a visit has one page.
Whatever is stored by it is stored under the condition that it is right (ledger.py), and where it
is not, the act takes the long way and the guess is made anew.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID
from weakref import WeakValueDictionary

from app.tracking.claims import PageClaims
from app.tracking.models import ActKind, Visit
from app.tracking.shapes import SentAct
from app.tracking.wording import describe, moment_of

MOST_CLICKED = 300
"""So many clicked things of a person are remembered; beyond that the database is asked."""
PLAIN = frozenset({ActKind.OPENED, ActKind.CLICKED, ActKind.MEDIA, ActKind.MOVED, ActKind.SCROLLED})
"""Acts that are stored and told and change nothing else."""

Clicked = tuple[str, str, str]
"""Name, module and target of what was clicked."""


class NewAct(NamedTuple):
    """An act about to be stored; the same fields as `Act`."""

    seq: int
    kind: str
    name: str
    module: str
    target: str
    text: str
    details: dict[str, Any]
    is_repeat: bool
    happened_at: datetime
    stored_at: datetime


@dataclass(slots=True, eq=False, weakref_slot=True)
class LiveVisit:
    """A visit whose page is open here.

    Acts up to `stored` are on disk; those up to `taken` are, or wait in a group for their commit.
    `clicked` is what the person clicked so far, None where that is too much to keep. `is_sure` is
    False after something went wrong: then only the database knows.
    """

    id: UUID
    claims: PageClaims
    owner_id: UUID
    prospect_id: UUID | None
    stored: int
    taken: int
    seen_at: datetime
    clicked: set[Clicked] | None
    is_sure: bool = True
    waiting: int = 0
    long_ways: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    calm: asyncio.Event | None = None

    def adopt(self, visit: Visit, clicked: set[Clicked] | None) -> None:
        """Believe what the database says."""
        self.owner_id, self.prospect_id = visit.owner_id, visit.prospect_id
        self.stored = self.taken = visit.last_seq
        self.seen_at, self.clicked, self.is_sure = visit.seen_at, clicked, True

    def takes(self, acts: Sequence[SentAct]) -> bool:
        """Whether these acts may go with the next group, without asking the database first."""
        if not self.is_sure or self.long_ways:
            return False
        expected = self.taken + 1
        for act in acts:
            if act.kind not in PLAIN or act.kind not in self.claims.kinds:
                return False
            if act.seq > expected or (self.clicked is None and act.kind is ActKind.CLICKED):
                return False
            expected += act.seq == expected
        return True

    def write_down(self, acts: Iterable[SentAct], now: datetime) -> list[NewAct]:
        """Turn acts that `takes` allows into rows, and count them as taken."""
        rows = [self._row(act, now) for act in acts if act.seq > self.taken]
        # Only now: if one of them could not be written down, none is taken.
        if rows:
            self.taken = rows[-1].seq
        return rows

    def _row(self, act: SentAct, now: datetime) -> NewAct:
        """Return the row of one act."""
        kind, name, module, target = act.kind, act.name, act.module, act.target
        is_repeat = False
        if kind is ActKind.CLICKED and self.clicked is not None:
            what = (name, module, target)
            is_repeat = what in self.clicked
            self.clicked.add(what)
            if len(self.clicked) > MOST_CLICKED:
                self.clicked = None
        text = describe(kind, name, target, act.details, self.claims.own)
        return NewAct(
            act.seq, kind.value, name, module, target, text, act.details, is_repeat,
            moment_of(act.at, now), now,
        )  # fmt: skip

    def begin_waiting(self) -> None:
        """Count what waits for a commit."""
        self.waiting += 1

    def end_waiting(self) -> None:
        """Count it as settled, and let those go on who wait for that."""
        self.waiting -= 1
        if not self.waiting and self.calm is not None:
            self.calm.set()
            self.calm = None

    async def until_calm(self) -> None:
        """Wait until nothing of this visit waits for a commit."""
        if self.waiting:
            self.calm = self.calm or asyncio.Event()
            await self.calm.wait()


here: WeakValueDictionary[UUID, LiveVisit] = WeakValueDictionary()
"""The visits whose pages are open in this process: two sockets of one visit share its LiveVisit."""


def remember(visit: Visit, claims: PageClaims, clicked: set[Clicked] | None) -> LiveVisit:
    """Return what this process holds of a visit, as it stands in the database now."""
    live = here.get(visit.id)
    if live is None:
        live = here[visit.id] = LiveVisit(
            id=visit.id, claims=claims, owner_id=visit.owner_id, prospect_id=visit.prospect_id,
            stored=visit.last_seq, taken=visit.last_seq, seen_at=visit.seen_at, clicked=clicked,
        )  # fmt: skip
    elif not live.waiting and not live.long_ways:
        live.adopt(visit, clicked)
    live.claims = claims
    return live
