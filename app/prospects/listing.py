"""The list of people: what may be asked of it, as an address says it, and the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from app.accounts.access import Viewer
from app.accounts.models import User
from app.db import as_uuid
from app.prospects.models import Company, Prospect
from app.prospects.queries import visible_to
from app.prospects.words import fold

PAGE = 50
FEW = 2_000
LAST_PAGE = 100_000
LONGEST_SEARCH = 100
MOST_OPTIONS = 200

SIZES: dict[str, tuple[int, int | None]] = {
    "1-10": (1, 10),
    "11-50": (11, 50),
    "51-200": (51, 200),
    "201-1000": (201, 1_000),
    "1001": (1_001, None),
}
UNKNOWN = "unknown"
SILENCES = {"7": timedelta(days=7), "30": timedelta(days=30), "90": timedelta(days=90)}
QUIET = "quiet"

ORDERS: dict[str, tuple[InstrumentedAttribute[str] | InstrumentedAttribute[datetime], bool]] = {
    "active": (Prospect.active_at, True),
    "-active": (Prospect.active_at, False),
    "name": (Prospect.sort_name, False),
    "-name": (Prospect.sort_name, True),
    "company": (Prospect.company_key, False),
    "-company": (Prospect.company_key, True),
    "added": (Prospect.created_at, True),
    "-added": (Prospect.created_at, False),
}
"""Sort words of the address: column, and whether it runs downwards."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list is asked for. Everything has a default, and only the rest is in the address."""

    q: str = ""
    owner: str = ""
    company: str = ""
    industry: str = ""
    size: str = ""
    source: str = ""
    active: str = ""
    sort: str = "active"
    page: int = 1

    def query(self, **changes: str | int) -> str:
        """Return the query part of the address with some of it changed, "" for the plain list."""
        wanted, plain = replace(self, **changes), Wanted()  # type: ignore[arg-type]
        said = {
            name: getattr(wanted, name)
            for name in self.__dataclass_fields__
            if getattr(wanted, name) != getattr(plain, name)
        }
        return f"?{urlencode(said)}" if said else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or filter leaves anybody out."""
        return replace(self, sort="active", page=1) != Wanted()


def read_wanted(args: Mapping[str, str]) -> Wanted:
    """Read an address; what makes no sense in it counts as not said."""
    texts = {name: args.get(name, "")[:LONGEST_SEARCH] for name in Wanted.__dataclass_fields__}
    page = texts.pop("page")
    ids = {name: texts[name] if as_uuid(texts[name]) else "" for name in ("owner", "company")}
    known = {
        "size": texts["size"] if texts["size"] in {*SIZES, UNKNOWN} else "",
        "active": texts["active"] if texts["active"] in {*SILENCES, QUIET} else "",
        "sort": texts["sort"] if texts["sort"] in ORDERS else "active",
    }
    number = int(page) if page.isdecimal() and len(page) < 7 else 1  # noqa: PLR2004  digits
    return Wanted(**{**texts, **ids, **known}, page=min(max(1, number), LAST_PAGE))


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of the list: (person, owner's name) in order, and how many there are in all."""

    people: Sequence[tuple[Prospect, str]]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


