"""A message as bytes: built once, checked by reading it again, then frozen.

An encoded word in a name or subject (`=?utf-8?q?a=0aBcc:_evil@x?=`) becomes a new header on
Pythons with CVE-2024-6923. So every value is decoded first and refused if it then holds control
characters, and the finished bytes must have exactly the headers that were meant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.header import decode_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP, compat32
from email.utils import format_datetime, getaddresses, parseaddr
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from app.config import settings
from app.errors import InvalidError

WEB_ADDRESS = re.compile(r"https?://[\x21-\x3b=\x3f-\x7e]{1,900}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
LOCAL_PART = re.compile(
    r"(?=.{1,64}$)(?!.*=\?)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*", re.ASCII
)
DOMAIN = re.compile(r"(?=.{1,253}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
SUBJECT_MAX = 300
DECODINGS = 3
STRUCTURE = {"mime-version", "content-type", "content-transfer-encoding"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message before it is written down.

    Without `from_email` it comes from the installation's own address. `reader_id` is the rep
    whose outbox shows it; `is_private` marks account mails, which suppressions do not stop.
    `mail_id` may be fixed beforehand by those who put it into a link.
    """

    workspace_id: UUID
    to_email: str
    to_name: str
    subject: str
    text: str
    html: str = ""
    from_name: str = ""
    from_email: str = ""
    reply_to: str = ""
    unsubscribe_url: str = ""
    reader_id: UUID | None = None
    is_private: bool = False
    mail_id: UUID = field(default_factory=uuid4)


def calm(text: str) -> str:
    """Return people's text as it may stand in a header: one line, encoded words taken apart."""
    return " ".join(CONTROL.sub(" ", text).replace("=?", "= ?").split())


def message_id_of(mail_id: UUID) -> str:
    """Return the Message-ID of a mail; the same at every try."""
    host = (urlsplit(settings().base_url).hostname or "localhost").encode("idna").decode("ascii")
    return f"<{mail_id.hex}@{host}>"


def ascii_address(email: str, name: str) -> str:
    """Return an address as it goes over the wire. Raises InvalidError naming the field `name`."""
    local, _, domain = email.strip().rpartition("@")
    try:
        host = domain.encode("idna").decode("ascii")
    except UnicodeError:
        host = ""
    if not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(host):
        raise InvalidError({name: f"Mail cannot be sent to or from the address {calm(email)!r}."})
    return f"{local}@{host}"


def build_bytes(message: Outgoing, *, now: datetime) -> bytes:
    """Return the message as it will be sent, at every try the same.

    Raises InvalidError if a header value holds control characters, also when encoded.
    """
    exact, headers = _exact_headers(message), _headers(message, now)
    mail = EmailMessage(policy=SMTP)
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(message.text, cte="quoted-printable")
    if message.html:
        mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    lines = "".join(f"{name}: {value}\r\n" for name, value in exact.items())
    content = lines.encode("ascii") + mail.as_bytes()
    _check(content, {*exact, *headers}, {"From": message.from_email, "To": message.to_email})
    return content


def sender_of(content: bytes) -> str:
    """Return the envelope sender of a finished message."""
    return parseaddr(
        str(BytesParser(policy=compat32).parsebytes(content, headersonly=True)["From"])
    )[1]


def _headers(message: Outgoing, now: datetime) -> dict[str, str | Address]:
    """Return the headers that are meant, checked one by one."""
    own_name, own_email = parseaddr(settings().mail_from)
    from_name = message.from_name if message.from_email else message.from_name or own_name
    headers: dict[str, str | Address] = {
        "From": _address(from_name, message.from_email or own_email, "from"),
        "To": _address(message.to_name, message.to_email, "to"),
        "Subject": _safe(message.subject, "subject")[:SUBJECT_MAX],
        "Date": format_datetime(now),
    }
    if message.reply_to:
        headers["Reply-To"] = _address("", message.reply_to, "reply_to")
    return headers


def _exact_headers(message: Outgoing) -> dict[str, str]:
    """Return the headers that must stand on one line as they are, checked.

    The library would wrap a long link into encoded words, which no mail program undoes.
    """
    headers = {"Message-ID": message_id_of(message.mail_id)}
    if message.unsubscribe_url:
        if not WEB_ADDRESS.fullmatch(message.unsubscribe_url):
            raise InvalidError({"unsubscribe_url": "The unsubscribe link is not a web address."})
        headers["List-Unsubscribe"] = f"<{message.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _address(name: str, email: str, field_name: str) -> Address:
    """Return a display name and address, both checked."""
    wire = ascii_address(email, field_name)
    return Address(display_name=_safe(name, field_name), addr_spec=wire)


def _safe(value: str, field_name: str) -> str:
    """Return the value. Raises InvalidError if it holds control characters, even when decoded."""
    seen = value
    for _ in range(DECODINGS):
        if CONTROL.search(seen):
            raise InvalidError({field_name: "Line breaks and control characters cannot be mailed."})
        seen = _decoded(seen)
    return value


def _decoded(value: str) -> str:
    """Return a header value with its encoded words decoded; broken ones count as refused."""
    try:
        parts = decode_header(value)
        return "".join(
            part if isinstance(part, str) else part.decode(charset or "latin-1", "replace")
            for part, charset in parts
        )
    except (ValueError, LookupError):
        return "\0"


def _check(content: bytes, intended: set[str], addresses: Mapping[str, str]) -> None:
    """Read the bytes as a mail server would; refuse headers and addresses that were not meant."""
    read = BytesParser(policy=compat32).parsebytes(content, headersonly=True)
    names = sorted(name.lower() for name in read if name.lower() not in STRUCTURE)
    if names != sorted(name.lower() for name in intended):
        raise InvalidError({"subject": "This message would carry headers nobody meant."})
    for name, meant in addresses.items():
        written = getaddresses([str(read[name])])
        if meant and [one[1] for one in written] != [ascii_address(meant, name.lower())]:
            raise InvalidError({name.lower(): "This address cannot be written in mail."})
