"""A GET as an ASGI server hands it over, and its answer, where the framework is not needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.http import parse_cookie

from app.web.compression import takes_gzip
from app.web.security import security_headers

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, ready to be sent."""

    status: int
    headers: Headers
    body: bytes

    async def send(self, send: Any) -> None:
        """Send it."""
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": self.body})


class Asked:
    """A request, read only as far as somebody wants to know."""

    def __init__(self, scope: Mapping[str, Any]) -> None:
        """Take the headers apart; of several of a name the first counts, cookies go together."""
        self._query: bytes = scope["query_string"]
        self.headers: dict[str, str] = {}
        cookies = []
        for name, value in scope["headers"]:
            if name == b"cookie":
                cookies.append(value.decode("latin1"))
            else:
                self.headers.setdefault(name.decode("latin1"), value.decode("latin1"))
        self.cookies: Mapping[str, str] = parse_cookie(";".join(cookies)) if cookies else {}

    @property
    def referrer(self) -> str:
        """Where it says it comes from."""
        return self.headers.get("referer", "")

    @property
    def host(self) -> str:
        """Whom it asks."""
        return self.headers.get("host", "")

    @cached_property
    def takes_gzip(self) -> bool:
        """Whether the answer may be compressed."""
        return takes_gzip(self.headers.get("accept-encoding", ""))

    def query(self) -> dict[str, str]:
        """Return the query as the framework reads it; of several of a name the first counts."""
        pairs = parse_qsl(self._query.decode(), keep_blank_values=True, errors="werkzeug.url_quote")
        return dict(reversed(pairs))

    def answered(
        self,
        style: str,
        own: Mapping[str, str],
        etag: str,
        zipped: bytes,
        plain: Callable[[], bytes],
    ) -> Reply:
        """Answer with a page, or that the browser has it."""
        headers = [*_ready(style, own), (b"vary", b"Accept-Encoding")]
        if etag:
            headers.append((b"etag", etag.encode()))
            if self._has(etag):
                return Reply(304, headers, b"")
        if self.takes_gzip:
            headers.append((b"content-encoding", b"gzip"))
        body = zipped if self.takes_gzip else plain()
        headers += (
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        )
        return Reply(200, headers, body)

    @staticmethod
    def unchanged(own: Mapping[str, str]) -> Reply:
        """Answer that there is nothing to show."""
        return Reply(204, list(_ready("", own)), b"")

    def _has(self, etag: str) -> bool:
        """Whether the browser holds what goes by this tag (RFC 9110, weak comparison)."""
        said = self.headers.get("if-none-match", "")
        return bool(said) and etag in (part.strip() for part in said.split(","))


def _ready(style: str, own: Mapping[str, str]) -> Headers:
    """Return the headers of every answer and the answer's own, as they go out."""
    return _headers(tuple(security_headers(style).items()), tuple(own.items()))


@lru_cache(maxsize=256)
def _headers(common: tuple[tuple[str, str], ...], own: tuple[tuple[str, str], ...]) -> Headers:
    """Write headers, once for each look."""
    said = dict(common) | dict(own)
    return [(name.lower().encode(), value.encode("latin1")) for name, value in said.items()]
