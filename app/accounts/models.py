"""Tables of accounts."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Table


class Role(StrEnum):
    """Admins see all of their workspace, reps their own prospects, support what it was given."""

    ADMIN = "admin"
    REP = "rep"
    SUPPORT = "support"


class Workspace(Table):
    """A self-contained seller: its people, campaigns and prospects know no other workspace.

    `postal_address` stands at the foot of every letter.
    """

    __tablename__ = "workspaces"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    postal_address: Mapped[str] = mapped_column(String(400), default="")
    created_at: Mapped[datetime]


class User(Table):
    """Somebody who sells. One address may belong to several workspaces, once in each."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("workspace_id", "email"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(320), index=True)
    name: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(120), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    photo: Mapped[str] = mapped_column(String(200), default="")
    role: Mapped[Role] = mapped_column(String(10))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def is_disabled(self) -> bool:
        """Whether an admin has closed this account."""
        return self.disabled_at is not None

    @property
    def is_invited(self) -> bool:
        """Whether the person has not chosen a password yet."""
        return self.password_hash is None

    @property
    def photo_url(self) -> str:
        """Return where the photo is served, or nothing; a new photo has a new address."""
        return f"/people/{self.id}/photo?v={self.photo.partition('.')[0]}" if self.photo else ""

    def disable(self, now: datetime) -> None:
        """Close the account; a second time changes nothing."""
        self.disabled_at = self.disabled_at or now

    def enable(self) -> None:
        """Open the account again, with its old password."""
        self.disabled_at = None


SEEN_EVERY = timedelta(minutes=1)


class SignInSession(Table):
    """A signed-in browser. The cookie holds a token of which only the digest is here."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    browser: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]

    def is_seen_long_ago(self, now: datetime) -> bool:
        """Whether `seen_at` is old enough to be worth writing again."""
        return now - self.seen_at >= SEEN_EVERY


class LinkPurpose(StrEnum):
    """What a mailed link lets its holder do, once."""

    INVITATION = "invitation"
    RESET = "reset"
    SIGN_IN = "sign-in"


class AccountLink(Table):
    """A one-use link for one user; only the digest of its token is stored.

    `needs_click` links are mailed: mail scanners open links, so they are used by a POST from the
    page they lead to. Links printed on a terminal sign in directly.
    """

    __tablename__ = "account_links"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    purpose: Mapped[LinkPurpose] = mapped_column(String(12))
    token_digest: Mapped[str] = mapped_column(String(64), unique=True)
    needs_click: Mapped[bool] = mapped_column(default=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Table):
    """One try that counts against a limit (see limits.py): failed sign-ins, mails asked for.

    `subject` names the limit and holds a digest of who is counted.
    """

    __tablename__ = "sign_in_failures"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(320), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
