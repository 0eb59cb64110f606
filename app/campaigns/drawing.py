"""A draft as it stands on the page: ready values for the templates, nothing left to work out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from app.campaigns.fields import Asked, Control, asked_for, spelled
from app.campaigns.forms import Draft, clean

Problems = Mapping[str, str]
BRIEF_PARTS, BRIEF_LENGTH = 3, 70
NAMING_FIELDS = ("label", "title", "name", "person", "quote", "question", "text")


@dataclass(frozen=True, slots=True)
class Input:
    """One control. `attributes` are the limits a browser can check by itself."""

    kind: str
    name: str
    label: str
    help: str
    problem: str
    text: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The id in the page, stable as long as the row keeps its place."""
        return "field-" + self.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together. `brief` says in a few words what they hold."""

    name: str
    label: str
    help: str
    problem: str
    parts: "tuple[Part, ...]"
    is_open: bool
    brief: str
    kind: str = "group"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list whose rows can be added, moved and removed. `focus` is the row just touched."""

    name: str
    label: str
    help: str
    problem: str
    rows: tuple[Group, ...]
    is_full: bool
    focus: int | None
    kind: str = "rows"


Part = Input | Group | Rows


def draw(
    shape: type[BaseModel], draft: Draft, problems: Problems, *, focus: str = ""
) -> tuple[Part, ...]:
    """Return what a form for this shape shows. `focus` is the path of the row just touched."""
    return _Drawing(problems, focus).parts(shape, draft, "")


@dataclass(frozen=True, slots=True)
class _Drawing:
    """One form being drawn."""

    problems: Problems
    focus: str

    def parts(self, shape: type[BaseModel], draft: Draft, prefix: str) -> tuple[Part, ...]:
        """Draw every field of a shape, in the order declared."""
        return tuple(
            self._part(asked_for(name, one), f"{prefix}{name}", draft.get(name))
            for name, one in shape.model_fields.items()
        )

    def _part(self, asked: Asked, name: str, value: Any) -> Part:
        if asked.control is Control.GROUP:
            return self._group(asked.inner, asked.label, name, value, help_text=asked.help)
        if asked.control is Control.ROWS:
            return self._rows(asked, name, value)
        return Input(
            kind=asked.control.value,
            name=name,
            label=asked.label,
            help=asked.help,
            problem=self.problems.get(name, ""),
            text=text_of(value),
            chosen=tuple(map(str, value)) if isinstance(value, list) else (),
            options=_with_none(asked),
            attributes=_attributes(asked),
        )

    def _group(
        self, shape: type[BaseModel], label: str, name: str, value: Any, *, help_text: str = ""
    ) -> Group:
        parts = self.parts(shape, value if isinstance(value, dict) else {}, f"{name}.")
        return Group(
            name=name,
            label=label,
            help=help_text,
            problem=self.problems.get(name, ""),
            parts=parts,
            is_open=self._is_touched(name),
            brief=brief_of(parts),
        )

    def _rows(self, asked: Asked, name: str, value: Any) -> Rows:
        drafts = value if isinstance(value, list) else []
        rows = (
            self._group(asked.inner, _row_label(one, number), f"{name}.{number}", one)
            for number, one in enumerate(drafts)
        )
        before, _, last = self.focus.rpartition(".")
        return Rows(
            name=name,
            label=asked.label,
            help=asked.help,
            problem=self.problems.get(name, ""),
            rows=tuple(rows),
            is_full=len(drafts) >= (asked.limit("max_length") or len(drafts) + 1),
            focus=int(last) if before == name and last.isdecimal() else None,
        )

    def _is_touched(self, name: str) -> bool:
        """Whether a problem or the row just touched is in here, so that it must be seen."""
        inside = (*self.problems, *([self.focus] if self.focus else []))
        return any(one == name or one.startswith(f"{name}.") for one in inside)


def text_of(value: Any) -> str:
    """Write a draft's value into its control; lists stand one per line, a checked box is "on"."""
    if isinstance(value, bool):
        return "on" if value else ""
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else clean(str(value))


def brief_of(parts: tuple[Part, ...]) -> str:
    """Say in a few words what a folded group holds: the first things filled in."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Input) and part.kind != Control.CHECK and part.text:
            chosen = dict(part.options).get(part.text, part.text)
            texts.append(chosen.replace("\n", ", "))
    brief = " · ".join(texts[:BRIEF_PARTS])
    return brief if len(brief) <= BRIEF_LENGTH else f"{brief[: BRIEF_LENGTH - 1].rstrip()}…"


def _row_label(draft: Any, number: int) -> str:
    """Call a row by its own words, else by its key, else by its number."""
    row = draft if isinstance(draft, dict) else {}
    words = next((str(row[one]) for one in NAMING_FIELDS if row.get(one)), "")
    return (words or spelled(str(row.get("key") or "")))[:80] or f"Entry {number + 1}"


def _with_none(asked: Asked) -> tuple[tuple[str, str], ...]:
    """Return the options, with an empty one first where nothing may be chosen."""
    is_open = asked.is_optional and asked.control is Control.CHOICE
    return (("", "Not said"), *asked.options) if is_open else asked.options


def _attributes(asked: Asked) -> dict[str, str]:
    """Return what the browser can tell at once: how long a text may be."""
    length = asked.limit("max_length")
    is_text = asked.control in {Control.TEXT, Control.LONG}
    return {"maxlength": str(length)} if is_text and length else {}
