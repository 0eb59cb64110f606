"""Pages of the console."""

from uuid import UUID

from quart import Blueprint, ResponseReturnValue, render_template, request

from app.accounts.access import current_viewer, signed_in
from app.console.brief import read_briefs
from app.console.fragments import draw_visits
from app.console.live import console_token
from app.console.queries import get_seen_visit, list_live_visits, list_past_visits
from app.db import reading
from app.prospects.queries import get_prospect
from app.tracking.queries import list_acts

console = Blueprint("console", __name__)
LAST_ACT = 2_000_000_000


@console.get("/console")
@signed_in()
async def show_console() -> ResponseReturnValue:
    """Show who is on which site right now, and what they do."""
    viewer = current_viewer()
    async with reading() as db:
        live = await list_live_visits(db, viewer=viewer)
        past = await list_past_visits(db, viewer=viewer)
    cards = await draw_visits(live)
    return await render_template(
        "console/live.html", cards=cards, past=past, page_token=console_token(viewer)
    )


@console.get("/console/live")
@signed_in()
async def show_live_visits() -> ResponseReturnValue:
    """Show the live visits alone: what a console draws after it was away."""
    async with reading() as db:
        live = await list_live_visits(db, viewer=current_viewer())
    return await render_template("console/_live.html", cards=await draw_visits(live))


@console.get("/console/past")
@signed_in()
async def show_past_visits() -> ResponseReturnValue:
    """Show the latest visits that are over."""
    async with reading() as db:
        past = await list_past_visits(db, viewer=current_viewer())
    return await render_template("console/_past.html", past=past)


@console.get("/console/visits/<uuid:visit_id>")
@signed_in()
async def show_visit(visit_id: UUID) -> ResponseReturnValue:
    """Show one visit's whole trail, with the answers so far."""
    viewer = current_viewer()
    async with reading() as db:
        seen = await get_seen_visit(db, visit_id, viewer=viewer)
        acts = await list_acts(db, visit_id, limit=5000)
        briefs = await read_briefs(db, prospect_id=seen.visit.prospect_id)
    return await render_template(
        "console/visit.html", seen=seen, acts=acts, briefs=briefs, page_token=console_token(viewer)
    )


@console.get("/console/visits/<uuid:visit_id>/acts")
@signed_in()
async def show_acts(visit_id: UUID) -> ResponseReturnValue:
    """Show the acts a console missed: those numbered above `after`."""
    after = min(max(0, request.args.get("after", 0, type=int)), LAST_ACT)
    async with reading() as db:
        await get_seen_visit(db, visit_id, viewer=current_viewer())
        acts = await list_acts(db, visit_id, after_seq=after)
    return await render_template("console/_acts.html", acts=acts)


@console.get("/console/visits/<uuid:visit_id>/answers")
@signed_in()
async def show_answers(visit_id: UUID) -> ResponseReturnValue:
    """Show what the visitor has answered so far."""
    async with reading() as db:
        seen = await get_seen_visit(db, visit_id, viewer=current_viewer())
        briefs = await read_briefs(db, prospect_id=seen.visit.prospect_id)
    return await render_template("console/_answers.html", briefs=briefs)


@console.get("/prospects/<uuid:prospect_id>/visits")
@signed_in()
async def show_visits_of(prospect_id: UUID) -> ResponseReturnValue:
    """Show the panel of a person's visits."""
    viewer = current_viewer()
    async with reading() as db:
        await get_prospect(db, prospect_id, viewer=viewer)
        past = await list_past_visits(db, viewer=viewer, prospect_id=prospect_id)
    return await render_template("console/_past.html", past=past)


@console.get("/prospects/<uuid:prospect_id>/brief")
@signed_in()
async def show_brief(prospect_id: UUID) -> ResponseReturnValue:
    """Show the pre-call brief: one printable page."""
    viewer = current_viewer()
    async with reading() as db:
        prospect = await get_prospect(db, prospect_id, viewer=viewer)
        briefs = await read_briefs(db, prospect_id=prospect_id)
        past = await list_past_visits(db, viewer=viewer, prospect_id=prospect_id, limit=5)
    return await render_template("console/brief.html", prospect=prospect, briefs=briefs, past=past)
