"""One line for the rep per act. What people wrote stays text; templates escape it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.tracking.models import ActKind

MAX_TEXT = 300
CLOCK_LIMIT = timedelta(days=30)
"""A browser whose clock is further off than this is told ours."""
MEDIA = {
    "play": "Started {what}", "pause": "Paused {what} at {at}", "seek": "Went to {at} in {what}",
    "ended": "Watched {what} to the end", "position": "Is at {at} of {what}",
}  # fmt: skip


def describe(
    kind: ActKind, name: str, target: str, details: Mapping[str, Any], own: Mapping[str, str]
) -> str:
    """Say in words what happened; `own` holds the campaign's words for its own acts."""
    label = _word(details, "label") or target
    if kind is ActKind.CLICKED:
        line = _clicked(own.get(name, ""), label or name)
    elif kind is ActKind.MEDIA:
        what = f"\u201c{label}\u201d" if label else "the video"
        pattern = MEDIA.get(name.rpartition(".")[2], "Watched {what}")
        line = pattern.format(what=what, at=_clock(details.get("position_s")))
    elif kind is ActKind.SCROLLED:
        line = f"Scrolled to {_number(details.get('depth'))} %"
    else:
        line = _page_line(kind, label, details)
    return line[:MAX_TEXT]


def moment_of(at: datetime, now: datetime) -> datetime:
    """Return when an act happened by the browser's clock, or now where that cannot be true."""
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        return now
    return at if abs(at - now) < CLOCK_LIMIT else now


def _clicked(own_label: str, label: str) -> str:
    """Say what was clicked, by the campaign's own word for it where there is one."""
    if own_label and label and _adds_to(own_label, label):
        return f"{own_label}: \u201c{label}\u201d"
    return own_label or f"Clicked \u201c{label}\u201d"


def _adds_to(own_label: str, label: str) -> bool:
    """Whether a label says more than its verb: "Opened the price list" has "See the price list"."""
    words = label.casefold().split()
    added = set(words) - set(own_label.casefold().split())
    return len(added) > 1 or (len(words) == 1 and bool(added))


def _page_line(kind: ActKind, label: str, details: Mapping[str, Any]) -> str:
    """Say what happened to the page as a whole."""
    if kind is ActKind.OPENED:
        if details.get("again") is True:
            return "Opened the site again"
        size = _word(details, "viewport")
        return f"Opened the site on a {size}" if size else "Opened the site"
    if kind is ActKind.MOVED:
        return f"Looked at \u201c{label}\u201d" if label else "Moved on the page"
    return "Left the page" if kind is ActKind.LEFT else "Answered"


def _word(details: Mapping[str, Any], name: str) -> str:
    """Return a detail that is text, short enough to read, else ""."""
    value = details.get(name)
    return " ".join(value.split())[:80] if isinstance(value, str) else ""


def _number(value: object) -> int:
    """Return a number from outside as a whole one, 0 for anything else."""
    return round(value) if isinstance(value, int | float) else 0


def _clock(position_s: object) -> str:
    """Write a position in minutes and seconds."""
    minutes, seconds = divmod(_number(position_s), 60)
    return f"{minutes}:{seconds:02}"
