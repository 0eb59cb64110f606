"""What a room may know of the rooms before it: their stored JSON, read leniently.

Rooms do not import each other. A room that was never opened, was taken off the site or stores
something odd reads as "nothing said yet", never as an error.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import ValidationError

from modules.contract import Profile, Situation
from modules.options import Option
from modules.wording import spelled


@dataclass(frozen=True, slots=True)
class Hint:
    """A gentle pointer to an earlier room."""

    text: str
    link: str
    link_label: str
    target: str


def is_on_site(situation: Situation, kind: str) -> bool:
    """Whether the site has such a room; without any settings at hand it is taken to have it."""
    return kind in situation.settings or not situation.settings


def hint_to(situation: Situation, kind: str, text: str, link_label: str) -> Hint | None:
    """Point to an earlier room, if the site has it."""
    if not is_on_site(situation, kind):
        return None
    return Hint(text, f"#module-{kind}", link_label, kind)


def keys(situation: Situation, kind: str, field: str = "chosen") -> tuple[str, ...]:
    """Return the option keys a person chose in another room."""
    stored = _answer(situation, kind, field)
    if isinstance(stored, str) or not isinstance(stored, Sequence):
        return ()
    return tuple(key for key in stored if isinstance(key, str))


def words(situation: Situation, kind: str, field: str = "own") -> str:
    """Return what a person wrote in another room."""
    stored = _answer(situation, kind, field)
    return stored.strip() if isinstance(stored, str) else ""


def numbers(situation: Situation, kind: str, field: str) -> dict[str, Decimal]:
    """Return the numbers a person gave in another room; what is no number is left out."""
    stored = _answer(situation, kind, field)
    if not isinstance(stored, Mapping):
        return {}
    read = {str(key): decimal(value) for key, value in stored.items()}
    return {key: value for key, value in read.items() if value is not None and value >= 0}


def entries(situation: Situation, kind: str, field: str = "options") -> dict[str, Option]:
    """Return the options another room offers, by key; those that cannot be read are left out."""
    return {option.key: option for option in _options(raw_entries(situation, kind, field))}


def raw_entries(
    situation: Situation, kind: str, field: str = "options"
) -> Iterator[Mapping[str, object]]:
    """Go through another room's list of fields as stored."""
    settings = situation.settings.get(kind)
    stored = settings.get(field) if isinstance(settings, Mapping) else None
    if isinstance(stored, Sequence) and not isinstance(stored, str):
        yield from (entry for entry in stored if isinstance(entry, Mapping))


def label(options: Mapping[str, Option], key: str, profile: Profile) -> str:
    """Word another room's option as the person saw it there."""
    return options[key].label_for(profile) if key in options else spelled(key)


def decimal(value: object) -> Decimal | None:
    """Read a stored number; None for what is no finite number."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _answer(situation: Situation, kind: str, field: str) -> object:
    """Return one stored answer of another room, None if there is none."""
    answers = situation.answers.get(kind)
    return answers.get(field) if isinstance(answers, Mapping) else None


def _options(raw: Iterator[Mapping[str, object]]) -> Iterator[Option]:
    """Read only what every option has."""
    for entry in raw:
        known = {name: entry[name] for name in ("key", "label", "variants") if name in entry}
        try:
            yield Option.model_validate(known)
        except ValidationError:
            key, plain = entry.get("key"), entry.get("label")
            if isinstance(key, str) and isinstance(plain, str):
                yield Option.model_construct(key=key, label=plain)
