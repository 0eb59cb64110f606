"""The shapes of a composition: what stands on a personal site, in which order, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.campaigns.shapes import Shape


@dataclass(frozen=True, slots=True)
class History:
    """What is known of earlier visits.

    `answers` maps a module's kind to its stored answers, `interests` a module's key to how often
    the person acted on it, `visits` counts the visits so far.
    """

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    interests: Mapping[str, int] = field(default_factory=dict)
    visits: int = 0

    @property
    def is_first(self) -> bool:
        """Whether the person has not been on the site yet."""
        return self.visits <= 0 and not any(self.answers.values())


class Place(Shape):
    """A module on the site, with its settings as they were when the site was composed.

    `is_asking` is true where the person can answer, `is_answered` where they did.
    """

    key: str
    kind: str
    title: str
    settings: dict[str, Any]
    reasons: tuple[str, ...]
    is_fixed: bool = False
    is_asking: bool = False
    is_answered: bool = False

    @property
    def is_open(self) -> bool:
        """Whether an answer is still missing."""
        return self.is_asking and not self.is_answered


class LeftOut(Shape):
    """A module of the campaign that is not on this site, and why."""

    key: str
    kind: str
    title: str
    reason: str


class Opening(Shape):
    """How the page greets, what it says first, and why it says so.

    `remembered` names what the person chose before, goals and problems first.
    """

    greeting: str
    lead: str
    reason: str
    remembered: tuple[str, ...] = ()
    is_return: bool = False


class Composition(Shape):
    """A whole personal site. Stored as JSON with its version and never changed afterwards."""

    opening: Opening
    places: tuple[Place, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def place(self, key: str) -> Place | None:
        """Return the module under this key, None where the site has none."""
        return next((place for place in self.places if place.key == key), None)
