"""Choosing who gets a campaign's letter, and the letters on a person's page."""

from uuid import UUID

from quart import ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.campaigns.editing import TABS
from app.campaigns.queries import get_campaign, list_campaigns
from app.db import as_uuid, reading, transaction
from app.errors import NotFoundError
from app.letters.blueprint import letters, sellers
from app.letters.commands import order_letters
from app.letters.queries import MOST_AT_ONCE, count_candidates, list_candidates, list_letters
from app.letters.standing import standing_of
from app.prospects.queries import get_prospect


@letters.get("/campaigns/<uuid:campaign_id>/letter/recipients")
@sellers
async def choose_recipients(campaign_id: UUID) -> ResponseReturnValue:
    """List the viewer's people to choose from; those who have had the letter are marked."""
    viewer, search = current_viewer(), request.args.get("q", "")[:200]
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=viewer)
        people = await list_candidates(db, campaign_id=campaign.id, viewer=viewer, search=search)
        total = await count_candidates(db, viewer=viewer, search=search)
    return await render_template(
        "letters/recipients.html",
        campaign=campaign,
        tabs=TABS,
        people=people,
        total=total,
        most=MOST_AT_ONCE,
        search=search,
        ordered=request.args.get("ordered", type=int),
        skipped=request.args.get("skipped", 0, type=int),
    )


@letters.post("/campaigns/<uuid:campaign_id>/letter/recipients")
@sellers
async def send_to_recipients(campaign_id: UUID) -> ResponseReturnValue:
    """Have the letter written to the chosen people; says who had it already."""
    viewer = current_viewer()
    typed = (await request.form).getlist("prospect")
    chosen = {one for one in map(as_uuid, typed) if one is not None}
    async with transaction() as db:
        campaign = await get_campaign(db, campaign_id, viewer=viewer)
        done = await order_letters(
            db, campaign=campaign, prospect_ids=chosen, viewer=viewer, now=clock.now()
        )
    page = url_for(".choose_recipients", campaign_id=campaign_id)
    return redirect(f"{page}?ordered={done.ordered}&skipped={done.skipped}", 303)


@letters.get("/prospects/<uuid:prospect_id>/letters")
@signed_in()
async def show_letters(prospect_id: UUID) -> ResponseReturnValue:
    """Show the letters to a person: the panel on their page."""
    viewer = current_viewer()
    async with reading() as db:
        prospect = await get_prospect(db, prospect_id, viewer=viewer)
        lines = await list_letters(db, prospect.id)
        campaigns = await list_campaigns(db, viewer=viewer)
    had = {line.letter.campaign_id for line in lines}
    return await render_template(
        "letters/_panel.html",
        prospect_id=prospect.id,
        lines=[(line, standing_of(line.mail) if line.mail else None) for line in lines],
        can_open={line.mail.id for line in lines if line.mail and _may_open(line.mail.reader_id)},
        free=[
            (str(line.campaign.id), line.campaign.name)
            for line in campaigns
            if line.campaign.is_live and line.campaign.id not in had
        ],
    )


@letters.post("/prospects/<uuid:prospect_id>/letters")
@sellers
async def send_to_prospect(prospect_id: UUID) -> ResponseReturnValue:
    """Have a campaign's letter written to one person."""
    viewer = current_viewer()
    campaign_id = as_uuid((await request.form).get("campaign_id"))
    if campaign_id is None:
        raise NotFoundError
    async with transaction() as db:
        prospect = await get_prospect(db, prospect_id, viewer=viewer)
        campaign = await get_campaign(db, campaign_id, viewer=viewer)
        await order_letters(
            db, campaign=campaign, prospect_ids={prospect.id}, viewer=viewer, now=clock.now()
        )
    return redirect(url_for("prospects.show_prospect", prospect_id=prospect_id), 303)


def _may_open(reader_id: UUID | None) -> bool:
    """Whether the viewer can open a letter in their outbox."""
    viewer = current_viewer()
    return viewer.is_admin or reader_id == viewer.user_id
