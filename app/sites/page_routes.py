"""The personal page and its modules, as visitors see them."""

from collections.abc import Mapping
from uuid import UUID

from quart import Response, ResponseReturnValue, g, request
from quart import render_template as render

from app import clock
from app.accounts.access import open_to_all
from app.db import reading, transaction
from app.sites.answers import answer_module
from app.sites.blueprint import COOKIE, hidden, led_to, sites
from app.sites.entrance import Guest, enter
from app.sites.errors import NoWayInError
from app.sites.fingerprints import find_fingerprints, fingerprints_of
from app.sites.render import PlacedView, Refused, draw, place_module, place_modules
from app.sites.variables import page_variables, progress_of, public_page_of

KEY_IS_COOKIE = "the cookie of a personal link opens it"


@sites.get("/s/<uuid:site_id>/")
@open_to_all(KEY_IS_COOKIE)
async def show_site(site_id: UUID) -> ResponseReturnValue:
    """Show the personal page."""
    async with reading() as db:
        guest = await enter(db, site_id, request.cookies.get(COOKIE), viewer=g.viewer)
    return await _page(guest)


@sites.get("/s/<uuid:site_id>/modules/<key>")
@open_to_all(KEY_IS_COOKIE)
async def show_module(site_id: UUID, key: str) -> ResponseReturnValue:
    """Show one module as it is for what is known of the person now.

    204 while the browser shows just that. `after=answer` brings along, out of band, the modules
    that follow from the answer; `shown` (key.fingerprint, ...) says which need not come again.
    """
    async with reading() as db:
        guest = await enter(db, site_id, request.cookies.get(COOKIE), viewer=g.viewer)
    if request.args.get("after") == "answer":
        shown = dict(
            part.rpartition(".")[::2] for part in request.args.get("shown", "").split(",")[:100]
        )
        return await _sections(key, await draw(place_modules(guest.site)), shown)
    view = place_module(guest.site, key)
    if view is None:
        raise NoWayInError
    (drawn,) = await draw([view])
    if drawn.fingerprint == request.args.get("fingerprint"):
        return hidden("", 204)
    return hidden(await _section(drawn))


@sites.post("/s/<uuid:site_id>/modules/<key>")
@open_to_all(KEY_IS_COOKIE)
async def create_answers(site_id: UUID, key: str) -> ResponseReturnValue:
    """Keep what was said in a module; problems come back beside the fields, input kept."""
    form = (await request.form).to_dict(flat=False)
    async with transaction() as db:
        guest = await enter(db, site_id, request.cookies.get(COOKIE), viewer=g.viewer)
        answered = await answer_module(
            db, site_id=site_id, module_key=key, form=form, now=clock.now(),
            staff_browser=guest.browser if guest.is_staff else None, site=guest.site,
        )  # fmt: skip
    if answered.problems:
        return await _refused(guest, Refused(key, form, answered.problems))
    if not request.headers.get("HX-Request"):
        return led_to(f"/s/{site_id}/#module-{key}")
    before = find_fingerprints(guest.site.facts) or fingerprints_of(
        await draw(place_modules(guest.site))
    )
    after = guest.site.with_answers({key: answered.answers})
    return await _sections(key, await draw(place_modules(after)), before)


async def _refused(guest: Guest, refused: Refused) -> Response:
    """Show the form again: the module alone for htmx, otherwise the whole page."""
    if not request.headers.get("HX-Request"):
        return await _page(guest, refused)
    for view in place_modules(guest.site, refused):
        if view.key == refused.key:
            (drawn,) = await draw([view])
            return hidden(await _section(drawn), 422)
    raise NoWayInError


async def _page(guest: Guest, refused: Refused | None = None) -> Response:
    """Draw the whole page, with status 422 when it shows a form again."""
    g.page = public_page_of(
        guest.site, request.path, browser_id=guest.browser.id, is_staff=guest.is_staff
    )
    modules = await draw(place_modules(guest.site, refused))
    html = await render(
        "sites/page.html", **page_variables(guest.site, modules, is_staff=guest.is_staff)
    )
    return hidden(html, 422 if refused else 200, referrer="same-origin")


async def _sections(
    key: str, drawn: tuple[PlacedView, ...], shown: Mapping[str, str]
) -> ResponseReturnValue:
    """Answer with a module, then out of band the path and every other one that looks new."""
    mine = [view for view in drawn if view.key == key]
    if not mine:
        raise NoWayInError
    others = [
        view
        for view in drawn
        if view.key != key and not view.is_fixed and view.fingerprint != shown.get(view.key)
    ]
    html = await _section(mine[0])
    for view in others:
        html += await _section(view, oob=True)
    html += await render("sites/_path.html", modules=drawn, progress=progress_of(drawn), oob=True)
    return hidden(html)


async def _section(view: PlacedView, *, oob: bool = False) -> str:
    """Draw a module in its frame."""
    return await render("sites/_module.html", place=view, oob=oob, is_activated=True, preview="")
