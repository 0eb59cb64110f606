"""Pages behind mailed links: signing in, accepting an invitation, choosing a new password.

Mail scanners open links, so a mailed link shows a page and works by its button.
"""

from dataclasses import dataclass
from datetime import timedelta

from quart import Response, ResponseReturnValue, render_template, request

from app import clock
from app.accounts.access import open_to_all
from app.accounts.addresses import network_of
from app.accounts.blueprint import accounts
from app.accounts.device import is_only_peeking, this_device
from app.accounts.limits import Limit, check_limit, count_against
from app.accounts.models import AccountLink, LinkPurpose, User
from app.accounts.own_path import own_path
from app.accounts.password_rules import find_password_problem
from app.accounts.passwords import hash_password
from app.accounts.queries import find_link, get_workspace
from app.accounts.sign_in import choose_password_by_link, sign_in_by_link
from app.accounts.sign_in_routes import signed_in_response
from app.db import reading, transaction
from app.errors import NotFoundError

MISSES = Limit("link-miss", 20, timedelta(minutes=1))
GONE = 410


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A usable link, whose it is and where it leads."""

    link: AccountLink
    user: User
    workspace: str


@accounts.get("/sign-in/link/<token>")
@open_to_all("the token in the address is the key")
async def show_sign_in_link(token: str) -> ResponseReturnValue:
    """Show the button that signs in; links from a terminal sign in at once, but never a peek."""
    opened = await _open(token, LinkPurpose.SIGN_IN)
    if opened is None:
        return await _over()
    if opened.link.needs_click or is_only_peeking():
        return await _private("accounts/sign_in_link.html", opened, next=request.args.get("next"))
    return await use_sign_in_link(token)


@accounts.post("/sign-in/link/<token>")
@open_to_all("the token in the address is the key")
async def use_sign_in_link(token: str) -> ResponseReturnValue:
    """Sign the holder in, once."""
    wanted = own_path((await request.form).get("next") or request.args.get("next"))
    try:
        async with transaction() as db:
            cookie = await sign_in_by_link(db, token, device=this_device(), now=clock.now())
    except NotFoundError:
        return await _over()
    return signed_in_response(cookie, wanted)


@accounts.get("/invitation/<token>")
@open_to_all("the token in the address is the key")
async def show_invitation(token: str) -> ResponseReturnValue:
    """Welcome a new colleague and ask for a password."""
    return await _show_password_form(token, LinkPurpose.INVITATION)


@accounts.post("/invitation/<token>")
@open_to_all("the token in the address is the key")
async def accept_invitation(token: str) -> ResponseReturnValue:
    """Store the password and sign in."""
    return await _choose_password(token, LinkPurpose.INVITATION)


@accounts.get("/reset/<token>")
@open_to_all("the token in the address is the key")
async def show_reset(token: str) -> ResponseReturnValue:
    """Ask for a new password."""
    return await _show_password_form(token, LinkPurpose.RESET)


@accounts.post("/reset/<token>")
@open_to_all("the token in the address is the key")
async def reset_password(token: str) -> ResponseReturnValue:
    """Store the new password and sign in."""
    return await _choose_password(token, LinkPurpose.RESET)


async def _show_password_form(token: str, purpose: LinkPurpose) -> Response:
    """Show the form behind a usable link."""
    opened = await _open(token, purpose)
    if opened is None:
        return await _over()
    return await _private("accounts/choose_password.html", opened, problems={})


async def _choose_password(token: str, purpose: LinkPurpose) -> Response:
    """Check the password, then use the link up; a refused password leaves it usable."""
    opened = await _open(token, purpose)
    if opened is None:
        return await _over()
    password = (await request.form).get("password", "")
    problem = find_password_problem(password, email=opened.user.email, name=opened.user.name)
    if problem:
        problems = {"password": problem}
        return await _private("accounts/choose_password.html", opened, 422, problems=problems)
    hashed = await hash_password(password)
    try:
        async with transaction() as db:
            cookie = await choose_password_by_link(
                db, token, purpose=purpose, password_hash=hashed, device=this_device(),
                now=clock.now(),
            )  # fmt: skip
    except NotFoundError:
        return await _over()
    return signed_in_response(cookie)


async def _open(token: str, purpose: LinkPurpose) -> OpenedLink | None:
    """Return a usable link, or None. Raises TooManyError for a network that only guesses."""
    network, now = network_of(request.remote_addr), clock.now()
    async with reading() as db:
        await check_limit(db, MISSES, network, now=now)
        found = await find_link(db, token, purpose=purpose, now=now)
        if found is not None:
            link, user = found
            return OpenedLink(link, user, (await get_workspace(db, user.workspace_id)).name)
    async with transaction() as db:
        await count_against(db, MISSES, network, now=now)
    return None


async def _over() -> Response:
    """Say that a link is used, expired or unknown, the same page for all three."""
    page = await render_template("accounts/link_over.html")
    return Response(page, GONE, {"Cache-Control": "no-store"})


async def _private(
    template: str, opened: OpenedLink, status: int = 200, **context: object
) -> Response:
    """Render a page whose address is a key: kept in no cache."""
    page = await render_template(template, opened=opened, **context)
    return Response(page, status, {"Cache-Control": "no-store"})
