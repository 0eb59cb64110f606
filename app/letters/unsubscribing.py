"""The way out: a sealed address that names a mail, and what pressing its button does.

A GET only ever shows a button: mail scanners follow links. Unknown, forged and old links get the
same page and the same answer, so that nobody learns which exist.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.config import settings
from app.db import as_uuid
from app.mail.commands import lift_suppression, suppress
from app.mail.models import Mail
from app.prospects.commands import add_to_timeline
from app.prospects.queries import find_by_email
from app.prospects.timeline import TimelineLine
from app.tokens import seal, unseal

PURPOSE = "unsubscribe"
TEN_YEARS_S = 10 * 366 * 86_400


def unsubscribe_url(mail_id: UUID) -> str:
    """Return the address that ends letters to whoever got this mail."""
    return f"{settings().base_url}/u/{seal(PURPOSE, {'mail': mail_id.hex})}"


async def unsubscribe(db: AsyncSession, sealed: str, *, now: datetime) -> None:
    """Send the address no more letters of this workspace; a bad link or a repeat does nothing."""
    mail = await _find_mail(db, sealed)
    if mail is None:
        return
    await suppress(
        db, workspace_id=mail.workspace_id, email=mail.to_email, reason="unsubscribed", now=now
    )
    await _tell(db, mail, "Unsubscribed: no more letters", now=now)


async def subscribe_again(db: AsyncSession, sealed: str, *, now: datetime) -> None:
    """Take an unsubscription back; a bad link does nothing."""
    mail = await _find_mail(db, sealed)
    if mail is None:
        return
    await lift_suppression(db, workspace_id=mail.workspace_id, email=mail.to_email)
    await _tell(db, mail, "Wants letters again", now=now)


async def _find_mail(db: AsyncSession, sealed: str) -> Mail | None:
    """Return the mail a sealed address names, None if it is unknown or forged."""
    claims = unseal(PURPOSE, sealed, max_age_s=TEN_YEARS_S) or {}
    mail_id = as_uuid(claims.get("mail"))
    return None if mail_id is None else await db.get(Mail, mail_id)


async def _tell(db: AsyncSession, mail: Mail, title: str, *, now: datetime) -> None:
    """Write it on the person's timeline, where the person is still known; once a day."""
    prospect = await find_by_email(db, mail.to_email.lower(), workspace_id=mail.workspace_id)
    if prospect is not None:
        line = TimelineLine("consent", title, key=f"{title}:{mail.id}:{now:%Y-%m-%d}")
        await add_to_timeline(db, prospect.id, line, now=now)
