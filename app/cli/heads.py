"""HTTP connections whose requests come to the point: heads bounded in bytes and in time."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 32_768
"""Of a head (the request line and its headers), and of whatever else says nothing."""
HEAD_WITHIN_S = 10.0
"""From the connection, or from a further request's first bytes, until a head is complete."""


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol, cut off where it would read on forever.

    Its parser joins the pieces of an endless line again and again, which stalls the process, and
    keeps as many headers as anybody sends; a head that never ends would stay open for good.
    """

    _idle_bytes = 0
    """What came since the parser last got anywhere."""
    _has_head = False
    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first head."""
        super().connection_made(cast("asyncio.Transport", transport))
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Read on, as long as that leads somewhere."""
        self._idle_bytes += len(data)
        super().data_received(data)
        if self._idle_bytes > MOST_BYTES:
            self.transport.abort()
        elif self._idle_bytes and not self._has_head:
            self._expect_head()
        else:
            self._expect_nothing()

    def on_headers_complete(self) -> None:
        """Go on unless the head is too large. Raises ValueError, which is answered with 400."""
        self._idle_bytes, self._has_head = 0, True
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MOST_BYTES:
            raise ValueError("The head of this request is too large.")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that the request goes on."""
        self._idle_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Be ready for the next request on this connection."""
        self._idle_bytes, self._has_head = 0, False
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        """Cut the connection off unless a head is complete in time."""
        if self._head_due is None:
            self._head_due = self.loop.call_later(HEAD_WITHIN_S, self.transport.abort)

    def _expect_nothing(self) -> None:
        """Let the connection be as quiet as it likes; keep-alive has its own limit."""
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
