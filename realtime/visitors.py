"""/visitors: what happens on campaign and personal sites."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from app import bus, clock, logs, metrics
from app.accounts.browsers import name_browser
from app.bus import Announcement
from app.db import reading, transaction
from app.errors import NotFoundError
from app.tracking.claims import PageClaims, read_claims
from app.tracking.errors import RefusedError, SlowDownError
from app.tracking.intake import join_group, note_here, open_page, take_acts_of, until_settled
from app.tracking.live import LiveVisit
from app.tracking.queries import find_groundless
from app.tracking.visits import Opening, note_away
from app.turns import Door
from realtime.guard import MAX_MESSAGE, Ack, GuardedNamespace, accepts, admits, refused
from realtime.messages import Nothing, VisitorActs, VisitorHello
from realtime.repeated import Repeated

VISITORS = "/visitors"
VISITOR = "visitor"
"""Who may call: a browser that was served the page and whose newest choice is yes."""
CLOSING = ("consent-withdrawn", "links-revoked", "visit-ended")
"""What closes visitors' sockets, heard from other processes too."""
MOST_OPENING = 4
"""Visits opened at the same time; a thousand that come back at once take their turns."""
SPENT_RETRY_MS = 500
"""When a socket may try again whose allowance is gone: by then some acts' worth has grown."""
RECHECK_S = 60.0
"""How often all seats are asked whether they still stand, in case nobody said so."""


@dataclass(slots=True)
class Seat:
    """What a socket proved when it connected; nothing of it is ever taken from a message.

    `live` is set once the visit is open.
    """

    visit_id: UUID
    claims: PageClaims
    live: LiveVisit | None = None


