"""A real SMTP server on a free port, whose answers a test writes beforehand."""

import asyncio
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP

from app.config import settings


class Post:
    """What the server was given, and how it answers: `answers` are used up one per RCPT or DATA."""

    def __init__(self):
        self.received = []
        self.rcpt_answers = []
        self.data_answers = []
        self.on_rcpt = None
        self.drop = ""

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.on_rcpt:
            await self.on_rcpt()
        answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = self.data_answers.pop(0) if self.data_answers else "250 Stored as 1234"
        if answer.startswith("250"):
            self.received.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        if self.drop == "after the dot":
            server.transport.abort()
        return answer


class DroppingSMTP(SMTP):
    """Hangs up in the middle of a message when its Post says so."""

    async def smtp_DATA(self, arg):  # noqa: N802
        if self.event_handler.drop == "before the dot":
            await self.push("354 Go on")
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


@asynccontextmanager
async def mail_server(post, *, port=0):
    """Run the server while the block runs; yields its port."""
    loop = asyncio.get_running_loop()

    def connection():
        return DroppingSMTP(post, hostname="mx.test", loop=loop, enable_SMTPUTF8=False)

    server = await loop.create_server(connection, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0)


def use_smtp(monkeypatch, port):
    """Let the application send through a port, until the test ends."""
    monkeypatch.setenv("SMTP_URL", f"smtp://127.0.0.1:{port}" if port else "")
    settings.cache_clear()
