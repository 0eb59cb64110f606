"""Changing what is known, by hand: here what is typed replaces what was there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import attributes

from app.accounts.access import Viewer
from app.errors import InvalidError
from app.prospects.commands import add_to_timeline, book_for, hold_people, tell
from app.prospects.companies import get_company
from app.prospects.completion import COMPANY_FACTS, complete_company
from app.prospects.models import Company, Prospect
from app.prospects.queries import find_by_email, find_companies, get_prospect
from app.prospects.shapes import LABELS, CompanyFacts, Person
from app.prospects.timeline import TimelineLine
from app.prospects.words import name_key


async def edit_prospect(
    db: AsyncSession, prospect_id: UUID, person: Person, *, viewer: Viewer, now: datetime
) -> Prospect:
    """Set everything known of a person; what changed goes on the timeline.

    Raises InvalidError when the new address is somebody else's.
    """
    await hold_people(db, viewer.workspace_id)
    prospect = await get_prospect(db, prospect_id, viewer=viewer)
    other = await find_by_email(db, person.email, workspace_id=viewer.workspace_id)
    if other is not None and other.id != prospect.id:
        raise InvalidError({"email": "This address belongs to somebody else here."})
    before = facts_of(prospect)
    for fact in ("email", "name", "title", "address", "phone", "fax", "custom"):
        setattr(prospect, fact, getattr(person, fact))
    prospect.guessed, prospect.updated_at = [], now
    await _set_company(db, prospect, person, now=now)
    prospect.index(prospect.company)
    await _note_changes(db, prospect, before, by=viewer.user_id, now=now)
    return prospect


async def edit_company(
    db: AsyncSession, company_id: UUID, facts: CompanyFacts, *, viewer: Viewer, now: datetime
) -> Company:
    """Set everything known of a company; the list finds its people by the new name at once.

    Raises InvalidError when another company has this name.
    """
    await hold_people(db, viewer.workspace_id)
    company = await get_company(db, company_id, viewer=viewer)
    key = name_key(facts.name)
    same = await find_companies(db, [key] if key else [], workspace_id=viewer.workspace_id)
    if any(other.id != company.id for other in same):
        raise InvalidError({"name": "There already is a company of this name."})
    if company.name and not key:
        raise InvalidError({"name": "Please keep a name."})
    is_renamed = company.name != facts.name
    for fact, value in facts:
        setattr(company, fact, value)
    company.name_key, company.updated_at = key, now
    if is_renamed:
        await _index_people(db, company)
    return company


def facts_of(prospect: Prospect) -> dict[str, str]:
    """Return everything known of a person by label, as people read it; company loaded."""
    company = prospect.company
    facts = {
        LABELS[fact]: getattr(prospect, fact)
        for fact in ("email", "name", "title", "address", "phone", "fax")
    }
    facts[LABELS["company"]] = company.name if company else ""
    for fact in COMPANY_FACTS:
        facts[LABELS[fact]] = str((getattr(company, fact) if company else "") or "")
    return facts | prospect.custom


async def _set_company(
    db: AsyncSession, prospect: Prospect, person: Person, *, now: datetime
) -> None:
    """Bring a person to the company typed; facts typed belong to it unless it was known before."""
    book = await book_for(db, person.company, prospect.workspace_id, now=now)
    current = prospect.company
    stays = current is not None and current.name_key == name_key(person.company)
    has_facts = bool(person.industry or person.employees is not None or person.website)
    if stays and current is not None:
        for fact in COMPANY_FACTS:
            setattr(current, fact, getattr(person, fact))
        if person.company and current.name != person.company:
            current.name = person.company
            await _index_people(db, current)
    elif person.company or has_facts:
        company = book.named(person.company)
        complete_company(company, person, now=now)
        db.add_all(book.made)
        prospect.belong_to(company)
    else:
        prospect.belong_to(None)


async def _index_people(db: AsyncSession, company: Company) -> None:
    """Refresh what the list searches and sorts by for everybody at a company."""
    await db.flush()
    for prospect in await db.scalars(select(Prospect).where(Prospect.company_id == company.id)):
        attributes.set_committed_value(prospect, "company", company)
        prospect.index(company)
        prospect.guessed = [fact for fact in prospect.guessed if fact != "company"]


async def _note_changes(
    db: AsyncSession, prospect: Prospect, before: dict[str, str], *, by: UUID, now: datetime
) -> None:
    """Write what was changed on the timeline: label, old and new."""
    after = facts_of(prospect)
    changes = tuple(
        (label, f"{before.get(label) or 'nothing'} → {after.get(label) or 'nothing'}")
        for label in before | after
        if before.get(label, "") != after.get(label, "")
    )
    if not changes:
        tell(db, prospect)
        return
    title = "Changed " + ", ".join(label.lower() for label, _ in changes)
    line = TimelineLine("changed", title[:300], changes, by_user_id=by)
    await add_to_timeline(db, prospect.id, line, now=now)
