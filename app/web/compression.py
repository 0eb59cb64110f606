"""Compressing what visitors' views draw; built files are compressed once, in `assets`.

Reps' pages stay as they are: they mix secrets of their session with text from outside, and the
size of a compressed mixture can be made to tell (BREACH). Visitors' pages reflect no input, and
those that are kept (`visitor_pages`) are compressed once, without what is one browser's own.
"""

import gzip
from functools import lru_cache

from quart import Response, g, request
from werkzeug.http import parse_accept_header

SMALLEST = 1_000
LEVEL = 5


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether a browser that says this of itself (Accept-Encoding) takes gzip."""
    return parse_accept_header(accepted).quality("gzip") > 0


async def compress(response: Response) -> Response:
    """Gzip a visitor's page where its browser takes that."""
    if getattr(g, "page", None) is None:
        return response
    response.vary.add("Accept-Encoding")
    if not takes_gzip(request.headers.get("Accept-Encoding", "")):
        return response
    body = await response.get_data(as_text=False)
    if len(body) < SMALLEST or "Content-Encoding" in response.headers:
        return response
    response.set_data(gzip.compress(body, LEVEL, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    return response
