"""Sending mail: at most once by itself, and an honest *unknown* where nobody can know.

After the final dot a lost answer may have meant "accepted" (RFC 1047), so exactly once does not
exist. We do everything up to RCPT first, commit `sending`, then DATA: what is found in `sending`
by a later run is `unknown`, shown, and never sent again unless a person says so.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

import structlog

from app.config import settings
from app.db import transaction
from app.jobs.registry import RetryLaterError, does
from app.mail.commands import WAITING, begin_sending, put_off_mail, settle_mail
from app.mail.message import ascii_address, sender_of
from app.mail.models import Mail, MailState
from app.mail.queries import load_mail
from app.mail.smtp import FAILURES, Conversation, describe, is_answer, is_permanent, read_smtp_url

log = structlog.get_logger()

SENDING = (MailState.SENDING,)
HANDED_OVER = (MailState.SENDING, MailState.UNKNOWN)


@does("send-mail")
async def send_mail(payload: Mapping[str, object], now: datetime) -> None:
    """Send one mail, unless it has been sent, or nobody can tell whether it has."""
    mail_id = UUID(str(payload["mail_id"]))
    async with transaction() as db:
        mail = await load_mail(db, mail_id)
        await settle_mail(db, mail, MailState.UNKNOWN, after=SENDING, reply="", now=now)
    if mail.state not in WAITING:
        return
    if not settings().smtp_url:
        await _settle(mail_id, MailState.KEPT, "", now, after=WAITING)
        return
    conversation = Conversation(read_smtp_url(settings().smtp_url))
    try:
        if await _reach(mail, conversation, now):
            await _hand_over(mail, conversation, now)
    finally:
        await conversation.close()


async def _reach(mail: Mail, conversation: Conversation, now: datetime) -> bool:
    """Go as far as RCPT; False if this try ended there.

    A 5xx to connecting or signing in is about our settings, not about this message: it waits.
    """
    try:
        await conversation.open()
    except FAILURES as error:
        await _put_off(mail.id, describe(error), now, after=WAITING)
        return False
    try:
        await conversation.address(sender_of(mail.content), ascii_address(mail.to_email, "to"))
    except FAILURES as error:
        await _refused(mail.id, error, now, after=WAITING)
        return False
    return True


async def _hand_over(mail: Mail, conversation: Conversation, now: datetime) -> None:
    """Commit `sending`, transmit, and write down what came of it."""
    async with transaction() as db:
        if not await begin_sending(db, await load_mail(db, mail.id), now=now):
            return
    try:
        reply = await conversation.transmit(mail.content)
    except FAILURES as error:
        if is_answer(error):
            await _refused(mail.id, error, now, after=SENDING)
        else:
            await _settle(mail.id, MailState.UNKNOWN, describe(error), now, after=SENDING)
    else:
        await _settle(mail.id, MailState.ACCEPTED, reply, now, after=HANDED_OVER)


async def _refused(
    mail_id: UUID, error: Exception, now: datetime, *, after: Iterable[MailState]
) -> None:
    """Settle a refusal for good (5xx); put off everything else."""
    if is_permanent(error):
        await _settle(mail_id, MailState.FAILED, describe(error), now, after=after)
    else:
        await _put_off(mail_id, describe(error), now, after=after)


async def _put_off(mail_id: UUID, reply: str, now: datetime, *, after: Iterable[MailState]) -> None:
    """Try again later, or give up after a day."""
    async with transaction() as db:
        mail = await load_mail(db, mail_id)
        again = await put_off_mail(db, mail, after=after, reply=reply, now=now)
    log.info("mail put off", mail=str(mail_id), again_at=str(again))
    if again is not None:
        raise RetryLaterError(again)


async def _settle(
    mail_id: UUID, state: MailState, reply: str, now: datetime, *, after: Iterable[MailState]
) -> None:
    """Write the end of an attempt."""
    async with transaction() as db:
        mail = await load_mail(db, mail_id)
        await settle_mail(db, mail, state, after=after, reply=reply, now=now)
