"""The rep's side of personal sites: versions, publishing, links, the panel on a person's page."""

from uuid import UUID

from quart import Response, ResponseReturnValue, render_template, request

from app import clock
from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.campaigns.models import CampaignState
from app.campaigns.queries import get_campaign, list_campaigns
from app.config import settings
from app.db import as_uuid, reading, transaction
from app.errors import NotFoundError
from app.jobs.commands import enqueue
from app.prospects.queries import get_prospect
from app.sites.blueprint import hidden, led_to, sites
from app.sites.commands import (
    make_personal_link,
    open_site,
    publish_version,
    revoke_links,
    roll_back,
)
from app.sites.composition import History
from app.sites.overview import list_site_lines, read_overview
from app.sites.queries import get_site

SAID = {
    "published": "This version is online now.",
    "returned": "The earlier version is online again.",
    "composing": "Being composed again. If anything is different, a draft appears here.",
    "revoked": "All personal links are closed. Make a fresh one to let the person in again.",
    "opened": "The personal site stands. Make a link below and send it.",
}


@sites.get("/sites/<uuid:site_id>")
@signed_in()
async def show_versions(site_id: UUID) -> ResponseReturnValue:
    """Show a site's versions with reasons, and its links."""
    return await _overview(site_id, said=SAID.get(request.args.get("said", ""), ""))


@sites.post("/sites/<uuid:site_id>/versions")
@signed_in(Role.ADMIN, Role.REP)
async def create_version(site_id: UUID) -> ResponseReturnValue:
    """Have the site composed again from all that is known now."""
    async with transaction() as db:
        site = await get_site(db, site_id, viewer=current_viewer())
        payload = {"site_id": str(site.id), "because": f"Asked for by {current_viewer().name}"}
        await enqueue(db, "next-version", payload, now=clock.now())
    return _back(site_id, "composing")


@sites.post("/sites/<uuid:site_id>/versions/<int(max=1000000):number>/publication")
@signed_in(Role.ADMIN, Role.REP)
async def create_publication(site_id: UUID, number: int) -> ResponseReturnValue:
    """Put a draft online."""
    viewer = current_viewer()
    async with transaction() as db:
        site = await get_site(db, site_id, viewer=viewer)
        await publish_version(
            db, site_id=site.id, number=number, by_user_id=viewer.user_id, now=clock.now()
        )
    return _back(site_id, "published")


@sites.post("/sites/<uuid:site_id>/versions/<int(max=1000000):number>/return")
@signed_in(Role.ADMIN, Role.REP)
async def create_return(site_id: UUID, number: int) -> ResponseReturnValue:
    """Put an earlier version online again."""
    viewer = current_viewer()
    async with transaction() as db:
        site = await get_site(db, site_id, viewer=viewer)
        await roll_back(
            db, site_id=site.id, number=number, by_user_id=viewer.user_id, now=clock.now()
        )
    return _back(site_id, "returned")


@sites.post("/sites/<uuid:site_id>/links")
@signed_in(Role.ADMIN, Role.REP)
async def create_link(site_id: UUID) -> ResponseReturnValue:
    """Make a personal link and show it, this once; it is in no address and no log."""
    async with transaction() as db:
        site = await get_site(db, site_id, viewer=current_viewer())
        token = await make_personal_link(db, site_id=site.id, purpose="rep", now=clock.now())
    return await _overview(site_id, fresh_link=f"{settings().base_url}/p/{token}")


@sites.post("/sites/<uuid:site_id>/links/revocation")
@signed_in(Role.ADMIN, Role.REP)
async def create_revocation(site_id: UUID) -> ResponseReturnValue:
    """Close every personal link of a site."""
    async with transaction() as db:
        site = await get_site(db, site_id, viewer=current_viewer())
        await revoke_links(db, site=site, now=clock.now())
    return _back(site_id, "revoked")


@sites.get("/prospects/<uuid:prospect_id>/sites")
@signed_in()
async def show_sites_panel(prospect_id: UUID) -> ResponseReturnValue:
    """Show a person's sites on their page, and the campaigns that could have one."""
    viewer = current_viewer()
    async with reading() as db:
        lines = await list_site_lines(db, prospect_id, viewer=viewer)
        campaigns = await list_campaigns(db, viewer=viewer)
    taken = {line.site.campaign_id for line in lines}
    free = [
        (str(line.campaign.id), line.campaign.name)
        for line in campaigns
        if line.campaign.id not in taken and line.campaign.state == CampaignState.LIVE
    ]
    return await render_template(
        "sites/_panel.html", lines=lines, free=free, prospect_id=prospect_id
    )


@sites.post("/prospects/<uuid:prospect_id>/sites")
@signed_in(Role.ADMIN, Role.REP)
async def create_site(prospect_id: UUID) -> ResponseReturnValue:
    """Give a person a site in one of the rep's campaigns; no letter goes out."""
    viewer = current_viewer()
    campaign_id = as_uuid((await request.form).get("campaign_id"))
    if campaign_id is None:
        raise NotFoundError
    async with transaction() as db:
        prospect = await get_prospect(db, prospect_id, viewer=viewer)
        campaign = await get_campaign(db, campaign_id, viewer=viewer)
        site = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=clock.now()
        )
    return _back(site.id, "opened")


async def _overview(site_id: UUID, *, said: str = "", fresh_link: str = "") -> Response:
    """Draw the page of a site."""
    async with reading() as db:
        overview = await read_overview(db, site_id, viewer=current_viewer(), now=clock.now())
    html = await render_template(
        "sites/versions.html", overview=overview, said=said, fresh_link=fresh_link
    )
    return hidden(html, referrer="same-origin")


def _back(site_id: UUID, said: str) -> ResponseReturnValue:
    """Return to the page of a site with a word on what happened."""
    return led_to(f"/sites/{site_id}?said={said}")
