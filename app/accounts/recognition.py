"""Recognising a browser by its cookie, and noting now and then that it was here."""

from datetime import datetime
from uuid import UUID

import structlog

from app.accounts.access import Viewer
from app.accounts.commands import note_presence
from app.accounts.queries import find_session, viewer_of
from app.db import is_away, reading, transaction

log = structlog.get_logger()


async def recognise(token: str, *, now: datetime) -> Viewer | None:
    """Return whom a session cookie speaks for, and keep the session from falling idle.

    Reads only, except once a minute per session: showing a page must not wait for a writer.
    """
    async with reading() as db:
        found = await find_session(db, token=token, now=now)
    if found is None:
        return None
    session, user = found
    if session.is_seen_long_ago(now):
        await _note(session.id, now)
    return viewer_of(session, user)


async def _note(session_id: UUID, now: datetime) -> None:
    """Note that a session is used; a database that cannot write just now stops nobody reading."""
    try:
        async with transaction() as db:
            await note_presence(db, session_id, now=now)
    except Exception as error:
        if not is_away(error):
            raise
        log.warning("presence not noted", error=type(error).__name__)
