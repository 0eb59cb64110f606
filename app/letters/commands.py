"""Writing letters, each person once per campaign."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.plan import brand_of, offer_of
from app.config import settings
from app.db import insert_or_ignore
from app.errors import ConflictError, InvalidError
from app.jobs.commands import enqueue
from app.letters.merge import OWN_PREFIX
from app.letters.models import FormLetter, Letter
from app.letters.queries import MOST_AT_ONCE, get_letter_text, get_sender, list_written
from app.letters.shapes import LetterText, Links, Sender, Written
from app.letters.unsubscribing import unsubscribe_url
from app.letters.writing import check_letter, write_letter
from app.mail.commands import queue_mail
from app.mail.message import Outgoing, calm
from app.mail.models import Mail, MailState
from app.prospects.commands import add_to_timeline
from app.prospects.models import Prospect
from app.prospects.queries import load_prospect, visible_to
from app.prospects.timeline import TimelineLine
from app.sites.commands import make_personal_link
from app.sites.models import Site

SAMPLE = {
    "first_name": "Ada", "name": "Ada Lovelace", "title": "Head of Finance",
    "company": "Analytical Engines", "industry": "software",
}  # fmt: skip
TOLD = {
    MailState.KEPT: "Letter in the outbox",
    MailState.SUPPRESSED: "Letter not sent, because they have unsubscribed",
}


@dataclass(frozen=True, slots=True)
class Ordered:
    """How many letters were ordered, and how many people had theirs already."""

    ordered: int
    skipped: int


async def save_letter_text(
    db: AsyncSession, campaign: Campaign, letter: LetterText, *, now: datetime
) -> None:
    """Store a campaign's form letter. Raises InvalidError with every problem."""
    sender = await get_sender(db, campaign)
    await asyncio.to_thread(check_letter, letter, brand_of(campaign), sender)
    stored = await db.get(FormLetter, campaign.id)
    if stored is None:
        stored = FormLetter(campaign_id=campaign.id)
        db.add(stored)
    stored.subject, stored.text, stored.mjml = letter.subject.strip(), letter.text, letter.mjml
    stored.updated_at = now


async def send_letter(
    db: AsyncSession, *, campaign: Campaign, site: Site, prospect_id: UUID, now: datetime
) -> Letter | None:
    """Write a person the campaign's letter; None if they have had it.

    The ledger row, the personal link, the mail and its job are one transaction. People who have
    unsubscribed are recorded and not mailed.
    """
    letter = await _write_down(db, campaign, site, prospect_id, now=now)
    if letter is None:
        return None
    prospect = await load_prospect(db, prospect_id)
    sender = await get_sender(db, campaign)
    token = await make_personal_link(db, site_id=site.id, purpose="letter", now=now)
    mail_id = uuid4()
    links = Links(f"{settings().base_url}/p/{token}", unsubscribe_url(mail_id))
    text = await get_letter_text(db, campaign.id)
    written = await compose_letter(
        text, campaign=campaign, sender=sender, values=values_of(prospect), links=links
    )
    outgoing = _outgoing(written, prospect=prospect, sender=sender, links=links, mail_id=mail_id)
    try:
        mail = await queue_mail(db, outgoing, now=now)
    except InvalidError as error:
        await _tell(db, letter, f"Letter could not be written: {error}", now=now)
        return letter
    await db.flush()
    letter.mail_id = mail.id
    await _tell(db, letter, _title(mail), link=f"/outbox/{mail.id}", now=now)
    return letter


async def compose_letter(
    letter: LetterText,
    *,
    campaign: Campaign,
    sender: Sender,
    values: Mapping[str, str],
    links: Links,
) -> Written:
    """Merge a form letter for somebody, in a thread: own MJML may take a while."""
    product = offer_of(campaign).product
    known = {**values, "campaign": campaign.name, "product": product}
    return await asyncio.to_thread(
        write_letter, letter, brand=brand_of(campaign), sender=sender, values=known, links=links
    )


