"""Recording what visitors do, exactly once and in order, and finding out whose acts they were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import metrics
from app.db import insert_or_ignore
from app.sites.answers import answer_module
from app.sites.models import SiteBrowser
from app.sites.queries import read_site
from app.tracking.claims import PageClaims
from app.tracking.errors import GapError, NotTrackedError
from app.tracking.models import Act, ActKind, Visit, Visitor
from app.tracking.queries import clicked_before
from app.tracking.shapes import SentAct
from app.tracking.visits import (
    come_back,
    find_owner,
    get_live_visit,
    go_away,
    put_on_timeline,
    tell,
)
from app.tracking.wording import MAX_TEXT, describe, moment_of


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the browser may forget (all acts up to `last`), and which answers had problems."""

    last: int
    problems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


async def record_acts(
    db: AsyncSession,
    acts: Sequence[SentAct],
    *,
    visit_id: UUID,
    claims: PageClaims,
    now: datetime,
) -> Receipt:
    """Store what a visitor did in a visit that has begun. Raises what `record_on` raises too."""
    visit = await get_live_visit(db, visit_id, claims=claims)
    return await record_on(db, visit, acts, claims=claims, now=now)


async def record_on(
    db: AsyncSession,
    visit: Visit,
    acts: Sequence[SentAct],
    *,
    claims: PageClaims,
    is_leaving: bool = False,
    now: datetime,
) -> Receipt:
    """Store what a visitor did; the caller holds the visit's row.

    What is stored already is skipped: browsers send again. Answers are saved with the act that
    carries them, so neither exists without the other and an older answer that comes again changes
    nothing. Raises GapError when acts are missing before these, NotTrackedError, VisitOverError and
    NotFoundError; then nothing is stored.
    """
    fresh = _unseen(acts, visit.last_seq)
    metrics.ACTS_REPEATED.inc(len(acts) - len(fresh))
    _refuse_untracked(fresh, claims)
    problems: dict[str, Mapping[str, str]] = {}
    if fresh:
        rows = [_row(act, visit, claims, now) for act in fresh]
        await _mark_repeats(db, rows, visit)
        problems = await _save_answers(db, fresh, rows, visit, now)
        await db.execute(insert_or_ignore(Act, rows))
        first, visit.last_seq = visit.last_seq + 1, fresh[-1].seq
        metrics.ACTS_STORED.inc(len(fresh))
        tell(db, "visit-acted", visit, {"from_seq": first, "to_seq": visit.last_seq})
    # A farewell that was stored before is an echo: the page may be back meanwhile.
    is_news = bool(fresh) or not acts
    if is_news and (is_leaving or (acts and acts[-1].kind is ActKind.LEFT)):
        go_away(db, visit, now=now)
    else:
        come_back(db, visit, now=now)
    return Receipt(visit.last_seq, problems)


async def hand_over_visits(db: AsyncSession, prospect_id: UUID) -> None:
    """Have the visits of a person, live ones too, told to who looks after the person now."""
    owner_id = await find_owner(db, prospect_id)
    if owner_id is not None:
        theirs = Visit.prospect_id == prospect_id
        await db.execute(update(Visit).where(theirs).values(owner_id=owner_id))


def _unseen(acts: Sequence[SentAct], last: int) -> list[SentAct]:
    """Return the acts above `last`, which must follow it without a gap."""
    fresh: list[SentAct] = []
    for act in acts:
        expected = last + len(fresh) + 1
        if act.seq > expected:
            raise GapError(last)
        if act.seq == expected:
            fresh.append(act)
    return fresh


def _refuse_untracked(acts: Sequence[SentAct], claims: PageClaims) -> None:
    """Refuse kinds the campaign did not choose."""
    for act in acts:
        if act.kind.value not in claims.kinds:
            raise NotTrackedError(act.kind.value)


def _row(act: SentAct, visit: Visit, claims: PageClaims, now: datetime) -> dict[str, Any]:
    """Return the row of an act."""
    return {
        "workspace_id": visit.workspace_id, "visit_id": visit.id, "seq": act.seq,
        "kind": act.kind, "name": act.name, "module": act.module, "target": act.target,
        "text": describe(act.kind, act.name, act.target, act.details, claims.own),
        "details": act.details, "is_repeat": False,
        "happened_at": moment_of(act.at, now), "stored_at": now,
    }  # fmt: skip


async def _mark_repeats(db: AsyncSession, rows: Sequence[dict[str, Any]], visit: Visit) -> None:
    """Mark clicks on what the same person has clicked before."""
    clicks = [row for row in rows if row["kind"] is ActKind.CLICKED]
    seen = await clicked_before(db, visit, {row["name"] for row in clicks}) if clicks else set()
    for row in clicks:
        what = (row["name"], row["module"], row["target"])
        row["is_repeat"] = what in seen
        seen.add(what)


async def _save_answers(
    db: AsyncSession,
    acts: Sequence[SentAct],
    rows: Sequence[dict[str, Any]],
    visit: Visit,
    now: datetime,
) -> dict[str, Mapping[str, str]]:
    """Save what modules were told and word the acts by it; returns problems by act number."""
    problems: dict[str, Mapping[str, str]] = {}
    asked = [pair for pair in zip(acts, rows, strict=True) if pair[0].kind is ActKind.ANSWERED]
    if not asked or visit.site_id is None:
        return problems
    site = await read_site(db, visit.site_id)
    # A colleague's answers stay apart from the prospect's.
    staff = await db.get_one(SiteBrowser, visit.browser_id) if visit.is_staff else None
    for act, row in asked:
        answered = await answer_module(
            db, site_id=visit.site_id, module_key=act.module, form=act.form(), now=now,
            staff_browser=staff, site=site,
        )  # fmt: skip
        row["text"] = (answered.headline or "Cleared an answer")[:MAX_TEXT]
        if answered.problems:
            row["text"] = "Gave an answer that could not be taken"
            problems[str(act.seq)] = answered.problems
        elif staff is None:
            site = site.with_answers({act.module: answered.answers})
    return problems


async def link_visitor(
    db: AsyncSession, *, visitor_digest: str, prospect_id: UUID, now: datetime
) -> UUID | None:
    """Say who an anonymous visitor turned out to be; returns the visitor's id.

    Their earlier visits become the person's. A browser that already belongs to somebody else
    keeps its past: a shared computer must not mix two people.
    """
    visitor = await db.scalar(
        select(Visitor).where(Visitor.token_digest == visitor_digest).with_for_update()
    )
    if visitor is None or visitor.prospect_id not in {None, prospect_id}:
        return None
    visitor.prospect_id = prospect_id
    unknown = (Visit.browser_id == visitor.id) & Visit.prospect_id.is_(None)
    visits = (await db.scalars(select(Visit).where(unknown))).all()
    owner_id = await find_owner(db, prospect_id)
    for visit in visits:
        visit.prospect_id = prospect_id
        visit.owner_id = owner_id or visit.owner_id
        tell(db, "visit-presence", visit, {"state": "away" if visit.away_at else "here"})
        if visit.ended_at is not None and not visit.is_staff and visit.last_seq:
            await put_on_timeline(db, visit, now=now)
    return visitor.id
