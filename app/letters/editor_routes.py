"""The letter of a campaign: writing it, seeing it as somebody will get it, testing it."""

import asyncio
from dataclasses import asdict
from uuid import UUID, uuid4

from quart import Response, ResponseReturnValue, redirect, render_template, request, url_for
from sqlalchemy.ext.asyncio import AsyncSession

from app import clock
from app.accounts.access import current_viewer
from app.campaigns.editing import TABS
from app.campaigns.plan import brand_of
from app.campaigns.queries import get_campaign
from app.config import settings
from app.db import reading, transaction
from app.errors import InvalidError
from app.letters.blueprint import as_mail, letters, sellers
from app.letters.commands import (
    SAMPLE,
    compose_letter,
    save_letter_text,
    send_test,
    test_links,
    values_of,
)
from app.letters.merge import FIELDS
from app.letters.queries import get_letter_text, get_sender, list_people
from app.letters.shapes import LetterText
from app.letters.writing import check_letter
from app.prospects.models import Prospect
from app.prospects.queries import find_by_email, is_visible

Problems = dict[str, str]


@letters.get("/campaigns/<uuid:campaign_id>/letter")
@sellers
async def show_letter(campaign_id: UUID) -> ResponseReturnValue:
    """Show the form letter as it is saved; the default one until then."""
    async with reading() as db:
        letter = await get_letter_text(db, campaign_id)
    return await _render(campaign_id, letter)


@letters.post("/campaigns/<uuid:campaign_id>/letter")
@sellers
async def save_letter(campaign_id: UUID) -> ResponseReturnValue:
    """Save the form letter, or say everything that is wrong with it."""
    letter, viewer = await _typed(), current_viewer()
    try:
        async with transaction() as db:
            campaign = await get_campaign(db, campaign_id, viewer=viewer)
            await save_letter_text(db, campaign, letter, now=clock.now())
    except InvalidError as refusal:
        return await _render(campaign_id, letter, refusal.problems), 422
    return redirect(url_for(".show_letter", campaign_id=campaign_id, saved=1), 303)


@letters.post("/campaigns/<uuid:campaign_id>/letter/preview")
@sellers
async def preview_letter(campaign_id: UUID) -> ResponseReturnValue:
    """Return the letter as typed, merged for the chosen person, for the frame beside the form."""
    letter, person = await _typed(), (await request.form).get("person", "")
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
        sender = await get_sender(db, campaign)
        prospect = await _find_person(db, person)
    try:
        await asyncio.to_thread(check_letter, letter, brand_of(campaign), sender)
        written = await compose_letter(
            letter,
            campaign=campaign,
            sender=sender,
            values=values_of(prospect) if prospect else SAMPLE,
            links=test_links(campaign, uuid4()),
        )
    except InvalidError as refusal:
        return await _plain_preview("\n".join(refusal.problems.values()), is_problem=True)
    view = request.args.get("as", "html")
    if view == "html":
        return as_mail(written.html)
    text = written.html if view == "source" else f"Subject: {written.subject}\n\n{written.text}"
    return await _plain_preview(text)


@letters.post("/campaigns/<uuid:campaign_id>/letter/test")
@sellers
async def test_letter(campaign_id: UUID) -> ResponseReturnValue:
    """Send the letter as typed to the rep who is writing it."""
    letter, viewer = await _typed(), current_viewer()
    person = (await request.form).get("person", "")
    try:
        async with transaction() as db:
            campaign = await get_campaign(db, campaign_id, viewer=viewer)
            prospect = await _find_person(db, person)
            mail = await send_test(
                db, campaign=campaign, letter=letter, prospect=prospect, viewer=viewer,
                now=clock.now(),
            )  # fmt: skip
    except InvalidError as refusal:
        return await _render(campaign_id, letter, refusal.problems), 422
    return await _render(campaign_id, letter, test_id=mail.id)


async def _typed() -> LetterText:
    """Return the form letter as it stands in the editor."""
    form = await request.form
    text = {name: form.get(name, "").replace("\r\n", "\n") for name in ("subject", "text", "mjml")}
    return LetterText(**text)


async def _find_person(db: AsyncSession, typed: str) -> Prospect | None:
    """Return the person whose address was chosen, if the viewer may see them."""
    viewer = current_viewer()
    email = typed.rpartition("<")[2].strip(" >").lower()
    prospect = await find_by_email(db, email, workspace_id=viewer.workspace_id) if email else None
    if prospect is None or not await is_visible(db, prospect.id, viewer=viewer):
        return None
    return prospect


async def _render(
    campaign_id: UUID,
    letter: LetterText,
    problems: Problems | None = None,
    *,
    test_id: UUID | None = None,
) -> str:
    """Render the editor with what is typed in it."""
    async with reading() as db:
        campaign = await get_campaign(db, campaign_id, viewer=current_viewer())
        people = await list_people(db, viewer=current_viewer())
    return await render_template(
        "letters/editor.html",
        campaign=campaign,
        tabs=TABS,
        letter=asdict(letter),
        problems=problems or {},
        fields=list(FIELDS.items()),
        people=people,
        person=(await request.form).get("person", "") if request.method == "POST" else "",
        is_saved="saved" in request.args,
        test_id=test_id,
        has_server=bool(settings().smtp_url),
    )


async def _plain_preview(text: str, *, is_problem: bool = False) -> Response:
    """Return text for the preview's frame."""
    html = await render_template("letters/plain_preview.html", text=text, is_problem=is_problem)
    return Response(html, content_type="text/html; charset=utf-8")
