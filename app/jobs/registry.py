"""Which function does which kind of job. Slices register theirs in their `jobs.py`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

Handler = Callable[[Mapping[str, object], datetime], Awaitable[None]]
"""Does one job: payload and the present moment in. Opens its own transactions; may be repeated
after a crash, so it must come to the same result when done twice. Raises to be tried again, and
RetryLaterError to be tried at a given time."""

_handlers: dict[str, Handler] = {}


class RetryLaterError(Exception):
    """Not now: try again at `at`, and do not count this as a failure."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"again at {at.isoformat()}")
        self.at = at


def does(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for jobs of this kind; two for one kind is a mistake."""

    def register(handler: Handler) -> Handler:
        if kind in _handlers:
            raise ValueError(f"Two handlers for jobs of kind {kind}.")
        _handlers[kind] = handler
        return handler

    return register


class UnknownKindError(KeyError):
    """A job that no slice of this version does."""

    def __str__(self) -> str:
        return f"nobody does jobs of kind {self.args[0]}"


def handler_for(kind: str) -> Handler:
    """Return the function for this kind of job. Raises UnknownKindError."""
    if kind not in _handlers:
        raise UnknownKindError(kind)
    return _handlers[kind]


def registered() -> frozenset[str]:
    """Return every kind of job somebody does."""
    return frozenset(_handlers)
