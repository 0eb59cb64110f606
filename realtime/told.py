"""How far consoles have been told of a visit."""

from uuid import UUID

from app.console.live import rooms_of
from app.console.queries import Position


class Told:
    """What the consoles of this process know of a live visit, and who of them may.

    `last` is the last act they were told, `rooms` who hears of the visit.
    """

    __slots__ = ("is_away", "last", "name", "owner_id", "prospect_id", "rooms", "workspace_id")

    def __init__(self, position: Position) -> None:
        self.name = str(position.visit_id)
        self.workspace_id = position.workspace_id
        self.last = position.last
        self.is_away = position.is_away
        self.owner_id, self.prospect_id = position.owner_id, position.prospect_id
        self.rooms = rooms_of(self.workspace_id, self.owner_id, self.prospect_id)

    def is_of(self, owner_id: UUID | None, prospect_id: UUID | None) -> bool:
        """Whether this is still whose visit it is, and whom it is of."""
        return owner_id == self.owner_id and prospect_id == self.prospect_id

    @property
    def mark(self) -> tuple[int, bool]:
        """What changes when something is told of the visit."""
        return self.last, self.is_away
