"""Writing mail, settling it, and remembering who wants none."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.bus import Announcement, announce
from app.config import settings
from app.db import insert_or_ignore
from app.errors import ConflictError
from app.jobs.commands import enqueue
from app.mail.message import SUBJECT_MAX, Outgoing, build_bytes, message_id_of
from app.mail.models import Mail, MailState, Suppression
from app.mail.queries import is_suppressed

GIVE_UP_AFTER = timedelta(hours=24)
DELAYS_S = (10, 20, 60, 300, 900, 3600)
REPLY_MAX = 500
WAITING = (MailState.QUEUED, MailState.DEFERRED)


async def queue_mail(db: AsyncSession, message: Outgoing, *, now: datetime) -> Mail:
    """Freeze a message and have it sent after the commit.

    Without an SMTP server it is kept for the outbox page; to an address that wants no letters it
    is recorded as suppressed. Raises InvalidError if it cannot be written safely.
    """
    content = build_bytes(message, now=now)
    mail = Mail(
        id=message.mail_id, workspace_id=message.workspace_id, reader_id=message.reader_id,
        is_private=message.is_private, to_email=message.to_email.strip(),
        subject=message.subject[:SUBJECT_MAX],
        message_id=message_id_of(message.mail_id), content=content, state=MailState.QUEUED,
        tries=0, created_at=now,
    )  # fmt: skip
    db.add(mail)
    if await _is_unwanted(db, mail):
        mail.settle(MailState.SUPPRESSED, "", now)
    elif not settings().smtp_url:
        mail.settle(MailState.KEPT, "", now)
    else:
        await enqueue(
            db, "send-mail", {"mail_id": str(mail.id)}, key=f"send-mail:{mail.id}", now=now
        )
    _announce(db, mail)
    return mail


async def begin_sending(db: AsyncSession, mail: Mail, *, now: datetime) -> bool:
    """Mark the last moment before DATA; False if the mail must not go out (any more).

    The suppression list is read here, so that an unsubscription during a run still counts.
    """
    if await _is_unwanted(db, mail):
        mail.settle(MailState.SUPPRESSED, "", now)
        _announce(db, mail)
        return False
    ours = (Mail.id == mail.id) & Mail.state.in_(WAITING)
    begun = await db.execute(
        update(Mail)
        .where(ours)
        .values(state=MailState.SENDING, tries=Mail.tries + 1, next_try_at=None)
        .execution_options(synchronize_session=False)
    )
    return isinstance(begun, CursorResult) and begun.rowcount == 1


async def settle_mail(
    db: AsyncSession,
    mail: Mail,
    state: MailState,
    *,
    after: Iterable[str],
    reply: str,
    now: datetime,
) -> None:
    """Bring a mail from one of the states `after` to its end; elsewhere it stays as it is.

    A worker that slept through its lease may come back late: what others found out stands.
    """
    if mail.state in set(after):
        mail.settle(state, reply[:REPLY_MAX], now)
        _announce(db, mail)


async def put_off_mail(
    db: AsyncSession, mail: Mail, *, after: Iterable[str], reply: str, now: datetime
) -> datetime | None:
    """Have a mail tried again later and return when; None if that is over.

    It is over after a day (then the mail has failed), or when others settled it meanwhile.
    """
    if mail.state not in set(after):
        return None
    tries = mail.tries + (mail.state != MailState.SENDING)
    again = now + timedelta(seconds=DELAYS_S[min(tries, len(DELAYS_S)) - 1])
    if again > mail.created_at + GIVE_UP_AFTER:
        mail.settle(MailState.FAILED, reply[:REPLY_MAX], now)
    else:
        mail.put_off(reply[:REPLY_MAX], tries=tries, until=again)
    _announce(db, mail)
    return mail.next_try_at


async def resolve_as_arrived(db: AsyncSession, mail: Mail, *, why: str, now: datetime) -> None:
    """Somebody or something knows that an unknown mail arrived. Raises ConflictError."""
    _expect(mail, MailState.UNKNOWN)
    mail.settle(MailState.ACCEPTED, why, now)
    _announce(db, mail)


async def send_again(db: AsyncSession, mail: Mail, *, now: datetime) -> None:
    """Send the same bytes once more, because a person decided so. Raises ConflictError."""
    _expect(mail, MailState.UNKNOWN, MailState.FAILED, MailState.KEPT)
    if not settings().smtp_url:
        raise ConflictError("No mail server is set, so nothing can be sent.")
    mail.queue_again()
    key = f"send-mail:{mail.id}:{int(now.timestamp() * 1000)}"
    await enqueue(db, "send-mail", {"mail_id": str(mail.id)}, key=key, now=now)
    _announce(db, mail)


async def suppress(
    db: AsyncSession, *, workspace_id: UUID, email: str, reason: str, now: datetime
) -> None:
    """Remember that an address wants no more letters of a workspace; a repeat changes nothing."""
    row = {
        "workspace_id": workspace_id, "email": email.strip().lower(), "reason": reason,
        "created_at": now,
    }  # fmt: skip
    await db.execute(insert_or_ignore(Suppression, [row]))


async def lift_suppression(db: AsyncSession, *, workspace_id: UUID, email: str) -> None:
    """Forget a suppression, because the person wants letters again."""
    listed = (Suppression.workspace_id == workspace_id) & (
        Suppression.email == email.strip().lower()
    )
    await db.execute(delete(Suppression).where(listed))


async def _is_unwanted(db: AsyncSession, mail: Mail) -> bool:
    """Whether the address has unsubscribed; account mails go out all the same."""
    return not mail.is_private and await is_suppressed(
        db, workspace_id=mail.workspace_id, email=mail.to_email
    )


def _expect(mail: Mail, *states: MailState) -> None:
    """Refuse when somebody else was faster."""
    if mail.state not in states:
        raise ConflictError("This message has moved on meanwhile.")


def _announce(db: AsyncSession, mail: Mail) -> None:
    """Tell open outbox pages."""
    changed = Announcement("mail-changed", mail.workspace_id, mail.id, owner_id=mail.reader_id)
    announce(db, changed)
