"""The life of a visit: it begins with a yes, lives while somebody is there, and ends by itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.bus import Announcement, announce
from app.config import settings
from app.db import insert_or_ignore
from app.errors import NotFoundError
from app.jobs.commands import enqueue
from app.prospects.commands import add_to_timeline
from app.prospects.models import Prospect
from app.sites.links import note_opened
from app.sites.queries import get_titles
from app.tracking.claims import PageClaims
from app.tracking.errors import VisitOverError
from app.tracking.models import Act, ActKind, Visit
from app.tracking.standing import Standing, demand_standing
from app.tracking.summary import is_worth_telling, summarise, timeline_line

CLOCK_SLACK = timedelta(minutes=1)
"""Clocks of processes may differ by this much."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A browser that opens a page: which visit it says this is, and on what device."""

    visit_id: UUID
    claims: PageClaims
    device: str
    held_by: str = ""
    """The socket the page opened, if it did; unique over all processes."""


async def begin_or_resume(db: AsyncSession, opening: Opening, *, now: datetime) -> Visit:
    """Return the live visit of this browser, begun now if it is new.

    Raises NoConsentError, VisitOverError for one that has ended, and NotFoundError for a visit of
    another browser or a way in that is closed, as for anything else that is not there.
    """
    standing = await demand_standing(db, opening.claims)
    visit = await _find_visit(db, opening.visit_id)
    if visit is None:
        new = _new_visit(opening, standing, now)
        inserted = await db.scalar(insert_or_ignore(Visit, [new]).returning(Visit.id))
        visit = await get_live_visit(db, opening.visit_id, claims=opening.claims)
        if inserted:
            tell(db, "visit-began", visit)
            if visit.site_id and not visit.is_staff:
                await note_opened(db, browser_id=visit.browser_id, now=now)
            return visit
    demand_alive(visit, claims=opening.claims)
    visit.held_by = opening.held_by or visit.held_by
    come_back(db, visit, now=now)
    return visit


async def _find_visit(db: AsyncSession, visit_id: UUID) -> Visit | None:
    """Return a visit and hold its row: what is stored of one visit queues here."""
    visit: Visit | None = await db.scalar(
        select(Visit).where(Visit.id == visit_id).with_for_update()
    )
    return visit


async def get_live_visit(db: AsyncSession, visit_id: UUID, *, claims: PageClaims) -> Visit:
    """Return this browser's visit and hold its row: what is stored of one visit queues here.

    Raises NotFoundError for anybody else's, VisitOverError for one that has ended.
    """
    return demand_alive(await _find_visit(db, visit_id), claims=claims)


def demand_alive(visit: Visit | None, *, claims: PageClaims) -> Visit:
    """Return a visit that is this browser's and goes on; raises as `get_live_visit` does."""
    here = (claims.browser_id, claims.campaign_id, claims.site_id)
    if visit is None or (visit.browser_id, visit.campaign_id, visit.site_id) != here:
        raise NotFoundError
    if visit.ended_at is not None:
        raise VisitOverError(visit.last_seq)
    return visit


def _new_visit(opening: Opening, standing: Standing, now: datetime) -> dict[str, object]:
    """Return the row of a visit that begins now."""
    claims = opening.claims
    return {
        "id": opening.visit_id, "workspace_id": claims.workspace_id,
        "campaign_id": claims.campaign_id, "owner_id": standing.owner_id,
        "browser_id": claims.browser_id, "site_id": claims.site_id,
        "prospect_id": standing.prospect_id, "is_staff": standing.is_staff,
        "device": opening.device[:60],
        "source": dict(claims.source), "last_seq": 0, "started_at": now, "seen_at": now,
        "held_by": opening.held_by, "summary": {},
    }  # fmt: skip


async def find_owner(db: AsyncSession, prospect_id: UUID | None) -> UUID | None:
    """Return who looks after a person now, whatever a page said that was served earlier."""
    if prospect_id is None:
        return None
    return await db.scalar(select(Prospect.owner_id).where(Prospect.id == prospect_id))


def come_back(db: AsyncSession, visit: Visit, *, now: datetime) -> None:
    """Note that the visitor is there, and say so if they were away."""
    visit.seen_at = max(visit.seen_at, now)
    if visit.away_at is not None:
        visit.away_at = None
        tell(db, "visit-presence", visit, {"state": "here"})


def go_away(db: AsyncSession, visit: Visit, *, now: datetime) -> None:
    """Note that the page was left or its last socket closed; the first of these counts."""
    if visit.away_at is None:
        visit.away_at = now
        tell(db, "visit-presence", visit, {"state": "away"})


