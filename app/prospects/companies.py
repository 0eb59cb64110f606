"""Finding companies: a viewer sees those where somebody works whom they may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.errors import NotFoundError
from app.prospects.models import Company, Prospect
from app.prospects.queries import visible_to
from app.prospects.words import name_key

PAGE = 50


def company_visible_to(viewer: Viewer) -> ColumnElement[bool]:
    """Return the condition on Company: admins see all of their workspace's."""
    here = Company.workspace_id == viewer.workspace_id
    if viewer.is_admin:
        return here
    people = select(Prospect.id).where(Prospect.company_id == Company.id, visible_to(viewer))
    return and_(here, people.exists())


async def get_company(db: AsyncSession, company_id: UUID, *, viewer: Viewer) -> Company:
    """Return a company the viewer may see. Raises NotFoundError for any other."""
    query = select(Company).where(Company.id == company_id, company_visible_to(viewer))
    company = await db.scalar(query)
    if company is None:
        raise NotFoundError("There is no such company.")
    return company


@dataclass(frozen=True, slots=True)
class CompanyPage:
    """One page of the companies, how many there are, and how many visible people work at each."""

    companies: Sequence[Company]
    people: dict[UUID, int]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


async def list_companies(
    db: AsyncSession, *, viewer: Viewer, search: str = "", page: int = 1
) -> CompanyPage:
    """Return named companies in alphabetical order, those whose name holds `search`."""
    wanted = and_(company_visible_to(viewer), Company.name_key.is_not(None))
    key = name_key(search)
    if key:
        wanted = and_(wanted, Company.name_key.contains(key, autoescape=True))
    total = await db.scalar(select(func.count()).select_from(Company).where(wanted)) or 0
    page = min(max(1, page), max(1, -(-total // PAGE)))
    ordered = select(Company).where(wanted).order_by(Company.name_key)
    companies = list(await db.scalars(ordered.limit(PAGE).offset((page - 1) * PAGE)))
    return CompanyPage(companies, await _count_people(db, companies, viewer), total, page)


async def _count_people(
    db: AsyncSession, companies: Sequence[Company], viewer: Viewer
) -> dict[UUID, int]:
    """Return how many people the viewer sees at each of these companies."""
    there = Prospect.company_id.in_([company.id for company in companies])
    query = select(Prospect.company_id, func.count()).where(there, visible_to(viewer))
    rows = (await db.execute(query.group_by(Prospect.company_id))).all()
    return {company_id: count for company_id, count in rows if company_id}
