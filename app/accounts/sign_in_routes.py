"""Pages: signing in, choosing a workspace, asking for a link, signing out."""

from quart import (
    Response,
    ResponseReturnValue,
    g,
    redirect,
    render_template,
    request,
)

from app import clock
from app.accounts.access import open_to_all
from app.accounts.addresses import network_of
from app.accounts.blueprint import accounts
from app.accounts.commands import end_session_of
from app.accounts.cookies import SESSION_COOKIE, give_session_cookie, take_session_cookie
from app.accounts.device import this_device
from app.accounts.models import LinkPurpose, User
from app.accounts.own_account import ask_for_link
from app.accounts.own_path import FIRST_PAGE, own_path
from app.accounts.sign_in import Attempt, begin_sign_in, complete_sign_in, offer_choices
from app.db import transaction
from app.errors import TooManyError

WRONG = "This address and password do not belong together. Please check both."


@accounts.get("/")
@open_to_all("the start leads everybody on")
async def show_start() -> ResponseReturnValue:
    """Lead to the console, or to signing in."""
    return redirect(FIRST_PAGE if g.viewer else "/sign-in", 303)


@accounts.get("/sign-in")
@open_to_all("people sign in here")
async def show_sign_in() -> ResponseReturnValue:
    """Show the sign-in form; whoever is signed in goes straight on."""
    wanted = own_path(request.args.get("next"))
    if g.viewer:
        return redirect(wanted, 303)
    return await _form(wanted=wanted, status=200)


@accounts.post("/sign-in")
@open_to_all("people sign in here")
async def create_session() -> ResponseReturnValue:
    """Sign in by password; see sign_in.py for why this takes two transactions."""
    form = await request.form
    email, wanted = form.get("email", ""), own_path(form.get("next"))
    try:
        async with transaction() as db:
            network = network_of(request.remote_addr)
            attempt = await begin_sign_in(db, email, network=network, now=clock.now())
    except TooManyError as refusal:
        response = await _form(wanted=wanted, email=email, notice=str(refusal), status=429)
        response.headers["Retry-After"] = str(refusal.retry_after_s)
        return response
    users = await attempt.matching(form.get("password", ""))
    if not users:
        return await _form(wanted=wanted, email=email, notice=WRONG, status=422)
    if len(users) > 1:
        return await _chooser(attempt, users, wanted)
    async with transaction() as db:
        token = await complete_sign_in(db, attempt, users[0], device=this_device(), now=clock.now())
    return signed_in_response(token, wanted)


@accounts.get("/sign-in/forgotten")
@open_to_all("people who cannot sign in have no session")
async def show_forgotten() -> ResponseReturnValue:
    """Offer a mailed link."""
    return await render_template("accounts/forgotten.html", notice="", email="")


@accounts.post("/sign-in/forgotten")
@open_to_all("people who cannot sign in have no session")
async def create_link_request() -> ResponseReturnValue:
    """Have a link mailed; the answer is the same whether the address is known or not."""
    form = await request.form
    email = form.get("email", "")
    wants_link = form.get("wish") == LinkPurpose.SIGN_IN
    purpose = LinkPurpose.SIGN_IN if wants_link else LinkPurpose.RESET
    network = network_of(request.remote_addr)
    try:
        async with transaction() as db:
            await ask_for_link(db, email, purpose=purpose, network=network, now=clock.now())
    except TooManyError as refusal:
        page = await render_template("accounts/forgotten.html", notice=str(refusal), email=email)
        return page, 429, {"Retry-After": str(refusal.retry_after_s)}
    return await render_template("accounts/link_sent.html", email=email, wants_link=wants_link)


@accounts.post("/sign-out")
@open_to_all("signing out twice is fine")
async def delete_session() -> ResponseReturnValue:
    """Sign this browser out."""
    async with transaction() as db:
        await end_session_of(db, token=request.cookies.get(SESSION_COOKIE, ""))
    response = Response("", 303, {"Location": "/sign-in"})
    take_session_cookie(response)
    return response


def signed_in_response(token: str, wanted: str = FIRST_PAGE) -> Response:
    """Give the browser its session and lead it on."""
    response = Response("", 303, {"Location": wanted})
    give_session_cookie(response, token)
    return response


async def _form(*, wanted: str, email: str = "", notice: str = "", status: int) -> Response:
    """Render the sign-in form."""
    page = await render_template("accounts/sign_in.html", next=wanted, email=email, notice=notice)
    return Response(page, status)


async def _chooser(attempt: Attempt, users: tuple[User, ...], wanted: str) -> Response:
    """Ask which of several workspaces is meant."""
    async with transaction() as db:
        choices = await offer_choices(db, attempt, users, now=clock.now())
    page = await render_template("accounts/choose_workspace.html", choices=choices, next=wanted)
    return Response(page, headers={"Cache-Control": "no-store"})
