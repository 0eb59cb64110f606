"""Taking people along as CSV, in pieces, so that a long list needs little memory."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.access import Viewer
from app.accounts.models import User
from app.db import reading
from app.prospects.csv_writing import BOM, write_rows
from app.prospects.listing import Wanted, matching, order_of
from app.prospects.models import Prospect
from app.prospects.shapes import LABELS

CHUNK = 500
MOST_OWN = 100


async def export_people(wanted: Wanted, *, viewer: Viewer, now: datetime) -> AsyncIterator[bytes]:
    """Give the file of everybody asked for whom the viewer may see; headings first.

    The headings are those an import recognises. Own fields get a column each.
    """
    async with reading() as db:
        condition = matching(wanted, viewer=viewer, now=now)
        query = select(Prospect.id).where(condition).order_by(*order_of(wanted.sort))
        ids = list(await db.scalars(query))
        own = await _own_labels(db, ids)
        headings = [*LABELS.values(), "Owner", "Source", "Added", "Last activity", *own]
        yield (BOM + write_rows([headings])).encode()
        for start in range(0, len(ids), CHUNK):
            rows = await _rows(db, ids[start : start + CHUNK], own)
            yield write_rows(rows).encode()


async def _own_labels(db: AsyncSession, ids: Sequence[UUID]) -> list[str]:
    """Return the names of own fields in use, as many as make sense in one table."""
    labels: dict[str, None] = {}
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        for custom in await db.scalars(select(Prospect.custom).where(Prospect.id.in_(chunk))):
            labels |= dict.fromkeys(custom)
    return list(labels)[:MOST_OWN]


async def _rows(db: AsyncSession, ids: Sequence[UUID], own: Sequence[str]) -> list[list[str]]:
    """Return the rows of some people in the order of their ids."""
    query = (
        select(Prospect, User.name)
        .join(User, User.id == Prospect.owner_id)
        .options(joinedload(Prospect.company))
        .where(Prospect.id.in_(ids))
    )
    found = {person.id: (person, owner) for person, owner in (await db.execute(query)).all()}
    rows = [_row(*found[prospect_id], own) for prospect_id in ids if prospect_id in found]
    db.expunge_all()
    return rows


def _row(person: Prospect, owner: str, own: Sequence[str]) -> list[str]:
    """Write a person as cells, in the order of the headings."""
    company = person.company
    return [
        person.email, person.name, person.title,
        company.name if company else "",
        company.industry if company else "",
        str(company.employees or "") if company else "",
        person.address, person.phone, person.fax,
        company.website if company else "",
        owner, person.source,
        f"{person.created_at:%Y-%m-%d}", f"{person.active_at:%Y-%m-%d %H:%M}",
        *(str(person.custom.get(label, "")) for label in own),
    ]  # fmt: skip
