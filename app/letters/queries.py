"""Asking about letters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer, joinedload

from app.accounts.access import Viewer
from app.accounts.queries import get_workspace
from app.campaigns.models import Campaign
from app.campaigns.queries import get_seller
from app.letters.models import FormLetter, Letter
from app.letters.shapes import DEFAULT, LetterText, Sender
from app.mail.models import Mail
from app.prospects.models import Prospect
from app.prospects.queries import visible_to
from app.prospects.words import fold

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody a letter could go to; `has_letter` if the campaign has written to them already."""

    prospect_id: UUID
    name: str
    email: str
    title: str
    company: str
    has_letter: bool


@dataclass(frozen=True, slots=True)
class LetterLine:
    """A letter to a person, with its campaign and where its mail is."""

    letter: Letter
    campaign_name: str
    mail: Mail | None


async def get_letter_text(db: AsyncSession, campaign_id: UUID) -> LetterText:
    """Return a campaign's form letter; the default while nobody has saved one."""
    stored = await db.get(FormLetter, campaign_id)
    return DEFAULT if stored is None else LetterText(stored.subject, stored.text, stored.mjml)


async def get_sender(db: AsyncSession, campaign: Campaign) -> Sender:
    """Return who signs the letters of a campaign."""
    seller = await get_seller(db, campaign)
    workspace = await get_workspace(db, campaign.workspace_id)
    return Sender(
        name=seller.name, email=seller.email, title=seller.title, phone=seller.phone,
        company=seller.company or workspace.name, postal_address=workspace.postal_address,
    )  # fmt: skip


async def list_candidates(
    db: AsyncSession, *, campaign_id: UUID, viewer: Viewer, search: str = ""
) -> Sequence[Candidate]:
    """Return the viewer's people that match, by name, at most MOST_AT_ONCE."""
    query = (
        select(Prospect, Letter.id)
        .options(joinedload(Prospect.company))
        .outerjoin(
            Letter, (Letter.prospect_id == Prospect.id) & (Letter.campaign_id == campaign_id)
        )
        .where(visible_to(viewer), *_matches(search))
        .order_by(Prospect.sort_name, Prospect.id)
        .limit(MOST_AT_ONCE)
    )
    return [
        Candidate(
            person.id, person.name, person.email, person.title,
            person.company.name if person.company else "", letter_id is not None,
        )
        for person, letter_id in (await db.execute(query)).all()
    ]  # fmt: skip


async def count_candidates(db: AsyncSession, *, viewer: Viewer, search: str = "") -> int:
    """Return how many of the viewer's people match."""
    query = select(func.count(Prospect.id)).where(visible_to(viewer), *_matches(search))
    return await db.scalar(query) or 0


async def list_people(
    db: AsyncSession, *, viewer: Viewer, search: str = "", limit: int = 50
) -> Sequence[Prospect]:
    """Return the viewer's people, lately active first; for the preview."""
    query = (
        select(Prospect)
        .options(joinedload(Prospect.company))
        .where(visible_to(viewer), *_matches(search))
        .order_by(Prospect.active_at.desc(), Prospect.id)
        .limit(limit)
    )
    return (await db.scalars(query)).all()


async def list_written(
    db: AsyncSession, campaign_id: UUID, prospect_ids: Collection[UUID]
) -> set[UUID]:
    """Return which of these people have had this campaign's letter."""
    ours = (Letter.campaign_id == campaign_id) & Letter.prospect_id.in_(prospect_ids)
    return set(await db.scalars(select(Letter.prospect_id).where(ours)))


async def list_letters(db: AsyncSession, prospect_id: UUID) -> Sequence[LetterLine]:
    """Return the letters to a person, the newest first."""
    query = (
        select(Letter, Campaign.name, Mail)
        .join(Campaign, Campaign.id == Letter.campaign_id)
        .outerjoin(Mail, Mail.id == Letter.mail_id)
        .options(defer(Mail.content))
        .where(Letter.prospect_id == prospect_id)
        .order_by(Letter.created_at.desc())
    )
    return [LetterLine(*row) for row in (await db.execute(query)).all()]


def _matches(search: str) -> list[ColumnElement[bool]]:
    """Return the conditions that every word of a search is met."""
    words = fold(search).split()[:8]
    return [Prospect.search_text.contains(word, autoescape=True) for word in words]
