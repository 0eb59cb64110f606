"""What letters do after the commit: welcome a lead, write to chosen people, learn of arrivals."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.campaigns.queries import load_campaign
from app.db import transaction
from app.errors import NotFoundError
from app.jobs.registry import does
from app.letters.commands import send_letter
from app.letters.models import Letter
from app.mail.commands import resolve_as_arrived
from app.mail.models import Mail, MailState
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.models import PersonalLink
from app.tracking.commands import link_visitor
from app.tracking.queries import get_first_interests


@does("welcome-prospect")
async def welcome_prospect(payload: Mapping[str, object], now: datetime) -> None:
    """Give a lead their first acts, their site and their letter, all or nothing; once."""
    prospect_id = UUID(str(payload["prospect_id"]))
    async with transaction() as db:
        visitor_id = await link_visitor(
            db,
            visitor_digest=str(payload.get("visitor_digest") or ""),
            prospect_id=prospect_id,
            now=now,
        )
        interests = await get_first_interests(db, visitor_id=visitor_id) if visitor_id else {}
        history = History(interests=interests)
        await _open_and_write(db, payload, history, now)


@does("send-letter")
async def write_to_chosen(payload: Mapping[str, object], now: datetime) -> None:
    """Give somebody a rep chose their site and their letter; once."""
    async with transaction() as db:
        await _open_and_write(db, payload, History(), now)


async def settle_opened_letters(now: datetime) -> int:
    """Note that letters of unknown fate arrived, where a visit came of their personal link.

    Returns how many.
    """
    opened = exists().where(
        PersonalLink.site_id == Letter.site_id,
        PersonalLink.purpose == "letter",
        PersonalLink.opened_at > Mail.created_at,
    )
    query = select(Mail).join(Letter, Letter.mail_id == Mail.id).where(opened)
    async with transaction() as db:
        mails = (await db.scalars(query.where(Mail.state == MailState.UNKNOWN))).all()
        for mail in mails:
            await resolve_as_arrived(db, mail, why="Its personal link was opened.", now=now)
    return len(mails)


async def _open_and_write(
    db: AsyncSession, payload: Mapping[str, object], history: History, now: datetime
) -> None:
    """Open the site and send the letter; if campaign or person are gone there is nothing to do."""
    prospect_id = UUID(str(payload["prospect_id"]))
    try:
        campaign = await load_campaign(db, UUID(str(payload["campaign_id"])))
        site = await open_site(
            db, campaign=campaign, prospect_id=prospect_id, history=history, now=now
        )
    except NotFoundError:
        return
    await send_letter(db, campaign=campaign, site=site, prospect_id=prospect_id, now=now)
