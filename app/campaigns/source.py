"""By which avenue somebody came: worked out from the address they opened and where it stood."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from app.campaigns.shapes import Source

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id")
LONGEST_UTM, LONGEST_REFERRER = 100, 300

MEDIA = {
    "mail": ("email", "e-mail", "mail", "newsletter", "letter"),
    "search": ("cpc", "ppc", "sem", "search", "organic", "paid", "paidsearch", "paid-search"),
    "chat": ("chat", "push", "sms", "im", "messenger", "whatsapp", "telegram", "slack", "teams"),
    "social": ("social", "social-media", "paid-social", "paidsocial", "social-paid", "post"),
    "referral": ("referral", "affiliate", "partner", "qr", "print", "event"),
}
"""utm_medium (or utm_source) words for each avenue."""

HOSTS = {
    "mail": (
        "mail.google.com", "com.google.android.gm", "outlook.live.com", "outlook.office.com",
        "outlook.office365.com", "mail.yahoo.com", "mail.proton.me", "app.fastmail.com",
        "web.de", "gmx.net", "gmx.de", "mail.zoho.com", "icloud.com",
    ),
    "chat": (
        "whatsapp.com", "wa.me", "t.me", "telegram.org", "slack.com", "teams.microsoft.com",
        "teams.live.com", "discord.com", "messenger.com", "chat.google.com", "signal.me",
    ),
    "search": (
        "bing.com", "duckduckgo.com", "ecosia.org", "yahoo.com", "baidu.com", "yandex.ru",
        "yandex.com", "startpage.com", "qwant.com", "search.brave.com", "kagi.com", "naver.com",
        "com.google.android.googlequicksearchbox", "chatgpt.com", "perplexity.ai",
        "gemini.google.com", "copilot.microsoft.com",
    ),
    "social": (
        "linkedin.com", "lnkd.in", "facebook.com", "fb.com", "instagram.com", "t.co", "x.com",
        "twitter.com", "youtube.com", "youtu.be", "reddit.com", "xing.com", "tiktok.com",
        "pinterest.com", "mastodon.social", "bsky.app", "threads.net", "news.ycombinator.com",
    ),
}  # fmt: skip
"""Hosts whose links belong to an avenue, with everything below them. Mail goes before search:
mail.yahoo.com is not a search."""

GOOGLE = re.compile(r"(?:(?:www|m|cse)\.)?google\.(?:com?\.)?[a-z]{2,3}")
"""Google has a host in every country."""

CLICK_IDS = {
    "gclid": "search", "msclkid": "search", "fbclid": "social", "li_fat_id": "social",
    "ttclid": "social", "mc_eid": "mail",
}  # fmt: skip
"""What advertisers and senders add to the address by themselves."""


def source_of(query: Mapping[str, str], referrer: str, *, own_host: str = "") -> Source:
    """Return where somebody came from. `own_host` as a referrer counts as none."""
    utm = {
        name.removeprefix("utm_"): _plain(query[name], LONGEST_UTM)
        for name in UTM
        if query.get(name, "").strip()
    }
    origin, path = _split(referrer)
    if origin == own_host.casefold().partition(":")[0]:
        origin = path = ""
    return Source(
        avenue=_avenue(utm, query, origin),
        referrer=_plain(origin + path, LONGEST_REFERRER),
        utm=utm,
    )


def _avenue(utm: Mapping[str, str], query: Mapping[str, str], host: str) -> str:
    """Choose the avenue: what the sender says goes before what the browser says."""
    for word in (utm.get("medium", ""), utm.get("source", "")):
        if said := _by_word(word):
            return said
    by_click = (avenue for name, avenue in CLICK_IDS.items() if query.get(name))
    by_host = _by_host(host) or (_by_host(utm.get("source", "").casefold()) if utm else "")
    return next(by_click, "") or by_host or ("referral" if host or utm else "direct")


def _by_word(word: str) -> str:
    """Return the avenue that a utm word names, "" for none."""
    plain = word.strip().casefold().replace("_", "-")
    for avenue, words in MEDIA.items():
        if plain in words:
            return avenue
    names = {host.split(".")[-2] if "." in host else host for host in HOSTS["social"]}
    if plain in names:
        return "social"
    return "search" if plain in {"google", "bing", "duckduckgo", "ecosia", "yahoo"} else ""


def _by_host(host: str) -> str:
    """Return the avenue of a host, "" for an unknown one."""
    for avenue, hosts in HOSTS.items():
        if any(host == one or host.endswith(f".{one}") for one in hosts):
            return avenue
    return "search" if GOOGLE.fullmatch(host) else ""


def _split(referrer: str) -> tuple[str, str]:
    """Return host and path of an address; its query may hold what is nobody's business."""
    try:
        parts = urlsplit(referrer.strip()[: LONGEST_REFERRER * 4])
        host = (parts.hostname or "").casefold()
    except ValueError:
        return "", ""
    if parts.scheme not in {"http", "https", "android-app"} or not host:
        return "", ""
    return host, parts.path if parts.path != "/" else ""


def _plain(text: str, limit: int) -> str:
    """Bound a text and drop what cannot be shown."""
    return "".join(sign for sign in text.strip() if sign.isprintable())[:limit]
