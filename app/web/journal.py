"""What is noted about every request: what its lines in the log are about, and how long it took.

Addresses are never logged, for some are keys: a line names the route it came by ("/p/<token>").
Health checks and figures are asked all the time and are neither counted nor logged.
"""

import secrets
import time

import structlog
from quart import Response, g, request

from app.config import settings
from app.logs import bind
from app.metrics import count_request

QUIET = {"health"}
BUG = 500

log = structlog.get_logger()


async def begin_request() -> None:
    """Start the clock, and number the request in every line written meanwhile."""
    g.began = time.perf_counter()
    bind(request=secrets.token_hex(8))


async def bind_viewer() -> None:
    """Say for whom the lines of this request are written, once that is known."""
    viewer = getattr(g, "viewer", None)
    if viewer is not None:
        bind(workspace=viewer.workspace_id, user=viewer.user_id)


async def note_answer(response: Response) -> Response:
    """Count the answer; log it if it took long or failed."""
    if request.blueprint in QUIET or not hasattr(g, "began"):
        return response
    seconds, status = time.perf_counter() - g.began, response.status_code
    count_request(status, seconds)
    if status >= BUG or seconds * 1000 >= settings().slow_request_ms:
        rule = request.url_rule.rule if request.url_rule else "unknown"
        write = log.warning if status >= BUG else log.info
        write(
            "request failed" if status >= BUG else "request slow",
            route=f"{request.method} {rule}", status=status, ms=round(seconds * 1000, 1),
        )  # fmt: skip
    return response
