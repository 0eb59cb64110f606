"""Reading visits and acts."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.sites.composition import History
from app.sites.models import PersonalLink, SiteBrowser
from app.sites.queries import get_answers
from app.tracking.live import MOST_CLICKED
from app.tracking.models import Act, ActKind, Visit

BITE = 500
INTERESTED = (ActKind.CLICKED, ActKind.MOVED, ActKind.MEDIA)
"""Acts that show interest; an answer is known as an answer."""


async def get_history(db: AsyncSession, *, site_id: UUID) -> History:
    """Return what the next version of a site builds on; colleagues' visits are not in it."""
    visits = select(func.count()).where(
        Visit.site_id == site_id, Visit.is_staff.is_(False), Visit.last_seq > 0
    )
    return History(
        answers=await get_answers(db, site_id),
        interests=await _count_interests(db, Visit.site_id == site_id),
        visits=await db.scalar(visits) or 0,
    )


async def count_visits(db: AsyncSession, *, prospect_id: UUID) -> int:
    """Return how often a person was on their sites; colleagues' visits do not count."""
    theirs = select(func.count()).where(Visit.prospect_id == prospect_id, Visit.is_staff.is_(False))
    return await db.scalar(theirs) or 0


async def get_first_interests(db: AsyncSession, *, visitor_id: UUID) -> Mapping[str, int]:
    """Return how often a visitor of a campaign site acted on each module's key."""
    return await _count_interests(db, Visit.browser_id == visitor_id)


async def _count_interests(db: AsyncSession, whose: ColumnElement[bool]) -> Mapping[str, int]:
    """Count interested acts per module in visits that count."""
    counted = (
        select(Act.module, func.count())
        .join(Visit, Visit.id == Act.visit_id)
        .where(whose, Visit.is_staff.is_(False), Act.kind.in_(INTERESTED), Act.module != "")
        .group_by(Act.module)
        .order_by(func.count().desc(), Act.module)
    )
    return Counter(dict((await db.execute(counted)).all()))


async def clicked_before(
    db: AsyncSession, visit: Visit, names: Collection[str]
) -> set[tuple[str, str, str]]:
    """Return what this person (or browser) has clicked so far, as (name, module, target)."""
    clicked = _clicks_of(visit).where(Act.name.in_(names))
    return {(name, module, target) for name, module, target in await db.execute(clicked)}


async def find_clicked(db: AsyncSession, visit: Visit) -> set[tuple[str, str, str]] | None:
    """Return all this person (or browser) has clicked so far; None where it is too much to keep."""
    rows = (await db.execute(_clicks_of(visit).limit(MOST_CLICKED + 1))).all()
    if len(rows) > MOST_CLICKED:
        return None
    return {(name, module, target) for name, module, target in rows}


def _clicks_of(visit: Visit) -> Select[str, str, str]:
    """Select what the person (or browser) of a visit has clicked, each once."""
    same = Visit.browser_id == visit.browser_id
    if visit.prospect_id is not None:
        same = (Visit.prospect_id == visit.prospect_id) & (Visit.is_staff == visit.is_staff)
    return (
        select(Act.name, Act.module, Act.target)
        .join(Visit, Visit.id == Act.visit_id)
        .where(same, Act.kind == ActKind.CLICKED)
        .distinct()
    )


async def find_groundless(db: AsyncSession, visit_ids: Collection[UUID]) -> set[UUID]:
    """Return those of some open visits that must not go on.

    They are over, by silence or by a withdrawn consent, or their way into the site is closed.
    """
    gone: set[UUID] = set()
    ids = list(visit_ids)
    for at in range(0, len(ids), BITE):
        some = ids[at : at + BITE]
        over = select(Visit.id).where(Visit.id.in_(some), Visit.ended_at.is_not(None))
        closed = (
            select(Visit.id)
            .join(SiteBrowser, SiteBrowser.id == Visit.browser_id)
            .join(PersonalLink, PersonalLink.id == SiteBrowser.link_id)
            .where(Visit.id.in_(some), PersonalLink.revoked_at.is_not(None))
        )
        gone.update(await db.scalars(over.union(closed)))
    return gone


async def list_last_words(
    db: AsyncSession, visit_ids: Collection[UUID]
) -> Mapping[UUID, Mapping[str, str]]:
    """Return the last answer of visits to each module, in the order they were first answered."""
    answered = (
        select(Act.visit_id, Act.module, Act.text)
        .where(Act.visit_id.in_(visit_ids), Act.kind == ActKind.ANSWERED, Act.module != "")
        .order_by(Act.visit_id, Act.seq)
    )
    words: dict[UUID, dict[str, str]] = {}
    for visit_id, module, text in await db.execute(answered):
        words.setdefault(visit_id, {})[module] = text
    return words


async def list_acts(
    db: AsyncSession, visit_id: UUID, *, after_seq: int = 0, limit: int = 500
) -> Sequence[Act]:
    """Return the acts of a visit in order, from the first one after `after_seq`."""
    later = select(Act).where(Act.visit_id == visit_id, Act.seq > after_seq)
    return (await db.scalars(later.order_by(Act.seq).limit(limit))).all()