async def list_people(
    db: AsyncSession, wanted: Wanted, *, viewer: Viewer, now: datetime
) -> PeoplePage:
    """Return the page asked for; one beyond the end is the last one.

    The ids come straight off an index; only the page's own rows are looked up.
    """
    condition = matching(wanted, viewer=viewer, now=now)
    found, total = await _find_ids(db, wanted, condition)
    page = min(wanted.page, max(1, -(-total // PAGE)))
    if page != wanted.page:
        found, total = await _find_ids(db, replace(wanted, page=page), condition)
    rows = (
        select(Prospect, User.name)
        .join(User, User.id == Prospect.owner_id)
        .options(joinedload(Prospect.company))
        .where(Prospect.id.in_(found))
    )
    by_id = {person.id: (person, owner) for person, owner in (await db.execute(rows)).all()}
    return PeoplePage([by_id[prospect_id] for prospect_id in found], total, page)


async def _find_ids(
    db: AsyncSession, wanted: Wanted, condition: ColumnElement[bool]
) -> tuple[list[UUID], int]:
    """Return a page's ids and how many match in all.

    Counting reads an index only. Few are then fetched and sorted; many are met soon enough on a
    walk along the order's own index.
    """
    total = await _count(db, condition)
    if total <= FEW:
        condition = Prospect.id.in_(select(Prospect.id).where(condition))
    ids = select(Prospect.id).where(condition).order_by(*order_of(wanted.sort))
    page = ids.limit(PAGE).offset((wanted.page - 1) * PAGE)
    return list(await db.scalars(page)) if total else [], total


async def _count(db: AsyncSession, condition: ColumnElement[bool]) -> int:
    """Return how many match."""
    return await db.scalar(select(func.count(Prospect.id)).where(condition)) or 0


def order_of(sort: str) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return what a word of ORDERS sorts by; ties by id, so that no page repeats anybody."""
    column, is_down = ORDERS[sort]
    return (column.desc(), Prospect.id.desc()) if is_down else (column.asc(), Prospect.id.asc())


def matching(wanted: Wanted, *, viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """Return the condition for everybody asked for whom the viewer may see."""
    conditions = [visible_to(viewer)]
    conditions += [
        Prospect.search_text.contains(word, autoescape=True) for word in fold(wanted.q).split()
    ]
    if wanted.owner:
        conditions.append(Prospect.owner_id == UUID(wanted.owner))
    if wanted.company:
        conditions.append(Prospect.company_id == UUID(wanted.company))
    if wanted.source:
        conditions.append(Prospect.source == wanted.source)
    if wanted.industry or wanted.size:
        conditions.append(_at_companies(wanted, viewer))
    if wanted.active:
        conditions.append(_active(wanted.active, now))
    return and_(*conditions)


def _at_companies(wanted: Wanted, viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition for people at companies of an industry and a size."""
    conditions = [Company.workspace_id == viewer.workspace_id]
    if wanted.industry:
        conditions.append(Company.industry == wanted.industry)
    if wanted.size in SIZES:
        least, most = SIZES[wanted.size]
        conditions.append(Company.employees >= least)
        conditions += [Company.employees <= most] if most else []
    elif wanted.size == UNKNOWN:
        conditions.append(Company.employees.is_(None))
    there = Prospect.company_id.in_(select(Company.id).where(*conditions))
    is_open = wanted.size == UNKNOWN and not wanted.industry
    return or_(there, Prospect.company_id.is_(None)) if is_open else there


def _active(word: str, now: datetime) -> ColumnElement[bool]:
    """Return the condition for people active within some days, or quiet for the longest of them."""
    if word == QUIET:
        return Prospect.active_at < now - max(SILENCES.values())
    return Prospect.active_at >= now - SILENCES[word]


@dataclass(frozen=True, slots=True)
class Options:
    """What the filters offer, as (value, label) pairs."""

    industries: Sequence[tuple[str, str]]
    sources: Sequence[tuple[str, str]]
    owners: Sequence[tuple[str, str]]


async def list_options(db: AsyncSession, *, viewer: Viewer) -> Options:
    """Return the industries, sources and owners there are to choose from."""
    industries = select(Company.industry).where(
        Company.workspace_id == viewer.workspace_id, Company.industry != ""
    )
    if not viewer.is_admin:
        mine = select(Prospect.company_id).where(visible_to(viewer))
        industries = industries.where(Company.id.in_(mine))
    sources = select(Prospect.source).where(visible_to(viewer), Prospect.source != "")
    owners = select(User.id, User.name).where(User.workspace_id == viewer.workspace_id)
    names = (await db.execute(owners.order_by(User.name))).all() if viewer.is_admin else ()
    return Options(
        await _distinct(db, industries),
        await _distinct(db, sources),
        [(str(user_id), name) for user_id, name in names],
    )


async def _distinct(db: AsyncSession, query: Select[str]) -> list[tuple[str, str]]:
    """Return the first values of a column in alphabetical order, each once."""
    found = await db.scalars(query.distinct().limit(MOST_OPTIONS))
    return [(value, value) for value in sorted(found, key=str.casefold)]
