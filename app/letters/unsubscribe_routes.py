"""The way out of letters. GET shows a button and changes nothing; only a POST acts."""

from quart import Response, ResponseReturnValue, make_response, render_template, request

from app import clock
from app.accounts.access import open_to_all
from app.db import transaction
from app.letters.blueprint import letters
from app.letters.unsubscribing import subscribe_again, unsubscribe

ONE_CLICK = "One-Click"


@letters.get("/u/<sealed>")
@open_to_all("whoever got a letter may leave without an account; the address is sealed")
async def show_unsubscribe(sealed: str) -> ResponseReturnValue:
    """Ask before anything happens: mail scanners open every link."""
    return await _page("ask", sealed)


@letters.post("/u/<sealed>")
@open_to_all("mail programs post here by themselves (RFC 8058); the address is sealed")
async def end_letters(sealed: str) -> ResponseReturnValue:
    """Unsubscribe. Source: RFC 8058, one-click unsubscribe: no cookie, no session, no redirect."""
    async with transaction() as db:
        await unsubscribe(db, sealed, now=clock.now())
    if (await request.form).get("List-Unsubscribe") == ONE_CLICK:
        return Response("You will get no more letters.\n", content_type="text/plain; charset=utf-8")
    return await _page("done", sealed)


# Mail providers post here from their own servers and pages.
end_letters.accepts_foreign_posts = True  # type: ignore[attr-defined]


@letters.post("/u/<sealed>/again")
@open_to_all("whoever left may come back; the address is sealed")
async def resume_letters(sealed: str) -> ResponseReturnValue:
    """Take the unsubscription back."""
    async with transaction() as db:
        await subscribe_again(db, sealed, now=clock.now())
    return await _page("back", sealed)


async def _page(state: str, sealed: str) -> ResponseReturnValue:
    """Render the page; the same for every link, known or not."""
    response = await make_response(
        await render_template("letters/unsubscribe.html", state=state, sealed=sealed)
    )
    response.headers["Cache-Control"] = "no-store"
    return response
