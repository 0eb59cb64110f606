"""The blueprint all pages of letters hang on, and what their previews may do."""

from quart import Blueprint, Response

from app.accounts.access import signed_in
from app.accounts.models import Role

letters = Blueprint("letters", __name__)

sellers = signed_in(Role.ADMIN, Role.REP)

MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self';"
    " base-uri 'none'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
    " allow-top-navigation-by-user-activation"
)
"""A letter in a frame: no scripts, no forms, no origin; its links open as a person clicks them."""


def as_mail(html: str) -> Response:
    """Return a letter's HTML as a page of its own that can do nothing but be looked at."""
    headers = {"Content-Security-Policy": MAIL_CSP, "Referrer-Policy": "no-referrer"}
    return Response(html, content_type="text/html; charset=utf-8", headers=headers)
