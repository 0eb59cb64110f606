"""The pieces of the live console as HTML, drawn by the same templates as the whole page.

They look the same to everybody who may see them, so one drawing serves every console.
"""

from uuid import UUID

from quart import render_template

from app.console.queries import load_seen_visit
from app.db import reading
from app.tracking.queries import list_acts


async def draw_visit(visit_id: UUID) -> str:
    """Return the card of one live visit with its feed, or "" if there is no such visit."""
    async with reading() as db:
        seen = await load_seen_visit(db, visit_id)
    return await render_template("console/_visit.html", seen=seen) if seen else ""


async def draw_acts(visit_id: UUID, *, after: int, until: int) -> str:
    """Return the feed rows of acts numbered above `after` and up to `until`."""
    async with reading() as db:
        acts = await list_acts(db, visit_id, after_seq=after, limit=until - after)
    return await render_template("console/_acts.html", acts=acts)
