"""The list of campaigns, and the life of one: made, launched, closed, copied."""

from uuid import UUID

from quart import ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer
from app.campaigns.blueprint import campaigns, sellers
from app.campaigns.commands import close_campaign, copy_campaign, create_campaign, launch_campaign
from app.campaigns.drawing import draw
from app.campaigns.forms import check, read
from app.campaigns.queries import get_campaign, list_campaigns
from app.campaigns.slugs import NewCampaign
from app.db import reading, transaction
from app.errors import InvalidError


@campaigns.get("/campaigns")
@sellers
async def show_campaigns() -> ResponseReturnValue:
    """List the campaigns with what they have brought."""
    async with reading() as db:
        lines = await list_campaigns(db, viewer=current_viewer())
    return await render_template("campaigns/list.html", lines=lines)


@campaigns.get("/campaigns/new")
@sellers
async def show_new_campaign() -> ResponseReturnValue:
    """Ask for a name; everything else can wait."""
    return await render_template("campaigns/new.html", parts=draw(NewCampaign, {}, {}))


@campaigns.post("/campaigns")
@sellers
async def make_campaign() -> ResponseReturnValue:
    """Make a draft and go on to its offer."""
    draft = read(NewCampaign, (await request.form).to_dict(flat=False))
    viewer = current_viewer()
    try:
        new = check(NewCampaign, draft)
        async with transaction() as db:
            campaign = await create_campaign(
                db,
                owner_id=viewer.user_id,
                workspace_id=viewer.workspace_id,
                name=new.name,
                slug=new.slug,
                now=clock.now(),
            )
    except InvalidError as refusal:
        parts = draw(NewCampaign, draft, refusal.problems)
        return await render_template("campaigns/new.html", parts=parts), 422
    return redirect(url_for("campaigns.show_campaign", campaign_id=campaign.id), 303)


@campaigns.post("/campaigns/<uuid:campaign_id>/launch")
@sellers
async def launch(campaign_id: UUID) -> ResponseReturnValue:
    """Open the campaign site; what is missing is said in the editor."""
    try:
        async with transaction() as db:
            campaign = await get_campaign(db, campaign_id, viewer=current_viewer(), to_edit=True)
            await launch_campaign(db, campaign, now=clock.now())
    except InvalidError as refusal:
        section = next(iter(refusal.problems))
        target = url_for("campaigns.show_campaign", campaign_id=campaign_id)
        return redirect(f"{target}/{section}?missing=1", 303)
    return redirect(url_for("campaigns.show_campaign", campaign_id=campaign_id, launched=1), 303)


@campaigns.post("/campaigns/<uuid:campaign_id>/closing")
@sellers
async def close(campaign_id: UUID) -> ResponseReturnValue:
    """Take the campaign site down."""
    async with transaction() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer(), to_edit=True)
        await close_campaign(db, campaign, now=clock.now())
    return redirect(url_for("campaigns.show_campaign", campaign_id=campaign_id), 303)


@campaigns.post("/campaigns/<uuid:campaign_id>/copies")
@sellers
async def copy(campaign_id: UUID) -> ResponseReturnValue:
    """Make a draft out of a campaign and open it."""
    async with transaction() as db:
        made = await copy_campaign(db, campaign_id, viewer=current_viewer(), now=clock.now())
    return redirect(url_for("campaigns.show_campaign", campaign_id=made.id), 303)
