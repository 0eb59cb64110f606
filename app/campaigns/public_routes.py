"""The campaign site: what everybody sees, and the form by which they make themselves known."""

from quart import (
    Response,
    ResponseReturnValue,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from app import clock
from app.accounts.access import open_to_all
from app.accounts.addresses import network_of
from app.accounts.limits import count_against
from app.campaigns.blueprint import campaigns
from app.campaigns.commands import capture_lead
from app.campaigns.leads import read_lead, typed_in
from app.campaigns.models import Campaign, CampaignState
from app.campaigns.plan import form_fields_of
from app.campaigns.queries import find_by_slug, find_live_campaign, find_logo, get_seller
from app.campaigns.sending import (
    LEADS_PER_NETWORK,
    is_robot,
    read_sent_to,
    seal_arrival,
    seal_sent_to,
    unseal_arrival,
)
from app.campaigns.shapes import Source
from app.campaigns.site import public_page, site_page
from app.campaigns.source import source_of
from app.db import reading, transaction
from app.errors import InvalidError, NotFoundError, TooManyError
from app.tokens import digest

VISITOR_COOKIE = "visitor"
"""Given out by tracking, to those who agreed, for this campaign's addresses only."""


@campaigns.get("/c/<slug>")
@open_to_all("the campaign site is for everybody")
async def show_campaign_site(slug: str) -> ResponseReturnValue:
    """Show the offer and the form; a closed campaign says that it has ended."""
    source = source_of(request.args, request.referrer or "", own_host=request.host)
    return await _show(slug, source=source, sealed=seal_arrival(source))


@campaigns.get("/c/<slug>/leads")
@open_to_all("somebody reloads the address of the sent form")
async def show_form_again(slug: str) -> ResponseReturnValue:
    """Lead back to the form."""
    return redirect(url_for(".show_campaign_site", slug=slug), 303)


@campaigns.post("/c/<slug>/leads")
@open_to_all("the campaign site is for everybody; limited for each network address")
async def send_lead(slug: str) -> ResponseReturnValue:
    """Take a lead; what is missing is said all at once, with everything typed still there."""
    form = (await request.form).to_dict(flat=False)
    source, key = unseal_arrival("".join(form.get("arrival", [])[:1]))
    try:
        sent_to = await _capture(slug, form, source, key)
    except (InvalidError, TooManyError) as refusal:
        problems = refusal.problems if isinstance(refusal, InvalidError) else {"": str(refusal)}
        status = 422 if isinstance(refusal, InvalidError) else 429
        sealed = seal_arrival(source, key)
        return await _show(
            slug, source=source, sealed=sealed, form=form, problems=problems, status=status
        )
    return redirect(url_for(".show_thanks", slug=slug, to=seal_sent_to(sent_to)), 303)


@campaigns.get("/c/<slug>/thanks")
@open_to_all("the campaign site is for everybody")
async def show_thanks(slug: str) -> ResponseReturnValue:
    """Say that the letter is on its way; the personal link itself goes only into the letter."""
    async with reading() as db:
        campaign = await find_live_campaign(db, slug)
        seller = await get_seller(db, campaign) if campaign else None
    if campaign is None or seller is None:
        return await _say_ended(slug)
    g.page = public_page(campaign, seller, Source(), is_staff=_is_staff(campaign))
    page = site_page(campaign, seller)
    return await _fresh(
        await render_template(
            "campaigns/thanks.html", site=page, brand_css=page.brand_css,
            sent_to=read_sent_to(request.args.get("to", "")),
        )
    )  # fmt: skip


@campaigns.get("/c/<slug>/logo")
@open_to_all("logos stand on public pages and in letters")
async def show_logo(slug: str) -> ResponseReturnValue:
    """Serve the logo; its address changes with it."""
    async with reading() as db:
        logo = await find_logo(db, slug, viewer=g.viewer)
    if logo is None:
        raise NotFoundError
    age = "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
    return Response(logo, content_type="image/png", headers={"Cache-Control": age})


def _is_staff(campaign: Campaign) -> bool:
    """Whether the owner or a colleague looks; their visits are marked."""
    return g.viewer is not None and g.viewer.workspace_id == campaign.workspace_id


async def _capture(slug: str, form: dict[str, list[str]], source: Source, key: str) -> str:
    """Check and store a lead; returns the address it is for. Robots are told the same story."""
    if is_robot(form):
        return ""
    async with transaction() as db:
        campaign = await find_live_campaign(db, slug)
        if campaign is None:
            raise NotFoundError
        now = clock.now()
        await count_against(db, LEADS_PER_NETWORK, network_of(request.remote_addr), now=now)
        person = read_lead(form, form_fields_of(campaign))
        visitor = request.cookies.get(VISITOR_COOKIE, "")
        await capture_lead(
            db, campaign, person, source=source, now=now, form_key=key,
            visitor_digest=digest(visitor) if visitor else "",
        )  # fmt: skip
    return person.email


async def _show(
    slug: str,
    *,
    source: Source,
    sealed: str,
    form: dict[str, list[str]] | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Render the campaign site."""
    async with reading() as db:
        campaign = await find_live_campaign(db, slug)
        seller = await get_seller(db, campaign) if campaign else None
    if campaign is None or seller is None:
        return await _say_ended(slug)
    g.page = public_page(campaign, seller, source, is_staff=_is_staff(campaign))
    typed = typed_in(form or {}, form_fields_of(campaign))
    page = site_page(campaign, seller, sealed=sealed, typed=typed, problems=problems)
    html = await render_template("campaigns/site.html", site=page, brand_css=page.brand_css)
    return await _fresh(html, status)


async def _say_ended(slug: str) -> ResponseReturnValue:
    """Tell those who come too late. Raises NotFoundError for drafts and unknown addresses."""
    async with reading() as db:
        campaign = await find_by_slug(db, slug)
        if campaign is None or campaign.state != CampaignState.CLOSED:
            raise NotFoundError
        seller = await get_seller(db, campaign)
    page = site_page(campaign, seller)
    html = await render_template("campaigns/ended.html", site=page, brand_css=page.brand_css)
    return await _fresh(html, 404)


async def _fresh(html: str, status: int = 200) -> ResponseReturnValue:
    """Answer with a page that no cache shares: it carries one visitor's form."""
    response = await make_response(html, status)
    response.headers["Cache-Control"] = "private, no-cache"
    return response
