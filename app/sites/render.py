"""Modules in their places: what each shows for this person now, and how it is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from markupsafe import Markup
from pydantic import ValidationError
from quart import current_app

from app.sites.composition import Place
from app.sites.opened import OpenSite
from app.sites.rooms import Room, read_rooms
from app.sites.standing import situation_of
from modules.contract import Choice, Fields, Form, Situation

FINGERPRINT_DIGITS = 16


@dataclass(frozen=True, slots=True)
class PlacedView:
    """A module as its templates show it.

    `shows` is what the module's own template gets; `body` and `fingerprint` are set once drawn.
    """

    key: str
    kind: str
    title: str
    shows: Mapping[str, object]
    reasons: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    headline: str = ""
    is_asking: bool = False
    is_answered: bool = False
    is_fixed: bool = False
    answer_url: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    fingerprint: str = ""

    @property
    def template(self) -> str:
        """The module's own template."""
        return f"modules/{self.kind}/site.html"

    @property
    def general_problem(self) -> str:
        """What is wrong with the whole form rather than a field."""
        return self.problems.get("", "")


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that could not be kept: shown again with what was entered."""

    key: str
    form: Form
    problems: Mapping[str, str]


def place_modules(site: OpenSite, refused: Refused | None = None) -> tuple[PlacedView, ...]:
    """Return every module of the site, in order, as it is for this person now."""
    rooms = {room.key: room for room in read_rooms(site.composition.places)}
    situation = situation_of(site, rooms.values())
    return tuple(
        _view(site, place, rooms[place.key], situation, refused)
        for place in site.composition.places
        if place.key in rooms
    )


def place_module(site: OpenSite, key: str) -> PlacedView | None:
    """Return one module, None where the site has none of that name."""
    place = site.composition.place(key)
    rooms = read_rooms([place] if place else [])
    if place is None or not rooms:
        return None
    return _view(site, place, rooms[0], situation_of(site), None)


def _view(
    site: OpenSite, place: Place, room: Room, situation: Situation, refused: Refused | None
) -> PlacedView:
    """Ask a module what it shows."""
    stored = site.answers.get(place.key)
    answers = room.answers(stored)
    headline = room.module.headline(room.settings, answers, situation) if stored else ""
    view = PlacedView(
        key=place.key, kind=place.kind, title=room.title,
        shows=room.module.view(room.settings, answers, situation), reasons=place.reasons,
        choices=tuple(room.module.choices(room.settings, situation)), headline=headline,
        is_asking=room.is_asking, is_answered=bool(headline) and room.is_asking,
        is_fixed=room.module.is_fixed,
        answer_url=f"/s/{site.site_id}/modules/{place.key}" if site.site_id else "",
    )  # fmt: skip
    if refused is None or refused.key != place.key:
        return view
    return _as_entered(view, room, situation, stored or {}, refused)


def _as_entered(
    view: PlacedView, room: Room, situation: Situation, stored: Mapping[str, Any], refused: Refused
) -> PlacedView:
    """Show a refused form with everything that was typed and ticked."""
    answers = _ticked(room, stored, refused.form)
    return replace(
        view,
        shows=room.module.view(room.settings, answers, situation),
        problems=refused.problems,
        entered={name: values[-1] for name, values in refused.form.items() if values},
    )


def _ticked(room: Room, stored: Mapping[str, Any], form: Form) -> Fields:
    """Return the stored answers with the lists as ticked in the form, where they can be read."""
    empty = room.module.answers().model_dump(mode="json")
    lists = {name: list(form.get(name, ())) for name, value in empty.items() if value == []}
    try:
        answers: Fields = room.module.answers.model_validate({**stored, **lists})
    except ValidationError:
        return room.answers(stored)
    return answers


async def draw(views: Sequence[PlacedView]) -> tuple[PlacedView, ...]:
    """Draw the modules' own templates.

    Straight through the environment: what pages know (who is signed in, tracking) is not theirs.
    """
    drawn = []
    for view in views:
        template = current_app.jinja_env.get_template(view.template)
        body = Markup(await template.render_async(place=view, **view.shows))  # noqa: S704  a template escaped it
        drawn.append(replace(view, body=body, fingerprint=_fingerprint(view, body)))
    return tuple(drawn)


def _fingerprint(view: PlacedView, body: Markup) -> str:
    """Return what changes when the module shows anything else."""
    seen = "\n".join([body, *(f"{choice.what} {choice.because}" for choice in view.choices)])
    return sha256(seen.encode()).hexdigest()[:FINGERPRINT_DIGITS]
