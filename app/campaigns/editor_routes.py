"""The campaign editor: offer, look, form and tracking, one form each, drawn from their shapes."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from quart import ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import current_viewer
from app.campaigns.blueprint import campaigns, sellers
from app.campaigns.commands import change_logo, edit_campaign
from app.campaigns.drafting import draft_section
from app.campaigns.drawing import draw
from app.campaigns.editing import Editing, read_revision, show_editor
from app.campaigns.errors import StaleEditError
from app.campaigns.forms import check, read
from app.campaigns.logo import redraw_logo
from app.campaigns.queries import get_campaign, get_seller
from app.campaigns.rows import rearrange
from app.campaigns.sections import SECTIONS, Section
from app.campaigns.site import SitePage, site_page
from app.db import reading, transaction
from app.errors import InvalidError, NotFoundError

NO_LOGO = b""


@campaigns.get("/campaigns/<uuid:campaign_id>")
@sellers
async def show_campaign(campaign_id: UUID) -> ResponseReturnValue:
    """Open the editor at the offer."""
    return await _show(campaign_id, _section("offer"))


@campaigns.get("/campaigns/<uuid:campaign_id>/<any(offer,look,form,tracking):section_key>")
@sellers
async def show_section(campaign_id: UUID, section_key: str) -> ResponseReturnValue:
    """Show a section as it is saved."""
    return await _show(campaign_id, _section(section_key))


@campaigns.post("/campaigns/<uuid:campaign_id>/<any(offer,look,form,tracking):section_key>")
@sellers
async def save_section(campaign_id: UUID, section_key: str) -> ResponseReturnValue:
    """Save a section, or add, move and remove rows; what cannot be saved stays as typed."""
    section = _section(section_key)
    form = (await request.form).to_dict(flat=False)
    draft = read(section.shape, form)
    problems: Mapping[str, str] = {}
    notice, focus = "", ""
    if do := "".join(form.get("do", [])[:1]):
        focus = rearrange(section.shape, draft, do)
    else:
        try:
            await _save(campaign_id, section, draft, form)
            target = url_for(".show_section", campaign_id=campaign_id, section_key=section_key)
            return redirect(f"{target}?saved=1", 303)
        except InvalidError as refusal:
            problems = _in_section(section, refusal.problems)
        except StaleEditError as refusal:
            notice = str(refusal)
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
    parts = draw(section.shape, draft, problems, focus=focus)
    editing = Editing(section.key, section.intro, parts, problems, notice, is_unsaved=True)
    return await show_editor(campaign, editing), 200 if do else 422


@campaigns.get("/campaigns/<uuid:campaign_id>/site-preview")
@sellers
async def preview_site(campaign_id: UUID) -> ResponseReturnValue:
    """Show the campaign site as it would be, drafts too; nothing here is recorded or sent."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
        seller = await get_seller(db, campaign)
    page: SitePage = site_page(campaign, seller, is_preview=True)
    return await render_template("campaigns/site.html", site=page, brand_css=page.brand_css)


@campaigns.post("/campaigns/<uuid:campaign_id>/<any(offer,look,form,tracking):section_key>/preview")
@sellers
async def preview_draft(campaign_id: UUID, section_key: str) -> ResponseReturnValue:
    """Show the campaign site as it is being typed; 204 while that cannot be a site."""
    form = (await request.form).to_dict(flat=False)
    section, viewer = _section(section_key), current_viewer()
    try:
        async with reading() as db:
            campaign = await draft_section(db, campaign_id, section, form, viewer=viewer)
            seller = await get_seller(db, campaign)
    except InvalidError:
        return "", 204
    page = site_page(campaign, seller, is_preview=True)
    return await render_template("campaigns/site.html", site=page, brand_css=page.brand_css)


async def _show(campaign_id: UUID, section: Section) -> str:
    """Render a section as it is saved."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
    parts = draw(section.shape, section.draft(campaign), {})
    return await show_editor(campaign, Editing(section.key, section.intro, parts))


def _section(key: str) -> Section:
    """Return a section. Raises NotFoundError."""
    if key not in SECTIONS:
        raise NotFoundError
    return SECTIONS[key]


async def _save(
    campaign_id: UUID, section: Section, draft: dict[str, object], form: Mapping[str, list[str]]
) -> None:
    """Check the draft and the logo together, so that all problems are said at once; then store."""
    problems: dict[str, str] = {}
    logo: bytes | None = None
    try:
        logo = await _read_logo(form)
    except InvalidError as refusal:
        problems |= refusal.problems
    try:
        said = check(section.shape, draft)
    except InvalidError as refusal:
        raise InvalidError(problems | refusal.problems) from None
    if problems:
        raise InvalidError(problems)
    viewer, revision = current_viewer(), read_revision(form)
    async with transaction() as db:
        await edit_campaign(
            db, campaign_id, section.edit(said), viewer=viewer, revision=revision, now=clock.now()
        )
        if logo is not None:
            await change_logo(db, campaign_id, logo or None, viewer=viewer)


async def _read_logo(form: Mapping[str, list[str]]) -> bytes | None:
    """Return the new logo, NO_LOGO if it is to go, None if it stays. Raises InvalidError."""
    upload = (await request.files).get("logo")
    content = upload.read() if upload and upload.filename else b""
    if content:
        return await asyncio.to_thread(redraw_logo, content)
    return NO_LOGO if form.get("without_logo") else None


def _in_section(section: Section, problems: Mapping[str, str]) -> dict[str, str]:
    """Put what a command refused next to the control it is about."""
    return {
        f"naming.{name}" if section.key == "offer" and name in {"name", "slug"} else name: text
        for name, text in problems.items()
    }
