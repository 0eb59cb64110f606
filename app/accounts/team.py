"""What admins do to their team: inviting, changing roles, closing and opening accounts."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.access import Viewer
from app.accounts.commands import create_user, end_sessions, make_account_link, void_links
from app.accounts.mails import invitation_mail
from app.accounts.models import LinkPurpose, Role, User, Workspace
from app.accounts.queries import get_user, get_workspace
from app.errors import ConflictError
from app.mail.commands import queue_mail

INVITATION_LIFETIME = timedelta(days=7)


async def invite_user(
    db: AsyncSession, *, viewer: Viewer, email: str, name: str, role: Role, now: datetime
) -> User:
    """Add somebody to the viewer's workspace and mail them a link to choose a password.

    Raises InvalidError for a bad or taken address.
    """
    user = await create_user(
        db, workspace_id=viewer.workspace_id, email=email, name=name, role=role, now=now
    )
    await _mail_invitation(db, user, viewer=viewer, now=now)
    return user


async def invite_again(db: AsyncSession, user_id: UUID, *, viewer: Viewer, now: datetime) -> User:
    """Mail a new invitation; earlier ones stop working.

    Raises ConflictError for somebody who has accepted already or whose account is closed.
    """
    user = await get_user(db, user_id, workspace_id=viewer.workspace_id)
    if not user.is_invited or user.is_disabled:
        raise ConflictError(f"{user.name} does not need an invitation any more.")
    await void_links(db, user_id=user.id, now=now)
    await _mail_invitation(db, user, viewer=viewer, now=now)
    return user


async def change_role(db: AsyncSession, user_id: UUID, *, role: Role, viewer: Viewer) -> User:
    """Give somebody another role and end their sessions; the same role again changes nothing.

    Raises ConflictError when the workspace would have no admin left.
    """
    user = await get_user(db, user_id, workspace_id=viewer.workspace_id)
    if Role(user.role) is role:
        return user
    await _keep_an_admin(db, user)
    user.role = role
    await end_sessions(db, user_id=user.id)
    return user


async def disable_user(db: AsyncSession, user_id: UUID, *, viewer: Viewer, now: datetime) -> User:
    """Close an account: signed out at once, and no link opens it.

    Raises ConflictError when the workspace would have no admin left.
    """
    user = await get_user(db, user_id, workspace_id=viewer.workspace_id)
    await _keep_an_admin(db, user)
    user.disable(now)
    await end_sessions(db, user_id=user.id)
    await void_links(db, user_id=user.id, now=now)
    return user


async def enable_user(db: AsyncSession, user_id: UUID, *, viewer: Viewer) -> User:
    """Open a closed account again."""
    user = await get_user(db, user_id, workspace_id=viewer.workspace_id)
    user.enable()
    return user


async def _keep_an_admin(db: AsyncSession, user: User) -> None:
    """Raise ConflictError if `user` is the last admin who can sign in.

    The workspace's row is locked, so two admins cannot demote each other at the same moment.
    """
    if Role(user.role) is not Role.ADMIN:
        return
    await db.execute(
        select(Workspace.id)
        .where(Workspace.id == user.workspace_id)
        .with_for_update(key_share=True)
    )
    others = select(func.count()).where(
        User.workspace_id == user.workspace_id,
        User.id != user.id,
        User.role == Role.ADMIN,
        User.disabled_at.is_(None),
        User.password_hash.is_not(None),
    )
    if not await db.scalar(others):
        raise ConflictError(
            f"{user.name} is the only admin. Make somebody else an admin first, who has accepted."
        )


async def _mail_invitation(db: AsyncSession, user: User, *, viewer: Viewer, now: datetime) -> None:
    """Make the link and queue the mail."""
    token = await make_account_link(
        db, user_id=user.id, purpose=LinkPurpose.INVITATION, lifetime=INVITATION_LIFETIME, now=now
    )
    workspace = await get_workspace(db, viewer.workspace_id)
    mail = invitation_mail(user, token=token, workspace=workspace.name, inviter=viewer.name)
    await queue_mail(db, mail, now=now)
