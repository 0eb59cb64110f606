"""Announcements: facts told to whoever listens, after the commit.

An announcement is a hint that may be lost; the truth is in the database. What must happen
is a job (`app.jobs.commands.enqueue`), not an announcement.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that has happened and that a console may want to redraw for.

    `owner_id` is the rep it concerns and `prospect_id` the person, where there are such:
    together with the workspace they decide who may hear it.
    """

    name: str
    workspace_id: UUID
    subject: UUID
    owner_id: UUID | None = None
    prospect_id: UUID | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


Listener = Callable[[Announcement], Awaitable[None]]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call `listener` with every announcement from now on."""
    _listeners.append(listener)


def stop_listening(listener: Listener) -> None:
    """Forget a listener; unknown ones are fine."""
    if listener in _listeners:
        _listeners.remove(listener)


def announce(db: AsyncSession, announcement: Announcement) -> None:
    """Queue an announcement for the moment this transaction commits."""
    db.info.setdefault("announcements", []).append(announcement)


async def publish(announcement: Announcement) -> None:
    """Tell every listener now; one that fails is logged and does not stop the others."""
    for listener in tuple(_listeners):
        try:
            await listener(announcement)
        except Exception:
            log.exception("listener failed", announcement=announcement.name)
