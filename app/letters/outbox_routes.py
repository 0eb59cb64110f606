"""The outbox: every message, where it is, and what happens next."""

from uuid import UUID

from quart import Response, ResponseReturnValue, redirect, render_template, request, url_for

from app import clock
from app.accounts.access import Viewer, current_viewer, signed_in
from app.config import settings
from app.db import reading, transaction
from app.errors import NotFoundError
from app.letters.blueprint import as_mail, letters
from app.letters.reading import read_message
from app.letters.standing import TABS, standing_of, tabs_for
from app.mail.commands import resolve_as_arrived, send_again
from app.mail.models import Mail
from app.mail.queries import Reader, count_mails, get_mail, list_mails, load_mail

PER_PAGE = 50
LAST_PAGE = 10_000
VIEWS = ("html", "text", "source")


@letters.get("/outbox")
@signed_in()
async def show_outbox() -> ResponseReturnValue:
    """List the messages the viewer may see, the newest first."""
    tab = request.args.get("tab", "all")
    tab = tab if tab in TABS else "all"
    page = min(max(1, request.args.get("page", 1, type=int)), LAST_PAGE)
    reader = _reader(current_viewer())
    async with reading() as db:
        counts = await count_mails(db, reader=reader)
        mails = await list_mails(
            db, reader=reader, states=TABS[tab][1], offset=(page - 1) * PER_PAGE, limit=PER_PAGE
        )
    tabs = tabs_for(counts)
    total = next((one.count for one in tabs if one.key == tab), 0)
    return await render_template(
        "letters/outbox.html",
        rows=[(mail, standing_of(mail)) for mail in mails],
        tabs=tabs,
        tab=tab,
        page=page,
        pages=-(-total // PER_PAGE),
        has_server=bool(settings().smtp_url),
    )


@letters.get("/outbox/<uuid:mail_id>")
@signed_in()
async def show_mail(mail_id: UUID) -> ResponseReturnValue:
    """Show one message with its links, as HTML, text or source."""
    mail = await _readable(mail_id)
    view = request.args.get("as", "html")
    is_open = _is_open(mail)
    message = read_message(mail) if is_open else None
    views = VIEWS if message and message.html else VIEWS[1:]
    return await render_template(
        "letters/mail.html",
        mail=mail,
        standing=standing_of(mail),
        message=message,
        views=views,
        view=view if view in views else views[0],
        has_server=bool(settings().smtp_url),
    )


@letters.get("/outbox/<uuid:mail_id>/preview")
@signed_in()
async def preview_mail(mail_id: UUID) -> Response:
    """Return the HTML part alone, for the frame on the message's page."""
    mail = await _readable(mail_id)
    if not _is_open(mail):
        raise NotFoundError
    return as_mail(read_message(mail).html)


@letters.post("/outbox/<uuid:mail_id>/arrival")
@signed_in()
async def confirm_arrival(mail_id: UUID) -> ResponseReturnValue:
    """Note that an unclear message arrived, because a person knows it."""
    viewer = current_viewer()
    async with transaction() as db:
        await get_mail(db, mail_id, reader=_reader(viewer))
        mail = await load_mail(db, mail_id)
        await resolve_as_arrived(db, mail, why=f"{viewer.name} says so.", now=clock.now())
    return redirect(url_for(".show_mail", mail_id=mail_id), 303)


@letters.post("/outbox/<uuid:mail_id>/resending")
@signed_in()
async def resend_mail(mail_id: UUID) -> ResponseReturnValue:
    """Send an unclear, failed or kept message again, unchanged, because a person wants it."""
    async with transaction() as db:
        await get_mail(db, mail_id, reader=_reader(current_viewer()))
        await send_again(db, await load_mail(db, mail_id), now=clock.now())
    return redirect(url_for(".show_mail", mail_id=mail_id), 303)


async def _readable(mail_id: UUID) -> Mail:
    """Return a message the viewer may know of. Raises NotFoundError."""
    async with reading() as db:
        return await get_mail(db, mail_id, reader=_reader(current_viewer()))


def _reader(viewer: Viewer) -> Reader:
    """Return whose messages to look at: an admin sees the whole workspace's."""
    return Reader(viewer.workspace_id, None if viewer.is_admin else viewer.user_id)


def _is_open(mail: Mail) -> bool:
    """Whether the content may be shown: account mails only while they go nowhere else."""
    return not mail.is_private or not settings().smtp_url
