"""The one way in for acts, whether they came by socket or by post.

Plain acts of an open page go with the next group commit (groups.py); what changes more than the
visit (an answer, a farewell) and what does not fit takes the long way: a transaction of its own,
in turn with the other acts of its visit. A receipt is given after the commit: what it says is on
disk.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from datetime import datetime
from functools import partial
from uuid import UUID

from app import metrics
from app.db import on_close, transaction
from app.logs import about
from app.tracking.claims import PageClaims
from app.tracking.commands import Receipt, record_acts, record_on
from app.tracking.groups import SEEN_EVERY, Entry, Groups, Told, open_groups
from app.tracking.live import LiveVisit, remember
from app.tracking.models import ActKind
from app.tracking.queries import find_clicked
from app.tracking.shapes import SentAct
from app.tracking.visits import Opening, begin_or_resume, get_live_visit

_groups: Groups | None = None
_alone: set[asyncio.Task[None]] = set()
"""Acts on the long way that nobody awaits."""


async def open_visit(opening: Opening, *, now: datetime) -> int:
    """Begin or resume a visit and return the last act stored of it. Raises NoConsentError."""
    async with transaction() as db:
        visit = await begin_or_resume(db, opening, now=now)
        return visit.last_seq


async def open_page(opening: Opening, *, now: datetime) -> LiveVisit:
    """Do the same for a page that stays open, and hold its visit in memory."""
    async with transaction() as db:
        visit = await begin_or_resume(db, opening, now=now)
        clicked = await find_clicked(db, visit)
    return remember(visit, opening.claims, clicked)


def offer_acts(live: LiveVisit, acts: Sequence[SentAct], tell: Told, *, now: datetime) -> bool:
    """Join the next group where that is allowed; False, and nothing done, where it is not."""
    if not live.takes(acts):
        return False
    join_group(live, acts, tell, now=now)
    return True


def join_group(live: LiveVisit, acts: Sequence[SentAct], tell: Told, *, now: datetime) -> None:
    """Put acts that `live.takes` allows into the next group.

    `tell` is called once, after the commit. Raises SlowDownError while too much waits.
    """
    group = groups()
    group.demand_room()
    after = live.taken
    rows = live.write_down(acts, now)
    if len(rows) < len(acts):
        metrics.ACTS_REPEATED.inc(len(acts) - len(rows))
    seen_at = None
    if now - live.seen_at >= SEEN_EVERY:
        seen_at = live.seen_at = now
    group.add(Entry(live, after, rows, seen_at, acts, now, tell))


async def take_acts_of(live: LiveVisit, acts: Sequence[SentAct], *, now: datetime) -> Receipt:
    """Store acts of an open page whichever way fits. Raises what `record_acts` raises."""
    last: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    if not offer_acts(live, acts, partial(_give, last), now=now):
        return await _take_alone(live, acts, now)
    return Receipt(await last)


async def note_here(live: LiveVisit, *, now: datetime) -> int:
    """Note a heartbeat and return the last act stored. Raises VisitOverError, NotFoundError."""
    live.seen_at = min(live.seen_at, now - SEEN_EVERY)
    return (await take_acts_of(live, (), now=now)).last


async def until_settled(live: LiveVisit) -> None:
    """Wait until everything taken of a visit is stored or has failed."""
    async with live.turn:
        await live.until_calm()


async def take_acts(
    acts: Sequence[SentAct], *, visit_id: UUID, claims: PageClaims, now: datetime
) -> Receipt:
    """Store acts of a visit that has begun. Raises what `record_acts` raises."""
    async with transaction() as db:
        return await record_acts(db, acts, visit_id=visit_id, claims=claims, now=now)


async def take_post(
    acts: Sequence[SentAct], opening: Opening, *, is_leaving: bool = False, now: datetime
) -> Receipt:
    """Do all at once, for a page without a socket, or one that closes (`is_leaving`)."""
    claims = opening.claims
    with about(workspace=claims.workspace_id, visit=opening.visit_id):
        async with transaction() as db:
            visit = await begin_or_resume(db, opening, now=now)
            return await record_on(db, visit, acts, claims=claims, is_leaving=is_leaving, now=now)


def groups() -> Groups:
    """Return the groups of the open database, begun when first asked for."""
    global _groups  # noqa: PLW0603  one per open database
    if _groups is None:
        _groups = open_groups(_go_alone)
        on_close(_close_groups)
    return _groups


async def _close_groups() -> None:
    """Finish with the database that is being closed."""
    global _groups
    closing, _groups = _groups, None
    if closing is not None:
        await closing.close()
    while _alone:
        await asyncio.wait(set(_alone))


def _give(last: "asyncio.Future[int]", outcome: int | Exception) -> None:
    """Hand an outcome to who waits for it, if anybody still does."""
    if last.done():
        return
    if isinstance(outcome, Exception):
        last.set_exception(outcome)
    else:
        last.set_result(outcome)


def _go_alone(entry: Entry) -> None:
    """Send acts that found their visit otherwise than expected the long way."""

    async def go() -> None:
        try:
            outcome: int | Exception = (await _take_alone(entry.live, entry.sent, entry.now)).last
        except Exception as error:  # noqa: BLE001  the caller turns it into an answer
            outcome = error
        entry.tell(outcome)

    task = asyncio.get_running_loop().create_task(go(), context=Context())
    _alone.add(task)
    task.add_done_callback(_alone.discard)


async def _take_alone(live: LiveVisit, acts: Sequence[SentAct], now: datetime) -> Receipt:
    """Store acts in a transaction of their own, after all that came before them.

    Meanwhile the visit takes nothing into groups, so that order is kept.
    """
    live.long_ways += 1
    try:
        async with live.turn:
            await live.until_calm()
            was_sure, live.is_sure = live.is_sure, False
            async with transaction() as db:
                visit = await get_live_visit(db, live.id, claims=live.claims)
                receipt = await record_on(db, visit, acts, claims=live.claims, now=now)
                is_known = was_sure and visit.prospect_id == live.prospect_id
                known = live.clicked if is_known else await find_clicked(db, visit)
            if known is not None:
                known.update(_clicks(acts))
            live.adopt(visit, known)
            return receipt
    finally:
        live.long_ways -= 1


def _clicks(acts: Sequence[SentAct]) -> set[tuple[str, str, str]]:
    """Return what was clicked."""
    clicked = (act for act in acts if act.kind is ActKind.CLICKED)
    return {(act.name, act.module, act.target) for act in clicked}
