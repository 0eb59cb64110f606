"""What can go wrong with personal sites."""

from app.errors import NotFoundError


class NoWayInError(NotFoundError):
    """A personal link or site this browser cannot open; why, it is not told."""

    def __init__(self) -> None:
        super().__init__("This link does not open a page.")
