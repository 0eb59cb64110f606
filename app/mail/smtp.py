"""Talking to the mail server, one command at a time, so that we know how far we got."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

COMMAND_TIMEOUT_S = 30.0
FINAL_DOT_TIMEOUT_S = 600.0
PERMANENT = 500
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}

FAILURES = (SMTPException, OSError)
"""What talking to a mail server may raise; timeouts and TLS errors are OSErrors."""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes. `starttls` None means: if the server offers it."""

    host: str
    port: int
    username: str | None
    password: str | None = field(repr=False)
    tls: bool
    starttls: bool | None

    @property
    def checks_certificates(self) -> bool:
        """Whether the server must prove who it is: always, but for TLS nobody asked for.

        A plain smtp:// relay without a password commonly has a self-made certificate; TLS with it
        is still better than none.
        """
        return self.tls or self.starttls is True or self.password is not None


def read_smtp_url(url: str) -> MailServer:
    """Return the server that SMTP_URL names. Raises ValueError without repeating the URL."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("SMTP_URL must look like smtp://user:password@host:port.")
    return MailServer(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "smtps",
        starttls={"smtp": None, "smtp+starttls": True, "smtps": False}[parts.scheme],
    )


class Conversation:
    """One connection for one message: everything up to RCPT first, DATA only when told."""

    def __init__(self, server: MailServer) -> None:
        self._client = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.tls,
            start_tls=server.starttls,
            validate_certs=server.checks_certificates,
            timeout=COMMAND_TIMEOUT_S,
        )

    async def close(self) -> None:
        """Say goodbye if the server still listens; its answer changes nothing."""
        try:
            if self._client.is_connected:
                await self._client.quit(timeout=5)
        except FAILURES:
            return
        finally:
            self._client.close()

    async def open(self) -> None:
        """Connect, greet, secure and sign in."""
        await self._client.connect()

    async def address(self, sender: str, recipient: str) -> None:
        """Name sender and recipient."""
        await self._client.mail(sender)
        await self._client.rcpt(recipient)

    async def transmit(self, content: bytes) -> str:
        """Send the message itself and return the server's words of acceptance."""
        response = await self._client.data(content, timeout=FINAL_DOT_TIMEOUT_S)
        return _storable(f"{response.code} {response.message}")


def is_answer(error: Exception) -> bool:
    """Whether the server answered at all, so that nothing is uncertain."""
    return isinstance(error, SMTPResponseException)


def is_permanent(error: Exception) -> bool:
    """Whether the server refused this message for good (5xx to MAIL, RCPT or DATA)."""
    return isinstance(error, SMTPResponseException) and error.code >= PERMANENT


def describe(error: Exception) -> str:
    """Say what went wrong in one line, without what we sent."""
    if isinstance(error, SMTPResponseException):
        return _storable(f"{error.code} {error.message}")
    return _storable(f"{type(error).__name__}: {error}".strip(": "))


def _storable(reply: str) -> str:
    """Return a reply as a database can keep it: servers also answer in Latin-1, or with NUL."""
    return reply.encode("utf-8", "replace").decode().replace("\0", "?")
