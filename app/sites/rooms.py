"""From stored JSON to living modules: settings and answers read, the situation they stand in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError

from modules.contract import Fields, Module, Profile, Situation
from modules.registry import all_modules


class HasSettings(Protocol):
    """A module placed in a campaign or on a site."""

    @property
    def key(self) -> str:
        """The name of the place."""

    @property
    def kind(self) -> str:
        """Which module."""

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings as stored."""


@dataclass(frozen=True, slots=True)
class Room:
    """A placed module, ready to be asked."""

    key: str
    module: Module[Any, Any]
    settings: Fields

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(getattr(self.settings, "title", "")) or self.module.title

    @property
    def is_asking(self) -> bool:
        """Whether the person can answer here."""
        return bool(self.module.answers.model_fields)

    def answers(self, stored: Mapping[str, Any] | None) -> Fields:
        """Read stored answers; what a newer module no longer understands counts as none."""
        try:
            answers: Fields = self.module.answers.model_validate(stored or {})
        except ValidationError:
            answers = self.module.answers()
        return answers

    def is_answered(self, stored: Mapping[str, Any] | None, situation: Situation) -> bool:
        """Whether the answers say anything."""
        if not (self.is_asking and stored):
            return False
        return bool(self.module.headline(self.settings, self.answers(stored), situation))


def read_room(placed: HasSettings) -> Room | None:
    """Return the module behind a place, None if it is gone or its settings cannot be read."""
    module = all_modules().get(placed.kind)
    if module is None:
        return None
    try:
        return Room(placed.key, module, module.settings.model_validate(placed.settings))
    except ValidationError:
        return None


def read_rooms(placed: Iterable[HasSettings]) -> tuple[Room, ...]:
    """Return every readable room, in order."""
    return tuple(room for one in placed if (room := read_room(one)))


def situation_in(
    rooms: Iterable[Room],
    profile: Profile,
    answers: Mapping[str, Mapping[str, Any]],
    *,
    currency: str = "EUR",
    rep_name: str = "",
) -> Situation:
    """Describe where the rooms stand.

    `answers` goes by kind; of two rooms of a kind the first one's settings count.
    """
    settings: dict[str, Mapping[str, Any]] = {}
    for room in rooms:
        if room.module.kind not in settings:
            settings[room.module.kind] = room.settings.model_dump(mode="json")
    return Situation(
        profile=profile, answers=answers, settings=settings, currency=currency, rep_name=rep_name
    )
