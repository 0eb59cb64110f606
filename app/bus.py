"""Announcements: facts told to whoever listens, after the commit, here and in other processes.

An announcement is a hint that may be lost, and one from another process may come twice; the
truth is in the database. What must happen is a job (`app.jobs.commands.enqueue`), not an
announcement. Other processes are reached through Redis (`app.wakes`) where there is one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from app.config import settings
from app.wakes import Wakes

log = structlog.get_logger()


@dataclass(slots=True)
class Announcement:
    """Something that has happened and that a console may want to redraw for.

    `owner_id` is the rep it concerns and `prospect_id` the person, where there are such:
    together with the workspace they decide who may hear it. `facts` are plain JSON values.
    `here` is what it is about, for listeners of this process; others read it from the database.
    `is_remote` says that it comes from another process. Nobody changes one; it is not frozen
    because one is made for every act, and freezing costs as much as all the rest of it.
    """

    name: str
    workspace_id: UUID
    subject: UUID
    owner_id: UUID | None = None
    prospect_id: UUID | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    here: Sequence[Any] = ()
    is_remote: bool = False


Listener = Callable[[Announcement], None]
"""Called inside `publish`, so it has to be quick; what takes longer it gives to a task."""

SHAPE = TypeAdapter(Announcement)
STAYS = {"here", "is_remote"}
"""What of an announcement does not travel."""
_listeners: list[Listener] = []
_restored: list[Callable[[], None]] = []


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


def publish(announcement: Announcement) -> None:
    """Tell every listener now, and the other processes as soon as Redis takes it.

    Never waits and never raises: a listener that fails is logged and does not stop the others.
    To be called from the thread of the event loop.
    """
    _tell(announcement)
    if wakes.is_started:
        try:
            text = SHAPE.dump_json(announcement, exclude=STAYS)
        except ValueError:
            log.exception("facts are not plain JSON", announcement=announcement.name)
        else:
            wakes.say(_channel(announcement.workspace_id, announcement.name), text)


def attend(workspace_id: UUID, names: Iterable[str]) -> None:
    """Hear announcements of these names and this workspace from other processes too.

    Counted: each `attend` is taken back by one `leave`. Redis needs a moment to know, so read
    the database after attending and go on polling it slowly.
    """
    wakes.attend([_channel(workspace_id, name) for name in names])


def leave(workspace_id: UUID, names: Iterable[str]) -> None:
    """Take back one `attend`."""
    wakes.leave([_channel(workspace_id, name) for name in names])


def on_wake_restored(callback: Callable[[], None]) -> None:
    """Call this whenever other processes could not be heard for a while and can be again."""
    _restored.append(callback)


async def connect(redis_url: str) -> None:
    """Begin to exchange announcements with the other processes; without an address do nothing.

    Returns at once, whether or not Redis is there. Raises ValueError for an unreadable address.
    """
    if redis_url:
        wakes.start(redis_url, prefix=_prefix(settings().secret_key))


async def disconnect() -> None:
    """Publish what is still queued, within a second, and let go of Redis."""
    await wakes.stop()


def _prefix(secret_key: str) -> str:
    """Return what our channels begin with: all processes share the secret, no one else has it."""
    return f"rapport:{sha256(f'wakes:{secret_key}'.encode()).hexdigest()[:16]}:"


def _channel(workspace_id: UUID, name: str) -> str:
    return f"{workspace_id}:{name}"


def _tell(announcement: Announcement) -> None:
    """Tell every listener in this process."""
    for listener in tuple(_listeners):
        try:
            listener(announcement)
        except Exception:
            log.exception("listener failed", announcement=announcement.name)


def _hear(channel: str, told: object) -> None:
    """Tell what another process said. Raises ValueError unless that belongs on its channel."""
    announcement = replace(SHAPE.validate_python(told), here=(), is_remote=True)
    if _channel(announcement.workspace_id, announcement.name) != channel:
        raise ValueError("An announcement on the wrong channel.")
    _tell(announcement)


def _tell_restored() -> None:
    """Tell whoever may have missed something; one that fails does not stop the others."""
    for callback in tuple(_restored):
        try:
            callback()
        except Exception:
            log.exception("not caught up after redis came back")


wakes = Wakes(hear=_hear, on_back=_tell_restored)
"""This process's end of the line; its counters are for the metrics."""
