"""Finding people, companies and what happened with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.accounts.access import Viewer
from app.accounts.models import Role, User
from app.errors import NotFoundError
from app.prospects.models import Company, Prospect, ProspectGrant, TimelineEntry
from modules.contract import Profile

TIMELINE_PAGE = 20


class ProspectNotFoundError(NotFoundError):
    """Nobody here, or somebody the asker may not see: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("There is nobody here.")


def visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on Prospect that every list and look-up of a signed-in person carries.

    Admins see all of their workspace, reps their own, support whom it was given.
    """
    here = Prospect.workspace_id == viewer.workspace_id
    if viewer.role is Role.ADMIN:
        return here
    if viewer.role is Role.REP:
        return and_(here, Prospect.owner_id == viewer.user_id)
    given = select(ProspectGrant.prospect_id).where(ProspectGrant.user_id == viewer.user_id)
    return and_(here, Prospect.id.in_(given))


async def get_prospect(db: AsyncSession, prospect_id: UUID, *, viewer: Viewer) -> Prospect:
    """Return a person the viewer may see, company loaded. Raises ProspectNotFoundError."""
    return await _get(db, and_(Prospect.id == prospect_id, visible_to(viewer)))


async def load_prospect(db: AsyncSession, prospect_id: UUID) -> Prospect:
    """Return a person, company loaded, for capabilities that act for nobody in particular."""
    return await _get(db, Prospect.id == prospect_id)


async def find_by_email(db: AsyncSession, email: str, *, workspace_id: UUID) -> Prospect | None:
    """Return the person of a normalised address, company loaded."""
    same = and_(Prospect.workspace_id == workspace_id, Prospect.email == email)
    return await db.scalar(select(Prospect).options(joinedload(Prospect.company)).where(same))


async def is_visible(db: AsyncSession, prospect_id: UUID, *, viewer: Viewer) -> bool:
    """Whether the viewer may see this person."""
    query = select(true()).where(Prospect.id == prospect_id, visible_to(viewer))
    return await db.scalar(query) is not None


async def get_profile(db: AsyncSession, prospect_id: UUID) -> Profile:
    """Return what modules are told of a person. Raises ProspectNotFoundError."""
    prospect = await load_prospect(db, prospect_id)
    return profile_of(prospect, prospect.company)


def profile_of(prospect: Prospect, company: Company | None) -> Profile:
    """Return what modules are told of a person whose rows are at hand."""
    return Profile(
        first_name=prospect.first_name,
        name=prospect.name,
        title=prospect.title,
        company=company.name if company else "",
        industry=company.industry if company else "",
        employees=company.employees if company else None,
    )


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some of a timeline, newest first, who wrote what, and where the older part begins."""

    entries: Sequence[TimelineEntry]
    authors: dict[UUID, str]
    older: str


async def list_timeline(
    db: AsyncSession, prospect_id: UUID, *, before: tuple[datetime, UUID] | None = None
) -> TimelinePage:
    """Return one page of what happened with a person, older than `before`; newest first."""
    query = select(TimelineEntry).where(TimelineEntry.prospect_id == prospect_id)
    if before is not None:
        at, entry_id = before
        older = and_(TimelineEntry.at == at, TimelineEntry.id < entry_id)
        query = query.where(or_(TimelineEntry.at < at, older))
    newest = query.order_by(TimelineEntry.at.desc(), TimelineEntry.id.desc())
    found = list(await db.scalars(newest.limit(TIMELINE_PAGE + 1)))
    entries = found[:TIMELINE_PAGE]
    by = {entry.by_user_id for entry in entries if entry.by_user_id}
    names = await db.execute(select(User.id, User.name).where(User.id.in_(by)))
    authors = dict(names.all())
    last = entries[-1] if len(found) > TIMELINE_PAGE else None
    older_than = f"{last.at.isoformat()}_{last.id}" if last else ""
    return TimelinePage(entries, authors, older_than)


async def list_grants(db: AsyncSession, prospect_id: UUID) -> frozenset[UUID]:
    """Return which support users were given this person."""
    query = select(ProspectGrant.user_id).where(ProspectGrant.prospect_id == prospect_id)
    return frozenset(await db.scalars(query))


async def find_companies(
    db: AsyncSession, keys: Sequence[str], *, workspace_id: UUID
) -> list[Company]:
    """Return the companies of these name keys, in any order; unknown ones are missing."""
    if not keys:
        return []
    here = Company.workspace_id == workspace_id
    return list(await db.scalars(select(Company).where(here, Company.name_key.in_(keys))))


async def _get(db: AsyncSession, condition: ColumnElement[bool]) -> Prospect:
    """Return the one person a condition names."""
    query = select(Prospect).options(joinedload(Prospect.company)).where(condition)
    prospect = await db.scalar(query)
    if prospect is None:
        raise ProspectNotFoundError
    return prospect
