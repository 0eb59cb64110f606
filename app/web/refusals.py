"""Errors as pages: a category decides the status once, the text is for people."""

import structlog
from quart import Quart, Response, render_template, request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from app.db import is_away, is_sqlite
from app.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    TooManyError,
)

log = structlog.get_logger()

STATUS: dict[type[DomainError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    ForbiddenError: 403,
    TooManyError: 429,
    InvalidError: 422,
}
DATA_EXCEPTION = "22"
"""Class of SQLSTATE: bad values, not bad statements."""
AGAIN_AFTER_S = 5
"""When a browser may ask again while the database is away."""
MOST_OF_A_REASON = 500
KEPT = {"Allow", "Retry-After"}
"""What the framework's refusals say in headers and our pages say too."""
WORDS = {
    400: ("That did not work", "The request could not be understood. Please try again."),
    403: ("This is not yours to open", "Ask an admin of your workspace if you need it."),
    404: ("There is nothing here", "The address may be mistyped, or what was here has moved on."),
    405: ("That did not work", "This page cannot do that."),
    409: ("Somebody was faster", "This has changed meanwhile. Load the page again."),
    413: ("That is too large", "Please choose a smaller file."),
    422: ("Something is missing", "Please check what you entered."),
    429: ("A little slower, please", "Try again in a moment."),
    503: ("Back in a moment", "We cannot reach our database just now. Please try again shortly."),
    500: ("Something broke on our side", "It has been written down. Please try again in a moment."),
}


def register_refusals(app: Quart) -> None:
    """Answer refusals, unknown addresses and bugs with a page that says what to do."""
    app.register_error_handler(DomainError, refuse)
    app.register_error_handler(HTTPException, refuse_http)
    app.register_error_handler(DBAPIError, refuse_unstorable)
    app.register_error_handler(Exception, report_bug)


async def refuse(error: DomainError) -> Response:
    """Turn a domain refusal into its page."""
    status = next((s for kind, s in STATUS.items() if isinstance(error, kind)), 400)
    response = await _page(status, "" if status == STATUS[NotFoundError] else str(error))
    if isinstance(error, TooManyError):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


async def refuse_http(error: HTTPException) -> Response:
    """Turn the framework's own refusals into the same pages; redirects pass."""
    if error.code is None or error.code < 400:  # noqa: PLR2004  redirects are not refusals
        return Response("", error.code, dict(error.get_headers()))
    response = await _page(error.code, "")
    for name, value in error.get_headers():
        if name in KEPT:
            response.headers[name] = value
    return response


async def refuse_unstorable(error: DBAPIError) -> Response:
    """Refuse what PostgreSQL cannot keep or compare (NUL in an address, say); the rest is a bug."""
    if str(getattr(error.orig, "sqlstate", "")).startswith(DATA_EXCEPTION):
        return await _page(400, "")
    return await report_bug(error)


async def report_bug(error: Exception) -> Response:
    """Log a bug with its trace and say so without details; a database that is away is none."""
    if is_away(error):
        reason = f"{type(error).__name__}: {error}"[:MOST_OF_A_REASON]
        trace = error if is_sqlite() else None  # it is away seldom: then a table may be amiss
        log.warning("database away", endpoint=request.endpoint, reason=reason, exc_info=trace)
        response = await _page(503, "")
        response.headers["Retry-After"] = str(AGAIN_AFTER_S)
        return response
    log.error("request failed", endpoint=request.endpoint, exc_info=error)
    return await _page(500, "")


async def _page(status: int, message: str) -> Response:
    """Render the error page, or a bare line for htmx."""
    title, hint = WORDS.get(status, WORDS[400])
    template = "errors/_error.html" if request.headers.get("HX-Request") else "errors/error.html"
    html = await render_template(template, title=title, message=message or hint, status=status)
    return Response(html, status)
