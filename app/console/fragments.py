"""The pieces of the live console, for every console that may see them.

A visit's card is drawn by the template of the whole page. A feed's row is drawn thousands of
times a second when many visitors are there, so it goes out as its words and the page puts them
into an empty row of the same template.
"""

import asyncio
from collections.abc import Sequence
from json.encoder import encode_basestring as quoted
from typing import Any

from markupsafe import Markup
from quart import render_template
from sqlalchemy import Row

from app.console.queries import SeenVisit
from app.tracking.live import NewAct
from app.tracking.models import Act

Shown = Act | NewAct | Row[Any]
"""What a row of a feed is made from: stored, about to be, or just its columns."""


async def draw_visit(seen: SeenVisit) -> str:
    """Return the card of one live visit with its feed."""
    return await render_template("console/_visit.html", seen=seen)


async def draw_visits(visits: Sequence[SeenVisit]) -> list[Markup]:
    """Return the cards of many visits; between two of them others have their turn."""
    cards = []
    for seen in visits:
        cards.append(Markup(await draw_visit(seen)))  # noqa: S704  our own template's words
        await asyncio.sleep(0)
    return cards


def write_acts(visit_id: str, acts: Sequence[Shown]) -> str:
    """Return the message `visit-acted` as JSON: acts of one visit in order, at least one."""
    first, last = acts[0].seq, acts[-1].seq
    rows = ",".join([_row(act) for act in acts])
    return f'{{"visit":"{visit_id}","from_seq":{first},"to_seq":{last},"acts":[{rows}]}}'


def _row(act: Shown) -> str:
    """Return one row as JSON. Kind and name are plain by their patterns (tracking/shapes.py)."""
    again = "true" if act.is_repeat else "false"
    return (
        f'{{"seq":{act.seq},"kind":"{act.kind}","name":"{act.name}","module":"{act.module}",'
        f'"text":{quoted(act.text)},"again":{again},'
        f'"at":"{act.happened_at.isoformat(timespec="milliseconds")}"}}'
    )
