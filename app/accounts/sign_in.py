"""Signing in: counting tries, finding the accounts that a password opens, opening a session.

Passwords are compared between two short transactions, never inside one: argon2 is slow on purpose
and there is one writer.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.addresses import find_email
from app.accounts.commands import (
    end_session_of,
    make_account_link,
    open_session,
    set_password,
)
from app.accounts.limits import Limit, count_against, start_afresh, take_back
from app.accounts.models import AccountLink, LinkPurpose, User, Workspace
from app.accounts.passwords import verify_password
from app.accounts.queries import find_link, list_accounts
from app.errors import NotFoundError

BY_ADDRESS = Limit("sign-in-address", 10, timedelta(minutes=10))
BY_NETWORK = Limit("sign-in-network", 30, timedelta(minutes=10))
CHOICE_LIFETIME = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Device:
    """The browser in front of us: the network it calls from, its name, its present cookie."""

    network: str
    browser: str
    old_token: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted try to sign in: the accounts it may open and the rows that count it."""

    email: str
    accounts: Sequence[User]
    counted: tuple[int, int]

    async def matching(self, password: str) -> tuple[User, ...]:
        """Return the accounts this password opens; an address without any costs as much time."""
        stored = [user.password_hash for user in self.accounts] or [None]
        matches = await asyncio.gather(*(verify_password(one, password) for one in stored))
        return tuple(u for u, right in zip(self.accounts, matches, strict=False) if right)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several workspaces a person may go on to; `token` opens it once."""

    workspace: str
    name: str
    token: str


async def begin_sign_in(db: AsyncSession, typed: str, *, network: str, now: datetime) -> Attempt:
    """Count a try before the password is looked at, so that many at once are counted too.

    Raises TooManyError for an address or network that failed too often, known or not.
    """
    email = find_email(typed)
    counted = (
        await count_against(db, BY_ADDRESS, email or typed.strip().casefold(), now=now),
        await count_against(db, BY_NETWORK, network, now=now),
    )
    accounts = await list_accounts(db, email=email) if email else ()
    return Attempt(email or "", accounts, counted)


async def complete_sign_in(
    db: AsyncSession, attempt: Attempt, user: User, *, device: Device, now: datetime
) -> str:
    """Open a session for an account whose password was right; returns the cookie token."""
    await _settle(db, attempt, [user])
    return await enter(db, user.id, device=device, now=now)


async def offer_choices(
    db: AsyncSession, attempt: Attempt, users: Sequence[User], *, now: datetime
) -> tuple[Choice, ...]:
    """Return the workspaces that address and password open, by name, each with a one-use token."""
    await _settle(db, attempt, users)
    names = select(Workspace.id, Workspace.name).where(
        Workspace.id.in_([user.workspace_id for user in users])
    )
    by_id = {row.id: row.name for row in await db.execute(names)}
    choices = [await _choice(db, user, by_id[user.workspace_id], now) for user in users]
    return tuple(sorted(choices, key=lambda choice: choice.workspace.casefold()))


async def enter(db: AsyncSession, user_id: UUID, *, device: Device, now: datetime) -> str:
    """Start a new session in this browser, ending the one it had; returns the cookie token."""
    if device.old_token:
        await end_session_of(db, token=device.old_token)
    return await open_session(db, user_id=user_id, browser=device.browser, now=now)


async def use_link(db: AsyncSession, token: str, *, purpose: LinkPurpose, now: datetime) -> User:
    """Use a link up and return its user.

    Raises NotFoundError if it is used, expired or unknown: nobody learns which.
    """
    found = await find_link(db, token, purpose=purpose, now=now)
    if found is None:
        raise NotFoundError
    link, user = found
    once = update(AccountLink).where(AccountLink.id == link.id, AccountLink.used_at.is_(None))
    if await db.scalar(once.values(used_at=now).returning(AccountLink.id)) is None:
        raise NotFoundError
    return user


async def sign_in_by_link(db: AsyncSession, token: str, *, device: Device, now: datetime) -> str:
    """Sign the holder of a sign-in link in, once; returns the cookie token.

    Raises NotFoundError like `use_link`. A locked address is open again: its owner has shown up.
    """
    user = await use_link(db, token, purpose=LinkPurpose.SIGN_IN, now=now)
    await start_afresh(db, BY_ADDRESS, user.email)
    return await enter(db, user.id, device=device, now=now)


async def choose_password_by_link(
    db: AsyncSession, token: str, *, purpose: LinkPurpose, password_hash: str, device: Device,
    now: datetime,
) -> str:  # fmt: skip
    """Set the password of an invited or forgetful person and sign them in; returns the cookie.

    Everybody who was signed in to the account is out, and no other link to it works any more.
    Raises NotFoundError like `use_link`.
    """
    user = await use_link(db, token, purpose=purpose, now=now)
    await set_password(db, user, password_hash=password_hash, now=now)
    await start_afresh(db, BY_ADDRESS, user.email)
    return await enter(db, user.id, device=device, now=now)


async def _settle(db: AsyncSession, attempt: Attempt, users: Sequence[User]) -> None:
    """Uncount a try that was right.

    Raises NotFoundError if an account or its password changed while the password was compared.
    """
    for user in users:
        unchanged = (User.password_hash == user.password_hash) & User.disabled_at.is_(None)
        if await db.scalar(select(User.id).where(User.id == user.id, unchanged)) is None:
            raise NotFoundError
    await take_back(db, attempt.counted)
    await start_afresh(db, BY_ADDRESS, attempt.email)


async def _choice(db: AsyncSession, user: User, workspace: str, now: datetime) -> Choice:
    """Return a choice with its own short-lived link."""
    token = await make_account_link(
        db, user_id=user.id, purpose=LinkPurpose.SIGN_IN, lifetime=CHOICE_LIFETIME, now=now
    )
    return Choice(workspace, user.name, token)
