"""Previews: the same page as visitors see, marked as such; nothing is tracked or saved."""

from dataclasses import replace
from uuid import UUID

from quart import Response, ResponseReturnValue, render_template, request
from sqlalchemy.ext.asyncio import AsyncSession
from werkzeug.datastructures import MultiDict

from app.accounts.access import current_viewer, signed_in
from app.accounts.models import Role
from app.accounts.queries import get_workspace
from app.campaigns.drafting import draft_module
from app.campaigns.models import Campaign
from app.campaigns.plan import plan_of
from app.campaigns.queries import get_campaign, get_seller
from app.db import reading
from app.errors import InvalidError
from app.sites.blueprint import hidden, sites
from app.sites.compose import compose
from app.sites.composition import Composition, History
from app.sites.opened import OpenSite
from app.sites.queries import get_site, get_version, read_site
from app.sites.render import draw, place_modules
from app.sites.variables import page_variables
from modules.contract import Profile

LONGEST_WORD = 120
MOST_EMPLOYEES_DIGITS = 7
SAMPLE = {"name": "Anna Berger", "company": "Example Ltd", "title": "", "industry": ""}


@sites.get("/sites/<uuid:site_id>/versions/<int(max=1000000):number>/preview")
@signed_in()
async def show_preview(site_id: UUID, number: int) -> ResponseReturnValue:
    """Show a version as the person would see it now."""
    async with reading() as db:
        await get_site(db, site_id, viewer=current_viewer())
        version = await get_version(db, site_id, number)
        opened = await read_site(db, site_id)
    site = opened.as_composed(Composition.model_validate(version.composition), number)
    who = site.profile.name or "this person"
    return await _preview(site, f"Preview of version {number} for {who}")


@sites.get("/campaigns/<uuid:campaign_id>/preview")
@signed_in(Role.ADMIN, Role.REP)
async def show_campaign_preview(campaign_id: UUID) -> ResponseReturnValue:
    """Show the personal site a sample person would get; the person stands in the query string."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
        return await _preview_campaign(db, campaign)


@sites.post("/campaigns/<uuid:campaign_id>/modules/<key>/preview")
@signed_in(Role.ADMIN, Role.REP)
async def show_module_draft(campaign_id: UUID, key: str) -> ResponseReturnValue:
    """Show it with a module's settings as they are being typed; 204 while they cannot be."""
    form, viewer = (await request.form).to_dict(flat=False), current_viewer()
    try:
        async with reading() as db:
            campaign = await draft_module(db, campaign_id, key, form, viewer=viewer)
            return await _preview_campaign(db, campaign)
    except InvalidError:
        return "", 204


async def _preview_campaign(db: AsyncSession, campaign: Campaign) -> Response:
    """Compose the site for the sample person that the query string tells of, and draw it."""
    profile = sample_profile(request.args)
    workspace = await get_workspace(db, campaign.workspace_id)
    seller = await get_seller(db, campaign)
    plan = plan_of(campaign, workspace.currency)
    site = OpenSite(
        workspace_id=campaign.workspace_id, campaign_id=campaign.id, campaign_slug=campaign.slug,
        owner_id=campaign.owner_id, plan=plan, seller=seller, profile=profile,
        composition=compose(plan, profile, History()),
    )  # fmt: skip
    return await _preview(site, f"Preview for a sample person: {_describe(profile)}")


def sample_profile(asked: MultiDict[str, str]) -> Profile:
    """Read the person to preview for; what is absurd is left out."""
    words = {
        name: (asked.get(name, default) or default).strip()[:LONGEST_WORD]
        for name, default in SAMPLE.items()
    }
    size = asked.get("employees", asked.get("size", "")).strip()
    is_size = size.isascii() and size.isdigit() and len(size) <= MOST_EMPLOYEES_DIGITS
    return Profile(
        first_name=words["name"].partition(" ")[0],
        **words,
        employees=int(size) if is_size else None,
    )


def _describe(profile: Profile) -> str:
    """Say who the sample is."""
    size = f"{profile.employees} people" if profile.employees is not None else ""
    known = [profile.name, profile.title, profile.industry, size]
    return ", ".join(word for word in known if word)


async def _preview(site: OpenSite, words: str) -> Response:
    """Draw the page without a way to answer."""
    bare = replace(site, site_id=None)
    modules = await draw(place_modules(bare))
    variables = page_variables(bare, modules, is_staff=False, preview=words)
    html = await render_template("sites/page.html", **variables)
    return hidden(html, referrer="same-origin")
