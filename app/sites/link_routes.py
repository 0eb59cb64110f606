"""The personal link: the way in that a letter carries."""

from quart import Response, ResponseReturnValue, g, request

from app import clock
from app.accounts.access import open_to_all
from app.config import settings
from app.db import transaction
from app.errors import TooManyError
from app.sites.blueprint import COOKIE, hidden, led_to, sites
from app.sites.errors import NoWayInError
from app.sites.links import Entry, open_link
from app.sites.misses import WINDOW, Misses

KNOWN_COOKIE = "sites"
"""Sent to /p only: the browser's last few cookies, so that a second click is the same browser."""
MOST_KNOWN = 5
COOKIE_AGE_S = 180 * 24 * 3600
misses = Misses()


@sites.get("/p/<token>")
@open_to_all("a personal link is its own key")
async def open_personal_link(token: str) -> ResponseReturnValue:
    """Swap the token for a cookie and lead to the clean address.

    Programs that look ahead (HEAD, prefetch) change nothing and learn nothing.
    """
    if request.method == "HEAD":
        return hidden("", 200)
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return hidden("", 503)
    now = clock.now()
    if misses.are_too_many(request.remote_addr, now):
        raise TooManyError(
            "Too many links that open nothing. Please try again in a minute.",
            retry_after_s=int(WINDOW.total_seconds()),
        )
    known = request.cookies.get(KNOWN_COOKIE, "").split(".")[:MOST_KNOWN]
    async with transaction() as db:
        entry = await open_link(db, token=token, known=known, viewer=g.viewer, now=now)
    if entry is None:
        misses.note(request.remote_addr, now)
        raise NoWayInError
    return _let_in(entry, known)


def _let_in(entry: Entry, known: list[str]) -> Response:
    """Give the browser its cookies and the clean address."""
    response = led_to(f"/s/{entry.site_id}/")
    is_secure = request.is_secure or settings().base_url.startswith("https:")
    others = [token for token in known if token and token != entry.token]
    for name, value, path in (
        (COOKIE, entry.token, f"/s/{entry.site_id}"),
        (KNOWN_COOKIE, ".".join([entry.token, *others][:MOST_KNOWN]), "/p"),
    ):
        response.set_cookie(
            name, value, max_age=COOKIE_AGE_S, path=path, httponly=True, samesite="Lax",
            secure=is_secure,
        )  # fmt: skip
    return response
