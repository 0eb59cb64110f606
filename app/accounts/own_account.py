"""What people do to their own account, and asking for a link when they cannot get in."""

from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.addresses import find_email
from app.accounts.commands import set_password
from app.accounts.jobs import MAIL_ACCOUNT_LINK
from app.accounts.limits import Limit, count_against, start_afresh
from app.accounts.mails import password_changed_mail
from app.accounts.models import LinkPurpose, User
from app.accounts.passwords import verify_password
from app.accounts.queries import get_user
from app.errors import ConflictError, InvalidError
from app.jobs.commands import enqueue
from app.mail.commands import queue_mail

MAILS_BY_ADDRESS = Limit("mail-address", 5, timedelta(hours=1))
MAILS_BY_NETWORK = Limit("mail-network", 20, timedelta(hours=1))
OLD_PASSWORD = Limit("old-password", 10, timedelta(minutes=10))


async def ask_for_link(
    db: AsyncSession, typed: str, *, purpose: LinkPurpose, network: str, now: datetime
) -> None:
    """Have a reset or sign-in link mailed to an address, if anybody here has it.

    The caller learns nothing about that. Raises TooManyError, for known and unknown alike.
    """
    email = find_email(typed)
    await count_against(db, MAILS_BY_ADDRESS, email or typed.strip().casefold(), now=now)
    await count_against(db, MAILS_BY_NETWORK, network, now=now)
    payload = {"email": email or "", "purpose": purpose, "request_id": str(uuid4())}
    await enqueue(db, MAIL_ACCOUNT_LINK, payload, now=now)


async def begin_password_change(db: AsyncSession, *, viewer: Viewer, now: datetime) -> User:
    """Count a try at the old password and return the account. Raises TooManyError."""
    await count_against(db, OLD_PASSWORD, str(viewer.user_id), now=now)
    return await get_user(db, viewer.user_id, workspace_id=viewer.workspace_id)


async def refuse_wrong_password(user: User, typed: str) -> None:
    """Raise InvalidError unless the present password was typed; who has none yet types none."""
    if user.password_hash is not None and not await verify_password(user.password_hash, typed):
        raise InvalidError({"old_password": "This is not your present password."})


async def change_password(
    db: AsyncSession, *, viewer: Viewer, old_hash: str | None, new_hash: str, now: datetime
) -> None:
    """Store a new password, sign out everywhere else, and tell the owner by mail.

    Raises ConflictError if the password became another one while the old one was compared.
    """
    user = await get_user(db, viewer.user_id, workspace_id=viewer.workspace_id)
    if user.password_hash != old_hash:
        raise ConflictError("Your password was changed somewhere else meanwhile.")
    await set_password(db, user, password_hash=new_hash, but=viewer.session_id, now=now)
    await start_afresh(db, OLD_PASSWORD, str(user.id))
    await queue_mail(db, password_changed_mail(user), now=now)


async def change_details(
    db: AsyncSession, *, viewer: Viewer, name: str, title: str, phone: str
) -> User:
    """Change what prospects and colleagues read about a person."""
    user = await get_user(db, viewer.user_id, workspace_id=viewer.workspace_id)
    user.name, user.title, user.phone = name, title, phone
    return user


async def change_photo(db: AsyncSession, *, viewer: Viewer, photo: str) -> str:
    """Show another photo, or none; returns the file name of the one before."""
    user = await get_user(db, viewer.user_id, workspace_id=viewer.workspace_id)
    before, user.photo = user.photo, photo
    return before
