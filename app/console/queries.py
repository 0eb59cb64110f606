"""Reading for the console: who is here, what they do, what they did."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.models import Role
from app.campaigns.models import Campaign
from app.errors import NotFoundError
from app.prospects.models import Company, Prospect
from app.prospects.queries import visible_to
from app.tracking.models import Act, Visit
from app.tracking.queries import list_acts, list_last_words

FEED_LENGTH = 30
LIVE_LIMIT = 100


@dataclass(frozen=True, slots=True)
class SeenVisit:
    """A visit as the console shows it; `who` is "Somebody" until the person is known."""

    visit: Visit
    campaign: str
    who: str
    title: str
    company: str
    acts: Sequence[Act] = ()
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_here(self) -> bool:
        """Whether the visitor's page is open now."""
        return self.visit.ended_at is None and self.visit.away_at is None

    @property
    def presence(self) -> str:
        """What `data-presence` says: here, away, or over."""
        if self.visit.ended_at is not None:
            return "over"
        return "here" if self.is_here else "away"

    @property
    def minutes(self) -> int:
        """Whole minutes from the start to the last sign of life."""
        return int((self.visit.seen_at - self.visit.started_at).total_seconds() // 60)


def visible_visits(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for visits this viewer may see, for a query that joins Prospect.

    Visits of a known person belong to those who see the person now, whoever saw them before; those
    of an anonymous visitor to the campaign's rep and to admins.
    """
    unknown = and_(Visit.prospect_id.is_(None), literal(viewer.role is not Role.SUPPORT))
    if viewer.role is Role.REP:
        unknown = and_(unknown, Visit.owner_id == viewer.user_id)
    here = Visit.workspace_id == viewer.workspace_id
    return and_(here, or_(visible_to(viewer), unknown))


def _seen() -> Select[Visit, str, str, str, str]:
    """Select visits with the names of their campaign, person and company."""
    return (
        select(Visit, Campaign.name, Prospect.name, Prospect.title, Company.name)
        .join(Campaign, Campaign.id == Visit.campaign_id)
        .outerjoin(Prospect, Prospect.id == Visit.prospect_id)
        .outerjoin(Company, Company.id == Prospect.company_id)
    )


async def _rows(db: AsyncSession, query: Select[Visit, str, str, str, str]) -> list[SeenVisit]:
    """Run a `_seen` query."""
    return [
        SeenVisit(visit, campaign, who or "Somebody", title or "", company or "")
        for visit, campaign, who, title, company in await db.execute(query)
    ]


async def list_live_visits(db: AsyncSession, *, viewer: Viewer) -> list[SeenVisit]:
    """Return the visits going on now, newest first, each with its latest acts in order."""
    query = (
        _seen()
        .where(visible_visits(viewer), Visit.ended_at.is_(None))
        .order_by(Visit.started_at.desc(), Visit.id)
        .limit(LIVE_LIMIT)
    )
    seen = await _rows(db, query)
    ids = [each.visit.id for each in seen]
    feeds, said = await _list_feeds(db, ids), await list_last_words(db, ids)
    return [
        replace(each, acts=feeds.get(each.visit.id, ()), said=said.get(each.visit.id, {}))
        for each in seen
    ]


async def _list_feeds(db: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, list[Act]]:
    """Return the latest acts of visits, oldest of them first."""
    latest = (
        select(Act)
        .join(Visit, Visit.id == Act.visit_id)
        .where(Act.visit_id.in_(visit_ids), Act.seq > Visit.last_seq - FEED_LENGTH)
        .order_by(Act.visit_id, Act.seq)
    )
    feeds: dict[UUID, list[Act]] = {}
    for act in await db.scalars(latest):
        feeds.setdefault(act.visit_id, []).append(act)
    return feeds


async def list_past_visits(
    db: AsyncSession, *, viewer: Viewer, prospect_id: UUID | None = None, limit: int = 12
) -> list[SeenVisit]:
    """Return visits that are over, newest first; of one person when asked."""
    query = _seen().where(visible_visits(viewer), Visit.ended_at.is_not(None))
    if prospect_id is not None:
        query = query.where(Visit.prospect_id == prospect_id)
    return await _rows(db, query.order_by(Visit.ended_at.desc(), Visit.id).limit(limit))


async def get_seen_visit(db: AsyncSession, visit_id: UUID, *, viewer: Viewer) -> SeenVisit:
    """Return one visit. Raises NotFoundError for what the viewer may not see."""
    rows = await _rows(db, _seen().where(Visit.id == visit_id, visible_visits(viewer)))
    if not rows:
        raise NotFoundError
    return rows[0]


async def load_seen_visit(db: AsyncSession, visit_id: UUID) -> SeenVisit | None:
    """Return one visit with its feed for the fan-out, which decides itself who hears it."""
    rows = await _rows(db, _seen().where(Visit.id == visit_id))
    return await _with_feed(db, rows[0]) if rows else None


class Position(NamedTuple):
    """How far a visit has come: its last act, and whether somebody is there."""

    visit_id: UUID
    workspace_id: UUID
    owner_id: UUID
    prospect_id: UUID | None
    last: int
    is_away: bool


async def list_positions(db: AsyncSession, workspace_ids: Collection[UUID]) -> dict[UUID, Position]:
    """Return where the live visits of some workspaces stand, by visit."""
    return await _positions(db, Visit.workspace_id.in_(workspace_ids) & Visit.ended_at.is_(None))


async def find_positions(db: AsyncSession, visit_ids: Collection[UUID]) -> dict[UUID, Position]:
    """Return where these visits stand, also those that are over."""
    return await _positions(db, Visit.id.in_(visit_ids))


async def _positions(db: AsyncSession, which: ColumnElement[bool]) -> dict[UUID, Position]:
    """Read positions, and nothing else: this is asked every second."""
    columns = select(
        Visit.id, Visit.workspace_id, Visit.owner_id, Visit.prospect_id, Visit.last_seq,
        Visit.away_at,
    )  # fmt: skip
    return {
        visit_id: Position(visit_id, workspace_id, owner_id, prospect_id, last, away_at is not None)
        for visit_id, workspace_id, owner_id, prospect_id, last, away_at in await db.execute(
            columns.where(which)
        )
    }


async def list_acts_by_key(
    db: AsyncSession, keys: Sequence[tuple[UUID, int]]
) -> dict[UUID, list[Any]]:
    """Return the rows of these acts (visit and number) by visit, in order."""
    columns = select(
        Act.visit_id, Act.seq, Act.kind, Act.name, Act.module, Act.text, Act.is_repeat,
        Act.happened_at,
    )  # fmt: skip
    wanted = columns.where(tuple_(Act.visit_id, Act.seq).in_(keys))
    found: dict[UUID, list[Any]] = {}
    for row in await db.execute(wanted.order_by(Act.visit_id, Act.seq)):
        found.setdefault(row.visit_id, []).append(row)
    return found


async def _with_feed(db: AsyncSession, seen: SeenVisit) -> SeenVisit:
    """Add the latest acts, oldest of them first, and the last answer to each module."""
    after = max(0, seen.visit.last_seq - FEED_LENGTH)
    acts = await list_acts(db, seen.visit.id, after_seq=after)
    said = await list_last_words(db, [seen.visit.id])
    return replace(seen, acts=acts, said=said.get(seen.visit.id, {}))
