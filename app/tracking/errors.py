"""What visitors' browsers are told when something cannot be taken."""

from collections.abc import Mapping

from app.errors import DomainError

NOT_STORED_RETRY_MS = 1_000


class RefusedError(DomainError):
    """A refusal that tells the browser how to go on; `facts` travel beside the code."""

    def __init__(self, message: str, facts: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.facts = dict(facts or {})


class NoConsentError(RefusedError):
    """The browser has not said yes, or no longer does."""

    code = "no-consent"

    def __init__(self) -> None:
        super().__init__("Nothing is recorded without a yes.")


class VisitOverError(RefusedError):
    """The visit has ended. What is above `last` was not stored and belongs to a new visit."""

    code = "visit-over"

    def __init__(self, last: int) -> None:
        super().__init__("This visit is over.", {"last": last})


class GapError(RefusedError):
    """Acts are missing before these; the browser sends again from `last` + 1."""

    code = "gap"

    def __init__(self, last: int) -> None:
        super().__init__(f"Acts after {last} are missing.", {"last": last})


class NotTrackedError(RefusedError):
    """The campaign does not record this kind of act."""

    code = "not-tracked"

    def __init__(self, kind: str) -> None:
        super().__init__(f"Acts of kind {kind} are not recorded here.")


class SlowDownError(RefusedError):
    """More than this socket may send; nothing was taken, all of it may come again."""

    code = "slow-down"

    def __init__(self, retry_ms: int) -> None:
        super().__init__("Too many acts at once.", {"retry_ms": retry_ms})


class NotStoredError(RefusedError):
    """The database did not confirm it. All of it may come again: what was stored is skipped."""

    code = "not-stored"

    def __init__(self) -> None:
        super().__init__("This could not be stored just now.", {"retry_ms": NOT_STORED_RETRY_MS})
