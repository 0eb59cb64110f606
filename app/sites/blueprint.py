"""The blueprint of sites, and what all its answers to visitors have in common."""

from quart import Blueprint, Response, render_template, request

from app.sites.errors import NoWayInError

sites = Blueprint("sites", __name__)

COOKIE = "site"


@sites.errorhandler(NoWayInError)
async def refuse_entry(error: NoWayInError) -> Response:
    """Show the one friendly page, whatever the reason."""
    del error
    name = "sites/_no_way_in.html" if request.headers.get("HX-Request") else "sites/no_way_in.html"
    return hidden(await render_template(name), 404)


def hidden(html: str, status: int = 200, *, referrer: str = "no-referrer") -> Response:
    """Answer with something personal: not for search engines, caches and other sites' logs.

    The page itself says `same-origin`: without any referrer browsers post forms with Origin null.
    """
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Referrer-Policy"] = referrer
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


def led_to(path: str) -> Response:
    """Send the browser on with a GET."""
    response = hidden("", 303)
    response.location = path
    return response
