"""Making workspaces, users, their links and sessions, and ending sessions.

Signing in is in sign_in.py, what admins do to their team in team.py, what people do to their own
account in own_account.py.
"""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.addresses import normalise_email
from app.accounts.models import (
    SEEN_EVERY,
    AccountLink,
    LinkPurpose,
    Role,
    SignInSession,
    User,
    Workspace,
)
from app.accounts.password_rules import find_password_problem
from app.accounts.passwords import hash_password
from app.accounts.queries import get_workspace
from app.bus import Announcement, announce
from app.config import settings
from app.errors import InvalidError
from app.tokens import digest, make_token


async def create_workspace(
    db: AsyncSession, *, name: str, currency: str = "EUR", postal_address: str = "", now: datetime
) -> Workspace:
    """Open a new workspace, with nobody in it yet."""
    workspace = Workspace(
        id=uuid4(), name=name, currency=currency, postal_address=postal_address, created_at=now
    )
    db.add(workspace)
    await db.flush()
    return workspace


async def change_workspace(
    db: AsyncSession, workspace_id: UUID, *, name: str, currency: str, postal_address: str
) -> Workspace:
    """Change what a workspace is called, counts in, and prints at the foot of its letters."""
    workspace = await get_workspace(db, workspace_id)
    workspace.name, workspace.currency = name, currency
    workspace.postal_address = postal_address
    return workspace


async def create_user(  # noqa: PLR0913  what is known of a person is a list
    db: AsyncSession,
    *,
    workspace_id: UUID,
    email: str,
    name: str,
    role: Role,
    password: str | None = None,
    title: str = "",
    phone: str = "",
    photo: str = "",
    now: datetime,
) -> User:
    """Add somebody to a workspace; without a password they choose one by a link.

    `photo` is a file name returned by `photos.keep_photo`. A password is hashed right here, 60 ms
    within the transaction: for terminal and demo, no page does it. Raises InvalidError for a bad or
    taken address and for a password that is too easy.
    """
    address = await _free_email(db, email, workspace_id=workspace_id)
    user = User(
        id=uuid4(), workspace_id=workspace_id, email=address, name=name, role=role,
        title=title, phone=phone, photo=photo, created_at=now,
    )  # fmt: skip
    if password is not None:
        refuse_bad_password(password, email=address, name=name)
        user.password_hash = await hash_password(password)
    db.add(user)
    await db.flush()
    return user


def refuse_bad_password(password: str, *, email: str, name: str) -> None:
    """Raise InvalidError for a password that is too easy."""
    problem = find_password_problem(password, email=email, name=name)
    if problem:
        raise InvalidError({"password": problem})


async def set_password(
    db: AsyncSession, user: User, *, password_hash: str, but: UUID | None = None, now: datetime
) -> None:
    """Store a new password, which ends the user's sessions (but one) and voids all links."""
    user.password_hash = password_hash
    await end_sessions(db, user_id=user.id, but=but)
    await void_links(db, user_id=user.id, now=now)


async def make_account_link(
    db: AsyncSession,
    *,
    user_id: UUID,
    purpose: LinkPurpose,
    lifetime: timedelta,
    needs_click: bool = True,
    link_id: UUID | None = None,
    now: datetime,
) -> str:
    """Return the token of a new one-use link. Only its digest is kept; dead links are swept.

    `link_id` lets a job that runs twice see that it has made this link already.
    """
    over = (AccountLink.user_id == user_id) & (AccountLink.expires_at < now)
    await db.execute(delete(AccountLink).where(over))
    token = make_token()
    link = AccountLink(
        id=link_id or uuid4(), user_id=user_id, purpose=purpose, token_digest=digest(token),
        needs_click=needs_click, expires_at=now + lifetime,
    )  # fmt: skip
    db.add(link)
    await db.flush()
    return token


async def void_links(db: AsyncSession, *, user_id: UUID, now: datetime) -> None:
    """Make every open link of a user useless."""
    unused = (AccountLink.user_id == user_id) & AccountLink.used_at.is_(None)
    await db.execute(update(AccountLink).where(unused).values(used_at=now))


async def open_session(db: AsyncSession, *, user_id: UUID, browser: str, now: datetime) -> str:
    """Sign a browser in and return the token for its cookie. Dead sessions are swept."""
    over = (SignInSession.user_id == user_id) & (SignInSession.expires_at <= now)
    await db.execute(delete(SignInSession).where(over))
    token = make_token()
    session = SignInSession(
        id=uuid4(), user_id=user_id, token_digest=digest(token), browser=browser[:200],
        created_at=now, seen_at=now, expires_at=now + timedelta(days=settings().session_days),
    )  # fmt: skip
    db.add(session)
    await db.flush()
    return token


async def note_presence(db: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """Write that a session was used, unless another request has just done so."""
    due = (SignInSession.id == session_id) & (SignInSession.seen_at <= now - SEEN_EVERY)
    await db.execute(update(SignInSession).where(due).values(seen_at=now))


async def end_session(db: AsyncSession, *, user_id: UUID, session_id: UUID) -> None:
    """Sign one browser of a user out; an unknown or foreign session is left alone."""
    await _end_where(db, user_id, SignInSession.id == session_id)


async def end_session_of(db: AsyncSession, *, token: str) -> None:
    """Sign out the browser that holds this cookie, if it is signed in."""
    held = SignInSession.token_digest == digest(token)
    user_id = await db.scalar(select(SignInSession.user_id).where(held))
    if user_id is not None:
        await _end_where(db, user_id, held)


async def end_sessions(db: AsyncSession, *, user_id: UUID, but: UUID | None = None) -> None:
    """Sign a user out everywhere, or everywhere else than in session `but`."""
    everywhere = SignInSession.user_id == user_id
    await _end_where(db, user_id, everywhere if but is None else SignInSession.id != but)


async def _end_where(db: AsyncSession, user_id: UUID, which: ColumnElement[bool]) -> None:
    """Delete sessions of one user and announce each, so that open sockets close."""
    ended = delete(SignInSession).where(SignInSession.user_id == user_id, which)
    session_ids = (await db.scalars(ended.returning(SignInSession.id))).all()
    if not session_ids:
        return
    workspace_id = await db.scalar(select(User.workspace_id).where(User.id == user_id))
    if workspace_id is None:
        return
    for session_id in session_ids:
        announce(
            db, Announcement("session-ended", workspace_id, subject=session_id, owner_id=user_id)
        )


async def _free_email(db: AsyncSession, email: str, *, workspace_id: UUID) -> str:
    """Return the normalised address. Raises InvalidError if it is none, or taken here."""
    try:
        address = normalise_email(email)
    except ValueError as refusal:
        raise InvalidError({"email": str(refusal)}) from refusal
    taken = select(User.id).where(User.workspace_id == workspace_id, User.email == address)
    if await db.scalar(taken) is not None:
        raise InvalidError({"email": "Somebody with this address is on the team already."})
    return address
