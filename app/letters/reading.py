"""A stored message as people read it: its parts, its source, its links."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from html.parser import HTMLParser

from app.config import settings
from app.mail.models import Mail

SOURCE_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a message; `is_personal` leads to somebody's personal site."""

    address: str
    words: str
    is_personal: bool


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or gets a message."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Message:
    """What a stored message says."""

    sender: Party
    recipient: Party
    subject: str
    text: str
    html: str
    source: str
    links: tuple[Link, ...]


def read_message(mail: Mail) -> Message:
    """Return a stored message, read from its bytes as a mail program would."""
    parsed = message_from_bytes(mail.content, policy=default)
    html = _part(parsed, "html")
    text = _part(parsed, "plain")
    return Message(
        sender=_party(parsed, "From"),
        recipient=_party(parsed, "To"),
        subject=str(parsed["Subject"]),
        text=text,
        html=html,
        source=mail.content.decode("ascii", "replace")[:SOURCE_MAX],
        links=find_links(html) if html else _text_links(text),
    )


def find_links(html: str) -> tuple[Link, ...]:
    """Return every link of an HTML part in order, each address once."""
    finder = _LinkFinder()
    finder.feed(html)
    found: dict[str, str] = {}
    for address, words in finder.links:
        found.setdefault(address, words)
    return tuple(_link(address, words) for address, words in found.items())


def _party(parsed: EmailMessage, header: str) -> Party:
    """Return the one address of a header."""
    name, email = parseaddr(str(parsed[header]))
    return Party(name, email)


def _part(parsed: EmailMessage, kind: str) -> str:
    """Return the text of a part, empty if there is none."""
    body = parsed.get_body((kind,))
    return "" if body is None else str(body.get_content())


def _text_links(text: str) -> tuple[Link, ...]:
    """Return the web addresses of a plain message."""
    return tuple(
        _link(word, word) for word in text.split() if word.startswith(("http://", "https://"))
    )


def _link(address: str, words: str) -> Link:
    """Return a link, marked if it is a personal one of ours."""
    return Link(address, words or address, address.startswith(f"{settings().base_url}/p/"))


class _LinkFinder(HTMLParser):
    """Collects web links and the words they stand on."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self._open: list[str] = []
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a link."""
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("http://", "https://")):
            self._open, self._words = [href], ""

    def handle_data(self, data: str) -> None:
        """Collect the words of a link."""
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        """End a link."""
        if tag == "a" and self._open:
            self.links.append((self._open.pop(), " ".join(self._words.split())))
