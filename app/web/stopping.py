"""Whether this process has been asked to stop: known before it lets go of anything."""

from collections.abc import Callable

_is_asked = False
_wanting: list[Callable[[], object]] = []


def is_asked() -> bool:
    """Whether this process has been asked to stop."""
    return _is_asked


def ask() -> None:
    """Note that this process is to stop, and tell those who begin to leave now; once."""
    global _is_asked  # noqa: PLW0603  a process stops as a whole
    if not _is_asked:
        _is_asked = True
        for tell in _wanting:
            tell()


def when_asked(tell: Callable[[], object]) -> None:
    """Call `tell` in the event loop when this process is asked to stop."""
    _wanting.append(tell)
