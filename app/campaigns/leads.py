"""Leads: what somebody tells through the form, checked at once and stored once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4, uuid5

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.bus import Announcement, announce
from app.campaigns.models import Campaign, Lead
from app.campaigns.shapes import FormField, Source
from app.db import insert_or_ignore
from app.errors import InvalidError
from app.jobs.commands import enqueue
from app.prospects.commands import add_to_timeline, create_or_complete_prospect
from app.prospects.models import Prospect
from app.prospects.shapes import LABELS, Person, read_person
from app.prospects.timeline import TimelineLine
from modules.contract import Form

OWN = "own-"
"""Stands before the names of a campaign's own fields, so that they meet no standard one."""
FACTS = ("email", "name", "title", "company", "industry", "employees", "address", "phone", "fax")
LONGEST_OWN = 500
SAME_SENDING = timedelta(minutes=10)
"""Somebody who sends the form again within this time means the same lead."""


def read_lead(form: Form, own: Sequence[FormField]) -> Person:
    """Return the person the form tells of. Raises InvalidError with every problem at once."""
    typed = typed_in(form, own)
    problems = {}
    if not typed["name"].strip():
        problems["name"] = "Please tell us your name."
    for field in own:
        problems |= _problem_with(field, typed[OWN + field.name])
    custom = {field.label: typed[OWN + field.name] for field in own}
    facts: dict[str, object] = {name: typed[name] for name in FACTS}
    try:
        person = read_person(facts | {"custom": {} if problems else custom})
    except InvalidError as error:
        raise InvalidError(problems | _by_field(error.problems, own)) from None
    if problems:
        raise InvalidError(problems)
    return person


def typed_in(form: Form, own: Sequence[FormField]) -> dict[str, str]:
    """Return what was typed into each field of the form, to be shown again."""
    names = (*FACTS, *(OWN + field.name for field in own))
    return {name: next(iter(form.get(name, ())), "") for name in names}


async def capture_lead(
    db: AsyncSession,
    campaign: Campaign,
    person: Person,
    *,
    source: Source,
    visitor_id: UUID | None = None,
    now: datetime,
    visitor_digest: str = "",
    form_key: str = "",
) -> UUID:
    """Store a lead and have the person welcomed; returns the prospect's id.

    The same form (`form_key`), or the same person within ten minutes, is one lead, one line on
    the timeline and one welcome. What is new about the person is taken over each time.
    """
    prospect, _ = await create_or_complete_prospect(
        db,
        person,
        workspace_id=campaign.workspace_id,
        owner_id=campaign.owner_id,
        source=f"{campaign.name} ({source.avenue})"[:80],
        now=now,
    )
    await db.flush()
    lead_id = uuid5(campaign.id, form_key) if form_key else uuid4()
    if not await _write_lead(db, lead_id, campaign, prospect.id, person, source, now=now):
        return prospect.id
    title, told = f"Asked for a site: {campaign.name}"[:300], tuple(_details(person, source))
    line = TimelineLine("lead", title, told, key=f"lead:{lead_id}")
    await add_to_timeline(db, prospect.id, line, now=now)
    payload = {
        "campaign_id": str(campaign.id),
        "prospect_id": str(prospect.id),
        "visitor_id": str(visitor_id) if visitor_id else None,
        "visitor_digest": visitor_digest,
    }
    await enqueue(db, "welcome-prospect", payload, now=now, key=f"welcome-prospect:{lead_id}")
    _tell(db, lead_id, prospect)
    return prospect.id


def _tell(db: AsyncSession, lead_id: UUID, prospect: Prospect) -> None:
    """Announce a lead to those who see the person."""
    announce(
        db,
        Announcement(
            "lead-captured",
            workspace_id=prospect.workspace_id,
            subject=lead_id,
            owner_id=prospect.owner_id,
            prospect_id=prospect.id,
        ),
    )


async def _write_lead(
    db: AsyncSession, lead_id: UUID, campaign: Campaign, prospect_id: UUID, person: Person,
    source: Source, *, now: datetime,
) -> bool:  # fmt: skip
    """Write the lead's row; False if this sending is known already."""
    recent = select(Lead.id).where(
        Lead.campaign_id == campaign.id,
        Lead.prospect_id == prospect_id,
        Lead.at > now - SAME_SENDING,
    )
    if await db.scalar(recent.limit(1)) is not None:
        return False
    row = {
        "id": lead_id, "workspace_id": campaign.workspace_id, "campaign_id": campaign.id,
        "prospect_id": prospect_id, "avenue": source.avenue, "at": now,
        "source": source.model_dump(mode="json"), "form": person.model_dump(mode="json"),
    }  # fmt: skip
    written = await db.execute(insert_or_ignore(Lead, [row]).returning(Lead.id))
    return written.scalar() is not None


def _problem_with(field: FormField, text: str) -> dict[str, str]:
    """Say what is wrong with one of the campaign's own fields, nothing if it is right."""
    if field.is_required and not text.strip():
        return {OWN + field.name: "Please fill this in."}
    if len(text) > LONGEST_OWN:
        return {OWN + field.name: f"At most {LONGEST_OWN} characters, please."}
    return {}


def _by_field(problems: Mapping[str, str], own: Sequence[FormField]) -> dict[str, str]:
    """Put a problem with the own fields as a whole next to the first of them."""
    first = OWN + own[0].name if own else ""
    return {first if name == "custom" else name: text for name, text in problems.items()}


def _details(person: Person, source: Source) -> list[tuple[str, str]]:
    """Return what the form said and where the person came from, for the timeline."""
    facts = [(LABELS[name], getattr(person, name)) for name in FACTS]
    came = [
        ("Came by", source.avenue),
        ("From", source.referrer),
        *((f"utm {name}", value) for name, value in source.utm.items()),
    ]
    told = [*facts, *person.custom.items(), *came]
    return [(label, str(value)) for label, value in told if value not in {"", None}]
