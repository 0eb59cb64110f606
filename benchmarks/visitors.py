"""A browser for the benchmarks that opens links and reads pages, from outside."""

from dataclasses import dataclass

import httpx


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page as one browser got it; `size` counts bytes on the wire."""

    url: str
    cookie: str
    size: int


def open_page(url: str) -> OpenPage:
    """Open an address or a personal link in a new browser and follow where it leads."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        page = browser.get(url)
    page.raise_for_status()
    sent = page.request.headers.get("Cookie", "")
    return OpenPage(str(page.url), sent, page.num_bytes_downloaded)