async def order_letters(
    db: AsyncSession,
    *,
    campaign: Campaign,
    prospect_ids: Collection[UUID],
    viewer: Viewer,
    now: datetime,
) -> Ordered:
    """Have letters written to some of the viewer's people; those who had theirs are skipped.

    People the viewer may not see are passed over as if they did not exist.
    """
    if campaign.state == CampaignState.DRAFT:
        raise ConflictError("Launch the campaign first: its letters lead to personal sites.")
    if len(prospect_ids) > MOST_AT_ONCE:
        raise InvalidError({"prospects": f"Please choose at most {MOST_AT_ONCE} people at a time."})
    chosen = select(Prospect.id).where(Prospect.id.in_(prospect_ids), visible_to(viewer))
    people = set(await db.scalars(chosen))
    had = await list_written(db, campaign.id, people)
    for prospect_id in people - had:
        payload = {"campaign_id": str(campaign.id), "prospect_id": str(prospect_id)}
        key = f"send-letter:{campaign.id}:{prospect_id}"
        await enqueue(db, "send-letter", payload, key=key, now=now)
    return Ordered(len(people - had), len(had))


async def send_test(
    db: AsyncSession,
    *,
    campaign: Campaign,
    letter: LetterText,
    prospect: Prospect | None,
    viewer: Viewer,
    now: datetime,
) -> Mail:
    """Mail the letter as it stands in the editor to the rep; no ledger, no personal link."""
    sender = await get_sender(db, campaign)
    await asyncio.to_thread(check_letter, letter, brand_of(campaign), sender)
    values = values_of(prospect) if prospect else SAMPLE
    mail_id = uuid4()
    links = test_links(campaign, mail_id)
    written = await compose_letter(
        letter, campaign=campaign, sender=sender, values=values, links=links
    )
    test = Outgoing(
        workspace_id=viewer.workspace_id, to_email=viewer.email, to_name=calm(viewer.name),
        subject=f"Test: {written.subject}", text=written.text, html=written.html,
        from_name=calm(sender.name), from_email=sender.email, reader_id=viewer.user_id,
        mail_id=mail_id,
    )  # fmt: skip
    return await queue_mail(db, test, now=now)


def test_links(campaign: Campaign, mail_id: UUID) -> Links:
    """Return where a test's links lead: the campaign site, because nobody's site is in it."""
    return Links(f"{settings().base_url}/c/{campaign.slug}", unsubscribe_url(mail_id))


def values_of(prospect: Prospect) -> dict[str, str]:
    """Return a person's merge fields. The company must be loaded."""
    company = prospect.company
    own = {f"{OWN_PREFIX}{label}".lower(): str(value) for label, value in prospect.custom.items()}
    return {
        **own,
        "first_name": prospect.first_name,
        "name": prospect.name,
        "title": prospect.title,
        "company": company.name if company else "",
        "industry": company.industry if company else "",
    }


async def _write_down(
    db: AsyncSession, campaign: Campaign, site: Site, prospect_id: UUID, *, now: datetime
) -> Letter | None:
    """Write the ledger row, or return None if it is there."""
    row = {
        "id": uuid4(), "workspace_id": campaign.workspace_id, "campaign_id": campaign.id,
        "prospect_id": prospect_id, "site_id": site.id, "mail_id": None, "created_at": now,
    }  # fmt: skip
    made = await db.scalar(insert_or_ignore(Letter, [row]).returning(Letter.id))
    return None if made is None else await db.get_one(Letter, made)


def _outgoing(
    written: Written, *, prospect: Prospect, sender: Sender, links: Links, mail_id: UUID
) -> Outgoing:
    """Return the mail that carries a letter."""
    return Outgoing(
        workspace_id=prospect.workspace_id, to_email=prospect.email, to_name=calm(prospect.name),
        subject=written.subject, text=written.text, html=written.html,
        from_name=calm(sender.name), from_email=sender.email, reader_id=prospect.owner_id,
        unsubscribe_url=links.unsubscribe, mail_id=mail_id,
    )  # fmt: skip


def _title(mail: Mail) -> str:
    """Say on the timeline what became of the letter so far."""
    return f"{TOLD.get(MailState(mail.state), 'Letter on its way')}: {mail.subject}"


async def _tell(
    db: AsyncSession, letter: Letter, title: str, *, link: str = "", now: datetime
) -> None:
    """Write the letter on the person's timeline, once."""
    line = TimelineLine("letter", title[:300], link=link, key=f"letter:{letter.id}")
    await add_to_timeline(db, letter.prospect_id, line, now=now)