class Visitors(GuardedNamespace):
    """Visitors' open pages. A visit may hold several sockets for a moment, as after a reload."""

    def __init__(self) -> None:
        super().__init__(VISITORS)
        self.seats: dict[str, Seat] = {}
        self._of: dict[UUID, set[str]] = {}
        self._door = Door(wide=MOST_OPENING)
        self._closing: set[asyncio.Future[None]] = set()
        self._recheck = Repeated(RECHECK_S, self.recheck)

    @admits(VisitorHello, who=VISITOR)
    async def on_connect(self, sid: str, environ: Mapping[str, Any], hello: VisitorHello) -> None:
        """Admit a page whose browser said yes, and begin or resume its visit."""
        claims = read_claims(hello.page)
        if claims is None:
            raise NotFoundError
        logs.bind(workspace=claims.workspace_id, visit=hello.visit)
        device = name_browser(environ.get("HTTP_USER_AGENT", ""))
        seat = Seat(hello.visit, claims)
        self._sit(sid, seat)
        try:
            opening = Opening(hello.visit, claims, device, held_by=sid)
            seat.live = await self._open(sid, opening)
        except BaseException:
            self._stand_up(sid)
            raise

    async def _open(self, sid: str, opening: Opening) -> LiveVisit:
        """Open a visit, a few at a time; who left while waiting has come again elsewhere."""
        async with self._door.enter():
            if self.is_gone(sid):
                raise NotFoundError
            return await open_page(opening, now=clock.now())

    @accepts(VisitorActs, who=VISITOR)
    async def on_acts(self, sid: str, batch: VisitorActs) -> Ack:
        """Store what a visitor did; the ack means it is on disk."""
        live = self._live(sid)
        self.spend_rest(sid, len(batch.acts) - 1)
        receipt = await take_acts_of(live, batch.acts, now=clock.now())
        metrics.ACTS_DROPPED.inc(batch.dropped)
        return {"last": receipt.last, "problems": receipt.problems}

    def take_at_once(self, sid: str, payload: bytes, answer: Callable[[bytes], None]) -> bool:
        """Do what `on_acts` does, without a task, for plain acts that came by the fast lane.

        False, and nothing done, for everything else: that goes through `on_acts`.
        """
        seat = self.seats.get(sid)
        if seat is None or seat.live is None or len(payload) > MAX_MESSAGE:
            return False
        if self.is_spent(sid):
            answer(refused(SlowDownError(SPENT_RETRY_MS)))
            return True
        try:
            batch = VisitorActs.model_validate_json(payload)
        except ValidationError:
            return False
        if not batch.acts or not seat.live.takes(batch.acts):
            return False
        try:
            self.spend(sid, len(batch.acts))
            join_group(seat.live, batch.acts, partial(_answer, answer), now=clock.now())
        except RefusedError as refusal:
            answer(refused(refusal))
            return True
        if batch.dropped:
            metrics.ACTS_DROPPED.inc(batch.dropped)
        return True

    @accepts(Nothing, who=VISITOR)
    async def on_here(self, sid: str, _message: Nothing) -> Ack:
        """Keep the visit alive; tells the browser which act was stored last."""
        return {"last": await note_here(self._live(sid), now=clock.now())}

    async def on_disconnect(self, sid: str, _reason: object = None) -> None:
        """Note that a visitor is away, unless the page has opened another socket meanwhile."""
        seat = self._stand_up(sid)
        if seat is not None:
            if seat.live is not None:
                await until_settled(seat.live)
            async with transaction() as db:
                await note_away(db, seat.visit_id, held_by=sid, now=clock.now())

    def hear(self, fact: Announcement) -> None:
        """Close sockets whose ground is gone: no consent, no way in, or no visit any more."""
        if fact.name not in CLOSING:
            return
        for sid in [*self._of.get(fact.subject, ())]:
            self._close(sid)

    def recheck_soon(self) -> None:
        """Check all seats now: something may not have been heard."""
        self._recheck.soon()

    async def recheck(self) -> None:
        """Close the sockets whose ground is gone by what the database says."""
        standing = {sid: seat for sid, seat in self.seats.items() if seat.live is not None}
        async with reading() as db:
            gone = await find_groundless(db, {seat.visit_id for seat in standing.values()})
        for sid, seat in standing.items():
            if seat.visit_id in gone:
                self._close(sid)

    def _close(self, sid: str) -> None:
        """Close a socket, soon."""
        task = asyncio.ensure_future(self.disconnect(sid))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _sit(self, sid: str, seat: Seat) -> None:
        """Take a seat, to be found by visit, browser and site."""
        self.seats[sid] = seat
        for subject in _subjects(seat):
            self._of.setdefault(subject, set()).add(sid)
        self._recheck.start()
        bus.attend(seat.claims.workspace_id, CLOSING)
        metrics.SOCKETS_OPEN.labels(VISITORS).inc()

    def _stand_up(self, sid: str) -> Seat | None:
        """Give a seat back; None if it was."""
        seat = self.seats.pop(sid, None)
        if seat is None:
            return None
        for subject in _subjects(seat):
            sitting = self._of.get(subject, set())
            sitting.discard(sid)
            if not sitting:
                self._of.pop(subject, None)
        bus.leave(seat.claims.workspace_id, CLOSING)
        if not self.seats:
            self._recheck.stop()
        metrics.SOCKETS_OPEN.labels(VISITORS).dec()
        return seat

    def _live(self, sid: str) -> LiveVisit:
        """Return the visit of this socket. Raises NotFoundError once it has been closed."""
        seat = self.seats.get(sid)
        if seat is None or seat.live is None:
            raise NotFoundError
        return seat.live


def _subjects(seat: Seat) -> Iterable[UUID]:
    """Return what a seat stands on: its visit, its browser and its site."""
    claims = seat.claims
    subjects = (seat.visit_id, claims.browser_id, claims.site_id)
    return [subject for subject in subjects if subject is not None]


def _answer(answer: Callable[[bytes], None], outcome: int | Exception) -> None:
    """Answer acts that went with a group."""
    if isinstance(outcome, Exception):
        answer(refused(outcome))
    else:
        answer(b'{"ok":true,"last":%d,"problems":{}}' % outcome)
