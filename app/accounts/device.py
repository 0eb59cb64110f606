"""What a request tells about the browser it came from."""

from quart import request

from app.accounts.addresses import network_of
from app.accounts.browsers import name_browser
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.sign_in import Device


def this_device() -> Device:
    """Return the browser in front of us."""
    return Device(
        network=network_of(request.remote_addr),
        browser=name_browser(request.headers.get("User-Agent", "")) or "Unknown browser",
        old_token=request.cookies.get(SESSION_COOKIE, ""),
    )


def is_only_peeking() -> bool:
    """Whether nobody reads the answer yet: HEAD, or a browser that loads ahead."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    return request.method == "HEAD" or any("prefetch" in purpose.lower() for purpose in purposes)
