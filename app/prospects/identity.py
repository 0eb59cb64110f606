"""Who somebody is: the normalised e-mail address, within one workspace."""

import re
from collections.abc import Iterable
from email.utils import parseaddr

from email_validator import EmailNotValidError, validate_email

from app.prospects.words import one_line

LONGEST = 254
"""Source: RFC 5321, 4.5.3.1.3: a path holds 256 octets, two of them its brackets."""
UNREADABLE = "This does not look like an e-mail address, such as ada@company.com."

FREEMAIL = frozenset(
    {
        "aol.com", "bluewin.ch", "fastmail.com", "free.fr", "gmail.com", "gmx.at", "gmx.ch",
        "gmx.de", "gmx.net", "googlemail.com", "hey.com", "hotmail.co.uk", "hotmail.com",
        "hotmail.de", "hotmail.fr", "icloud.com", "laposte.net", "libero.it", "live.com",
        "mac.com", "mail.com", "mail.ru", "mailbox.org", "me.com", "msn.com", "naver.com",
        "orange.fr", "outlook.com", "outlook.de", "posteo.de", "proton.me", "protonmail.com",
        "qq.com", "rocketmail.com", "sfr.fr", "t-online.de", "tutanota.com", "wanadoo.fr",
        "web.de", "yahoo.co.uk", "yahoo.com", "yahoo.de", "yahoo.fr", "yandex.ru", "zoho.com",
        "163.com", "126.com",
    }
)  # fmt: skip
ROLES = frozenset(
    {
        "accounting", "accounts", "admin", "billing", "buchhaltung", "contact", "contacto", "dev",
        "einkauf", "finance", "hello", "help", "hr", "info", "it", "jobs", "kontakt", "mail",
        "marketing", "news", "noreply", "office", "orders", "post", "press", "reply", "sales",
        "service", "shop", "support", "team", "vertrieb", "web", "webmaster",
    }
)  # fmt: skip


def normalise_email(text: str) -> str:
    """Return an address as it identifies a person: whole address in lower case, domain in ASCII.

    Addresses with a plus stay distinct from those without: only their owner knows whether they
    mean the same. Raises ValueError, in words for people, for anything that is not an address.
    """
    text = text.strip().removeprefix("mailto:")
    if not text:
        raise ValueError("Please enter an e-mail address.")
    if len(text) > LONGEST or not text.isprintable():
        raise ValueError(UNREADABLE)
    try:
        found = validate_email(
            one_line(text, limit=LONGEST),
            check_deliverability=False,
            globally_deliverable=False,
            test_environment=True,
            strict=True,
        )
    except EmailNotValidError as error:
        raise ValueError(UNREADABLE) from error
    domain = found.ascii_domain.lower()
    if "." not in domain or len(email := f"{found.local_part.lower()}@{domain}") > LONGEST:
        raise ValueError(UNREADABLE)
    return email


def split_address(text: str) -> tuple[str, str]:
    """Split "Ada Lovelace <ada@company.com>", as mail programs copy it, into name and address."""
    if "<" not in text:
        return "", text
    name, address = parseaddr(text)
    return name, address or text


def guess_name(email: str) -> str:
    """Return the name an address spells ("ada.lovelace@..." is "Ada Lovelace"), or ""."""
    local = email.partition("@")[0].partition("+")[0]
    parts = [part for part in re.split(r"[._-]+", local) if part]
    if len(parts) not in {2, 3} or not _are_names(parts):
        return ""
    return " ".join(part if len(part) == 1 else part.capitalize() for part in map(_initial, parts))


def guess_company(email: str) -> str:
    """Return the domain of an address, as a company's name for now; "" at a freemail service."""
    domain = email.rpartition("@")[2]
    return "" if domain in FREEMAIL else domain


def _are_names(parts: Iterable[str]) -> bool:
    """Whether these could be somebody's names: letters only, no office, a whole last name."""
    parts = list(parts)
    return all(part.isalpha() and part not in ROLES for part in parts) and len(parts[-1]) > 1


def _initial(part: str) -> str:
    """Write a single letter as an initial."""
    return part.upper() if len(part) == 1 else part
