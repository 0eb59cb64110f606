"""Naming a browser so that people recognise it: "Chrome on Android"."""

BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def name_browser(user_agent: str) -> str:
    """Return "Firefox on Windows" for a User-Agent, as far as it tells; "" for nothing.

    Order matters above: most browsers also claim to be several others. Nothing in it could tell
    two people apart.
    """
    words = (_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))
    return " on ".join(word for word in words if word)


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    """Return the name of the first mark found, or nothing."""
    return next((name for mark, name in names if mark in user_agent), "")
