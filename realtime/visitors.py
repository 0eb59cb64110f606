"""/visitors: what happens on campaign and personal sites."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app import clock
from app.accounts.browsers import name_browser
from app.bus import Announcement
from app.db import transaction
from app.errors import NotFoundError
from app.tracking.claims import PageClaims, read_claims
from app.tracking.intake import open_visit, take_acts
from app.tracking.visits import Opening, note_away, note_here
from realtime.guard import Ack, GuardedNamespace, accepts, admits
from realtime.messages import Nothing, VisitorActs, VisitorHello

VISITOR = "visitor"
"""Who may call: a browser that was served the page and whose newest choice is yes."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What a socket proved when it connected; nothing of it is ever taken from a message."""

    visit_id: UUID
    claims: PageClaims


class Visitors(GuardedNamespace):
    """Visitors' open pages. A visit may hold several sockets for a moment, as after a reload."""

    def __init__(self, namespace: str) -> None:
        super().__init__(namespace)
        self.seats: dict[str, Seat] = {}

    @admits(VisitorHello, who=VISITOR)
    async def on_connect(self, sid: str, environ: Mapping[str, Any], hello: VisitorHello) -> None:
        """Admit a page whose browser said yes, and begin or resume its visit."""
        claims = read_claims(hello.page)
        if claims is None:
            raise NotFoundError
        device = name_browser(environ.get("HTTP_USER_AGENT", ""))
        self.seats[sid] = Seat(hello.visit, claims)
        try:
            await open_visit(Opening(hello.visit, claims, device), now=clock.now())
        except BaseException:
            self.seats.pop(sid, None)
            raise

    @accepts(VisitorActs, who=VISITOR)
    async def on_acts(self, sid: str, batch: VisitorActs) -> Ack:
        """Store what a visitor did; the ack means it is on disk."""
        seat = self._seat(sid)
        self.spend(sid, max(0, len(batch.acts) - 1))
        receipt = await take_acts(
            batch.acts, visit_id=seat.visit_id, claims=seat.claims, now=clock.now()
        )
        return {"last": receipt.last, "problems": receipt.problems}

    @accepts(Nothing, who=VISITOR)
    async def on_here(self, sid: str, _message: Nothing) -> Ack:
        """Keep the visit alive; tells the browser which act was stored last."""
        seat = self._seat(sid)
        async with transaction() as db:
            last = await note_here(db, seat.visit_id, claims=seat.claims, now=clock.now())
        return {"last": last}

    async def on_disconnect(self, sid: str, _reason: object = None) -> None:
        """Note that a visitor is away when the visit's last socket here is gone."""
        seat = self.seats.pop(sid, None)
        if seat is None or any(other.visit_id == seat.visit_id for other in self._others()):
            return
        async with transaction() as db:
            await note_away(db, seat.visit_id, now=clock.now())

    async def hear(self, announcement: Announcement) -> None:
        """Close sockets whose ground is gone: no consent, no way in, or no visit any more."""
        whose = {
            "consent-withdrawn": lambda seat: seat.claims.browser_id,
            "links-revoked": lambda seat: seat.claims.site_id,
            "visit-ended": lambda seat: seat.visit_id,
        }.get(announcement.name)
        if whose is None:
            return
        subject = announcement.subject
        for sid in [sid for sid, seat in self.seats.items() if whose(seat) == subject]:
            await self.disconnect(sid)

    def _seat(self, sid: str) -> Seat:
        """Return what this socket proved. Raises NotFoundError once it has been closed."""
        if sid not in self.seats:
            raise NotFoundError
        return self.seats[sid]

    def _others(self) -> list[Seat]:
        """Return the seats that are taken."""
        return list(self.seats.values())
