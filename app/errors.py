"""What can go wrong, in words that are true for HTTP, sockets and jobs alike."""

from collections.abc import Mapping


class DomainError(Exception):
    """A refusal the person on the other side can act on.

    `code` is stable and machine-readable; `str(error)` is for people.
    """

    code = "refused"


class NotFoundError(DomainError):
    """The thing does not exist, or the asker may not know that it does."""

    code = "not_found"

    def __init__(self, message: str = "There is nothing here.") -> None:
        super().__init__(message)


class ConflictError(DomainError):
    """The thing is in a state that does not allow this."""

    code = "conflict"


class ForbiddenError(DomainError):
    """The asker is known and may not do this."""

    code = "forbidden"


class TooManyError(DomainError):
    """The asker does this too often. `retry_after_s` says when to come back."""

    code = "too_many"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class InvalidError(DomainError):
    """Input that cannot be accepted. `problems` maps a field's name to what is wrong with it."""

    code = "invalid"

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)
