"""The job that answers "I cannot sign in".

Known or unknown, an address costs the page the same work: one job. What is known is found out here,
where nobody watches the clock.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.commands import make_account_link
from app.accounts.mails import reset_mail, sign_in_mail
from app.accounts.models import AccountLink, LinkPurpose, User
from app.accounts.queries import get_workspace, list_accounts
from app.db import transaction
from app.jobs.registry import does
from app.mail.commands import queue_mail

MAIL_ACCOUNT_LINK = "mail-account-link"
LIFETIMES = {LinkPurpose.RESET: timedelta(hours=1), LinkPurpose.SIGN_IN: timedelta(minutes=15)}
WORDS = {LinkPurpose.RESET: reset_mail, LinkPurpose.SIGN_IN: sign_in_mail}


@does(MAIL_ACCOUNT_LINK)
async def mail_account_link(payload: Mapping[str, object], now: datetime) -> None:
    """Mail a link to each account of an address; an unknown address gets nothing.

    Done twice it mails once: the link's id follows from the request's.
    """
    purpose = LinkPurpose(str(payload["purpose"]))
    request_id = UUID(str(payload["request_id"]))
    async with transaction() as db:
        for user in await list_accounts(db, email=str(payload["email"])):
            await _mail_link(db, user, purpose=purpose, request_id=request_id, now=now)


async def _mail_link(
    db: AsyncSession, user: User, *, purpose: LinkPurpose, request_id: UUID, now: datetime
) -> None:
    """Make one link and queue its mail, unless that has been done."""
    link_id = uuid5(request_id, str(user.id))
    if await db.get(AccountLink, link_id) is not None:
        return
    token = await make_account_link(
        db, user_id=user.id, purpose=purpose, lifetime=LIFETIMES[purpose], link_id=link_id, now=now
    )
    workspace = await get_workspace(db, user.workspace_id)
    await queue_mail(db, WORDS[purpose](user, token=token, workspace=workspace.name), now=now)
