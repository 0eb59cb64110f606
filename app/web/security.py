"""The doorkeeper of every request: declared access, foreign posts, and response headers."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from types import MappingProxyType
from urllib.parse import urlsplit

from markupsafe import Markup
from quart import Response, current_app, g, request

from app.accounts.cookies import SESSION_COOKIE
from app.config import settings
from app.errors import ForbiddenError
from app.web.holes import is_marking, mark

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
HOLDERS = (SESSION_COOKIE, "site", "visitor")
"""Cookies that make a request act for somebody; posts that carry none need no CSRF token."""


def refuse_undeclared_views() -> None:
    """Refuse any view that does not say who may call it; a bug, so it is loud."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and not hasattr(view, "access"):
        raise RuntimeError(f"{request.endpoint} does not declare who may call it.")


async def refuse_foreign_posts() -> None:
    """Refuse writing requests that another site's page sent.

    Browsers say where a request comes from (Sec-Fetch-Site, else Origin, else Referer). A request
    that says nothing and acts for somebody must carry the CSRF token of that somebody.
    Source: OWASP CSRF prevention, Fetch Metadata with fallback.
    """
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method in SAFE_METHODS or getattr(view, "accepts_foreign_posts", False):
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if site is not None:
        ours = site == "same-origin"
    elif origin is not None:
        ours = urlsplit(origin).netloc in {request.host, urlsplit(settings().base_url).netloc}
    else:
        ours = not any(name in request.cookies for name in HOLDERS) or await _has_token()
    if not ours:
        raise ForbiddenError("This form came from another site, so nothing was changed.")


def csrf_token() -> str:
    """Return the token that forms of this browser carry; bound to its cookies."""
    return mark("csrf") if is_marking() else csrf_token_for(request.cookies)


def csrf_token_for(cookies: Mapping[str, str]) -> str:
    """Return the token of the browser that brings these cookies."""
    holder = "|".join(cookies.get(name, "") for name in HOLDERS)
    return hmac.new(settings().secret_key.encode(), holder.encode(), sha256).hexdigest()


async def _has_token() -> bool:
    """Whether the request carries this browser's token, as a field or as a header."""
    sent = request.headers.get("X-CSRF-Token") or (await request.form).get("csrf_token", "")
    return hmac.compare_digest(sent.encode(), csrf_token_for(request.cookies).encode())


def own_style(css: Markup) -> Markup:
    """Return the text of the one <style> of a page, which its policy then admits, and no other."""
    if not is_marking():
        g.style = css
    return css


async def set_headers(response: Response) -> Response:
    """Add the security headers; a view that set one itself keeps it."""
    headers = dict(security_headers(getattr(g, "style", "")))
    if getattr(g, "viewer", None) is not None:
        headers["Cache-Control"] = "no-store"
    for name, value in headers.items():
        response.headers.setdefault(name, value)
    return response


def security_headers(style: str) -> Mapping[str, str]:
    """Return the headers of every answer. `style` is the text of the page's own <style>, if any.

    It is admitted by its digest: nothing to keep secret, and nothing that differs per answer.
    """
    return _security_headers(style, is_secure=settings().base_url.startswith("https:"))


@lru_cache(maxsize=256)
def _security_headers(style: str, *, is_secure: bool) -> Mapping[str, str]:
    """Put the headers together, once for each look."""
    admitted = f" 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" if style else ""
    headers = {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src 'self'{admitted};"
            " img-src 'self' data: blob:; font-src 'self'; media-src 'self'; connect-src 'self';"
            " form-action 'self'; frame-src 'self'; frame-ancestors 'self'; base-uri 'none';"
            " manifest-src 'self'"
        ),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(), payment=(), usb=()",
    }
    if is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return MappingProxyType(headers)
