"""Tables of mail."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Table


class MailState(StrEnum):
    """Where a message is.

    `sending` is committed just before DATA; found there after a crash it is `unknown`: shown,
    never resent by itself. `kept` is the outbox of an installation without SMTP.
    """

    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    FAILED = "failed"
    UNKNOWN = "unknown"
    KEPT = "kept"
    SUPPRESSED = "suppressed"


class Mail(Table):
    """One message to one address, its bytes frozen when it was written.

    `is_private` marks account mails (reset and sign-in links), which only admins may read and only
    while there is no SMTP server. `reader_id` is the rep whose outbox page shows it.
    """

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_workspace_id_created_at", "workspace_id", "created_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    workspace_id: Mapped[UUID] = mapped_column()
    reader_id: Mapped[UUID | None]
    is_private: Mapped[bool] = mapped_column(default=False)
    to_email: Mapped[str] = mapped_column(String(320), index=True)
    subject: Mapped[str] = mapped_column(String(998))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[MailState] = mapped_column(String(12), default=MailState.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    reply: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    def settle(self, state: MailState, reply: str, now: datetime) -> None:
        """Bring the message to an end (or to `unknown`, which a person may still change)."""
        self.state, self.reply, self.settled_at, self.next_try_at = state, reply, now, None

    def put_off(self, reply: str, *, tries: int, until: datetime) -> None:
        """Wait for another try at `until`."""
        self.state, self.reply, self.next_try_at = MailState.DEFERRED, reply, until
        self.tries = tries

    def queue_again(self) -> None:
        """Start over with the same bytes."""
        self.state, self.reply, self.settled_at = MailState.QUEUED, None, None
        self.tries = 0


class Suppression(Table):
    """An address that wants no more letters of a workspace; checked right before sending."""

    __tablename__ = "suppressions"

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    email: Mapped[str] = mapped_column(String(320), primary_key=True)
    reason: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime]
