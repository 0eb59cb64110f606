"""Reading accounts."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.addresses import find_email
from app.accounts.models import AccountLink, LinkPurpose, Role, SignInSession, User, Workspace
from app.config import settings
from app.errors import NotFoundError
from app.tokens import digest

MOST_ACCOUNTS = 6
"""How many workspaces one address can sign in to from one form."""


async def get_workspace(db: AsyncSession, workspace_id: UUID) -> Workspace:
    """Return a workspace. Raises NotFoundError."""
    workspace = await db.get(Workspace, workspace_id)
    if workspace is None:
        raise NotFoundError
    return workspace


async def list_workspaces(db: AsyncSession) -> Sequence[Workspace]:
    """Return all workspaces of the installation: for its operator, never for a page."""
    return (await db.scalars(select(Workspace).order_by(Workspace.created_at))).all()


async def find_workspace_by_name(db: AsyncSession, name: str) -> Workspace | None:
    """Return the oldest workspace of this name, or None: for the installation's operator."""
    query = select(Workspace).where(Workspace.name == name).order_by(Workspace.created_at)
    found: Workspace | None = await db.scalar(query.limit(1))
    return found


async def get_user(db: AsyncSession, user_id: UUID, *, workspace_id: UUID) -> User:
    """Return a user of this workspace. Raises NotFoundError, for another workspace's user too."""
    user = await db.scalar(
        select(User).where(User.id == user_id, User.workspace_id == workspace_id)
    )
    if user is None:
        raise NotFoundError
    return user


async def list_users(db: AsyncSession, *, workspace_id: UUID) -> Sequence[User]:
    """Return everybody in the workspace, disabled people last, by name."""
    query = (
        select(User)
        .where(User.workspace_id == workspace_id)
        .order_by(User.disabled_at.is_not(None), User.name, User.id)
    )
    return (await db.scalars(query)).all()


async def list_accounts(db: AsyncSession, *, email: str) -> Sequence[User]:
    """Return the open accounts of a normalised address, at most MOST_ACCOUNTS, oldest first."""
    query = (
        select(User)
        .where(User.email == email, User.disabled_at.is_(None))
        .order_by(User.created_at, User.id)
        .limit(MOST_ACCOUNTS)
    )
    return (await db.scalars(query)).all()


async def find_user_by_email(db: AsyncSession, email: str) -> User | None:
    """Return the oldest open account of a typed address, or None: for the operator."""
    address = find_email(email)
    accounts = await list_accounts(db, email=address) if address else ()
    return accounts[0] if accounts else None


async def find_photo(db: AsyncSession, user_id: UUID) -> str:
    """Return the file name of a user's photo, or nothing."""
    return await db.scalar(select(User.photo).where(User.id == user_id)) or ""


async def find_viewer(db: AsyncSession, *, token: str, now: datetime) -> Viewer | None:
    """Return whom a session cookie speaks for, or None when it is unknown, over or idle too long.

    A disabled user has no session, whatever the cookie says.
    """
    found = await find_session(db, token=token, now=now)
    return None if found is None else viewer_of(*found)


def viewer_of(session: SignInSession, user: User) -> Viewer:
    """Return what the rest of the house needs to know about a signed-in person."""
    return Viewer(
        user_id=user.id,
        workspace_id=user.workspace_id,
        role=Role(user.role),
        name=user.name,
        email=user.email,
        session_id=session.id,
    )


async def find_session(
    db: AsyncSession, *, token: str, now: datetime
) -> tuple[SignInSession, User] | None:
    """Return the living session of a cookie and its user, or None."""
    query = (
        select(SignInSession, User)
        .join(User, User.id == SignInSession.user_id)
        .where(SignInSession.token_digest == digest(token), _is_living(now))
        .where(User.disabled_at.is_(None))
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


async def list_sessions(
    db: AsyncSession, *, user_id: UUID, now: datetime
) -> Sequence[SignInSession]:
    """Return where a user is signed in, the most recently seen first."""
    query = (
        select(SignInSession)
        .where(SignInSession.user_id == user_id, _is_living(now))
        .order_by(SignInSession.seen_at.desc())
    )
    return (await db.scalars(query)).all()


async def find_link(
    db: AsyncSession, token: str, *, purpose: LinkPurpose, now: datetime
) -> tuple[AccountLink, User] | None:
    """Return a link that can still be used and its user; None if used, expired or unknown."""
    query = (
        select(AccountLink, User)
        .join(User, User.id == AccountLink.user_id)
        .where(AccountLink.token_digest == digest(token), AccountLink.purpose == purpose)
        .where(AccountLink.used_at.is_(None), AccountLink.expires_at > now)
        .where(User.disabled_at.is_(None))
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


def _is_living(now: datetime) -> ColumnElement[bool]:
    """Whether a session is neither too old nor silent for too long."""
    idle = timedelta(hours=settings().session_idle_hours)
    return (SignInSession.expires_at > now) & (SignInSession.seen_at > now - idle)
