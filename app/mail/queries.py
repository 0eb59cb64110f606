"""Asking about mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from app.errors import NotFoundError
from app.mail.models import Mail, MailState, Suppression


async def is_suppressed(db: AsyncSession, *, workspace_id: UUID, email: str) -> bool:
    """Whether an address wants no letters of this workspace."""
    return await db.get(Suppression, (workspace_id, email.strip().lower())) is not None


async def load_mail(db: AsyncSession, mail_id: UUID) -> Mail:
    """Return a mail whoever it belongs to, its row locked while writing. For jobs."""
    mail = await db.get(Mail, mail_id, with_for_update=True)
    if mail is None:
        raise NotFoundError
    return mail


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose messages are looked at: one rep's letters, or (no `user_id`) all of a workspace."""

    workspace_id: UUID
    user_id: UUID | None

    def condition(self) -> ColumnElement[bool]:
        """Return what every query for this reader carries; account mails are for admins."""
        everything = Mail.workspace_id == self.workspace_id
        if self.user_id is None:
            return everything
        return and_(everything, Mail.reader_id == self.user_id, ~Mail.is_private)


async def get_mail(db: AsyncSession, mail_id: UUID, *, reader: Reader) -> Mail:
    """Return a mail its reader may know of. Raises NotFoundError."""
    mail = await db.scalar(select(Mail).where(Mail.id == mail_id, reader.condition()))
    if mail is None:
        raise NotFoundError
    return mail


async def list_mails(
    db: AsyncSession,
    *,
    reader: Reader,
    states: Sequence[MailState] = (),
    offset: int = 0,
    limit: int = 50,
) -> Sequence[Mail]:
    """Return the newest mails a reader may know of, all states if none is named."""
    query = (
        select(Mail)
        .options(defer(Mail.content))
        .where(reader.condition())
        .order_by(Mail.created_at.desc(), Mail.id)
    )
    if states:
        query = query.where(Mail.state.in_(states))
    return (await db.scalars(query.offset(offset).limit(limit))).all()


async def count_mails(db: AsyncSession, *, reader: Reader) -> dict[MailState, int]:
    """Return how many mails of each state a reader may know of; states without any are missing."""
    query = select(Mail.state, func.count()).where(reader.condition()).group_by(Mail.state)
    return {MailState(state): number for state, number in (await db.execute(query)).all()}
