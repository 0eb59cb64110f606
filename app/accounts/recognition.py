"""Recognising a browser by its cookie, and noting now and then that it was here."""

from datetime import datetime

from app.accounts.access import Viewer
from app.accounts.commands import note_presence
from app.accounts.queries import find_session, viewer_of
from app.db import reading, transaction


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
        async with transaction() as db:
            await note_presence(db, session.id, now=now)
    return viewer_of(session, user)
