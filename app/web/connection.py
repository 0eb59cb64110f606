"""How one HTTP request is served."""

import asyncio

from hypercorn.typing import ASGIReceiveCallable, ASGISendCallable
from quart.asgi import ASGIHTTPConnection
from quart.utils import cancel_tasks


class PatientConnection(ASGIHTTPConnection):
    """Finishes a request that has begun, also when the browser has gone meanwhile.

    Quart would cancel it wherever it stands. In the middle of a write that leaves a connection
    holding SQLite's write lock, and everybody else's writes fail ten seconds later; a closing
    page goes just while its last acts are being stored.
    """

    async def __call__(self, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Serve the request to its end."""
        request = self._create_request_from_scope(send)
        listener = asyncio.ensure_future(self.handle_messages(request, receive))
        try:
            await self.handle_request(request, send)
        finally:
            await cancel_tasks({listener})
