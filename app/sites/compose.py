"""Composes a personal site out of campaign, profile and history.

Pure: same input, same site, whatever the day; and a reason a person can read for every choice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.campaigns.plan import Plan
from app.campaigns.shapes import PlacedModule
from app.sites.composition import Composition, History, LeftOut, Opening, Place
from app.sites.opening import open_with
from app.sites.rooms import Room, read_room, situation_in
from modules.contract import Profile, Situation
from modules.wording import listed

__all__ = ["Composition", "History", "LeftOut", "Opening", "Place", "compose"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A module that fits the person, before it has its place."""

    planned: PlacedModule
    room: Room
    interest: int
    is_answered: bool


def compose(plan: Plan, profile: Profile, history: History) -> Composition:
    """Choose the modules for this person, put them in order, and word the opening."""
    shown, left_out = _choose(plan.modules, profile)
    rooms = [room for _, room in shown]
    situation = situation_in(rooms, profile, history.answers, currency=plan.currency)
    candidates = [_weigh(planned, room, history, situation) for planned, room in shown]
    ordered = _arrange(candidates)
    planned_at = {one.planned.key: number for number, one in enumerate(candidates)}
    places = [
        _place(one, number - planned_at[one.planned.key], profile)
        for number, one in enumerate(ordered)
    ]
    return Composition(
        opening=open_with(profile, history, rooms, situation),
        places=tuple(places),
        left_out=tuple(left_out),
    )


def _choose(
    modules: Sequence[PlacedModule], profile: Profile
) -> tuple[list[tuple[PlacedModule, Room]], list[LeftOut]]:
    """Split the campaign's modules into those for this person and those left out."""
    shown: dict[str, tuple[PlacedModule, Room]] = {}
    left_out = []
    for planned in modules:
        room = read_room(planned)
        reason = _why_not(planned, room, profile, shown)
        if room is None or reason:
            title = room.title if room else planned.kind
            left_out.append(LeftOut(key=planned.key, kind=planned.kind, title=title, reason=reason))
        else:
            shown[planned.key] = (planned, room)
    return list(shown.values()), left_out


def _why_not(
    planned: PlacedModule, room: Room | None, profile: Profile, taken: Mapping[str, Any]
) -> str:
    """Say why a module is left out, "" if it is not."""
    if room is None:
        return "Left out because its settings cannot be read; please open the campaign editor."
    if planned.key in taken:
        return f"Left out because another module is already called {planned.key}."
    if not planned.audience.matches(profile):
        return f"Left out because it is meant for {_meant_for(planned)}."
    return ""


def _meant_for(planned: PlacedModule) -> str:
    """Describe an audience to those who do not belong to it."""
    audience = planned.audience
    wanted = []
    if audience.industries:
        wanted.append(f"people in {listed(audience.industries)}")
    if audience.titles:
        wanted.append(f"titles such as {listed(audience.titles)}")
    if audience.min_employees is not None:
        wanted.append(f"companies from {audience.min_employees} people")
    if audience.max_employees is not None:
        wanted.append(f"companies up to {audience.max_employees} people")
    return listed(wanted) or "others"


def _weigh(planned: PlacedModule, room: Room, history: History, situation: Situation) -> Candidate:
    """Find out whether a module was answered and how much it interested."""
    stored = history.answers.get(room.module.kind)
    interest = max(0, history.interests.get(planned.key, 0))
    return Candidate(planned, room, interest, room.is_answered(stored, situation))


def _arrange(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Put what is open before what is answered, and what interested most first among equals.

    Fixed modules keep the place the campaign gave them; everything else keeps its order.
    """
    movable = iter(
        sorted(
            (one for one in candidates if not one.room.module.is_fixed),
            key=lambda one: (one.is_answered, -one.interest),
        )
    )
    return [one if one.room.module.is_fixed else next(movable) for one in candidates]


def _place(one: Candidate, moved: int, profile: Profile) -> Place:
    """Give a module its place, with the reasons; `moved` counts places down."""
    reasons = (_why_shown(one.planned, profile), *_why_here(one, moved))
    return Place(
        key=one.planned.key, kind=one.planned.kind, title=one.room.title,
        settings=one.planned.settings, reasons=reasons, is_fixed=one.room.module.is_fixed,
        is_asking=one.room.is_asking, is_answered=one.is_answered,
    )  # fmt: skip


def _why_shown(planned: PlacedModule, profile: Profile) -> str:
    """Say why a module is on the site."""
    if planned.audience.is_everybody:
        return "Part of every page of this offer."
    return f"Shown because {planned.audience.because(profile)}."


def _why_here(one: Candidate, moved: int) -> list[str]:
    """Say why a module stands where it stands, if it is not where the campaign put it."""
    if one.is_answered:
        return [
            "Further down because you have answered it."
            if moved > 0
            else "You have answered it; you can change your answers at any time."
        ]
    if moved < 0 and one.interest:
        return ["Further up because you looked at it closely."]
    if moved < 0:
        return ["Further up because it is still open."] if one.room.is_asking else []
    return []