async def note_away(db: AsyncSession, visit_id: UUID, *, held_by: str = "", now: datetime) -> None:
    """Note that the socket of a visit closed; one that has ended stays as it is.

    Nothing happens when another socket holds it by now, here or in another process: a page that
    loads again opens its new one before the old one is gone.
    """
    live = (Visit.id == visit_id) & (Visit.held_by == held_by) & Visit.ended_at.is_(None)
    visit = await db.scalar(select(Visit).where(live).with_for_update())
    if visit is not None:
        go_away(db, visit, now=now)


async def list_overdue(db: AsyncSession, *, now: datetime) -> list[UUID]:
    """Return live visits that were left too long ago or have been silent too long.

    A line that is lost without a word (a tunnel, a restart) is silence: it may come back.
    """
    return list((await db.scalars(select(Visit.id).where(_is_overdue(now)).limit(1000))).all())


async def find_silent(db: AsyncSession, *, now: datetime) -> list[UUID]:
    """Return visits that are here by the book and have given no sign of life for a while."""
    return list((await db.scalars(select(Visit.id).where(_is_silent(now)).limit(1000))).all())


async def note_silence(db: AsyncSession, visit_ids: Collection[UUID], *, now: datetime) -> None:
    """Note that silent visitors are away: their process may have died with their sockets.

    Where a clock that was set back left a sign of life ahead of it, silence counts from now.
    """
    silent = select(Visit).where(Visit.id.in_(visit_ids), _is_silent(now))
    for visit in await db.scalars(silent.order_by(Visit.id).with_for_update()):
        if visit.seen_at > now:
            visit.seen_at = now
        else:
            go_away(db, visit, now=visit.seen_at)


async def end_overdue_visit(db: AsyncSession, visit_id: UUID, *, now: datetime) -> bool:
    """End a visit, unless its visitor was heard of since it was listed as overdue.

    A heartbeat may have waited all the while behind a long write, such as an import.
    """
    still = select(Visit.id).where(Visit.id == visit_id, _is_overdue(now)).with_for_update()
    return await db.scalar(still) is not None and await end_visit(db, visit_id, now=now)


def _is_silent(now: datetime) -> ColumnElement[bool]:
    """Whether nothing was heard of a visitor for two thirds of the time that ends a visit.

    Or so it may be: the last that was heard lies ahead of the clock.
    """
    patience = timedelta(seconds=settings().visit_silence_s * 2 / 3)
    quiet = Visit.away_at.is_(None) & (Visit.seen_at <= now - patience)
    return Visit.ended_at.is_(None) & or_(quiet, Visit.seen_at > now + CLOCK_SLACK)


def _is_overdue(now: datetime) -> ColumnElement[bool]:
    """Whether a live visit was left too long ago or has been silent too long."""
    left = exists().where(
        Act.visit_id == Visit.id, Act.seq == Visit.last_seq, Act.kind == ActKind.LEFT
    )
    gone = left & (Visit.away_at <= now - timedelta(seconds=settings().visit_grace_s))
    silent = Visit.seen_at <= now - timedelta(seconds=settings().visit_silence_s)
    return Visit.ended_at.is_(None) & or_(gone, silent)


async def end_visit(
    db: AsyncSession, visit_id: UUID, *, now: datetime, is_withdrawn: bool = False
) -> bool:
    """End a visit: summarise it, tell its person's timeline and let it lead to a next version.

    False if it has ended already. A colleague's visit ends too and leads to nothing.
    """
    live = select(Visit).where(Visit.id == visit_id, Visit.ended_at.is_(None)).with_for_update()
    visit = await db.scalar(live)
    if visit is None:
        return False
    visit.ended_at = visit.away_at or (now if is_withdrawn else visit.seen_at)
    visit.summary = await summarise(db, visit, is_withdrawn=is_withdrawn)
    tell(db, "visit-ended", visit)
    if is_worth_telling(visit):
        await put_on_timeline(db, visit, now=now)
    if is_worth_telling(visit) and visit.site_id is not None:
        payload = {"site_id": str(visit.site_id), "visit_id": str(visit.id)}
        await enqueue(db, "next-version", payload, now=now, key=f"next-version-{visit.id}")
    return True


async def put_on_timeline(db: AsyncSession, visit: Visit, *, now: datetime) -> None:
    """Write an ended visit on its person's timeline, once; nothing while nobody is known."""
    if visit.prospect_id is not None:
        titles = await get_titles(db, visit.site_id) if visit.site_id else {}
        await add_to_timeline(db, visit.prospect_id, timeline_line(visit, titles), now=now)


def tell(db: AsyncSession, name: str, visit: Visit, facts: dict[str, object] | None = None) -> None:
    """Announce something about a visit to those who may see it."""
    announce(
        db,
        Announcement(
            name,
            visit.workspace_id,
            visit.id,
            owner_id=visit.owner_id,
            prospect_id=visit.prospect_id,
            facts=facts or {},
        ),
    )
