"""From a declared shape to a form and back: read what was posted, check it, keep what was typed.

Between the form and the shape stands the draft: plain JSON in the shape's own structure, in which
anything may still be wrong. It is what gets drawn again, so nothing typed is ever lost.
Names are paths: `settings.options.0.label`. A list of rows also posts `settings.options[]` once
per row, and the order of these values is the order of the rows.
"""

import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import to_jsonable_python

from app.campaigns.fields import Asked, Control, asked_for
from app.campaigns.wording import problem_text
from app.errors import InvalidError
from modules.contract import Form
from modules.figures import read_number

MOST_ROWS = 100
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
Draft = dict[str, Any]
M = TypeVar("M", bound=BaseModel)


def draft_of(shape: BaseModel) -> Draft:
    """Return the draft that says what this valid shape says."""
    draft: Draft = shape.model_dump(mode="json")
    return draft


def blank(shape: type[BaseModel]) -> Draft:
    """Return the draft of a new row: the defaults, and empty where a person has to decide."""
    draft: Draft = {}
    for name, field in shape.model_fields.items():
        asked = asked_for(name, field)
        if not field.is_required() and not is_made(name, asked):
            draft[name] = to_jsonable_python(field.get_default(call_default_factory=True))
        elif asked.control is Control.GROUP:
            draft[name] = blank(asked.inner)
    return draft


def read(shape: type[BaseModel], form: Form, prefix: str = "") -> Draft:
    """Read a posted form into a draft; whatever was posted, this does not fail."""
    return {
        name: _read_field(asked_for(name, field), form, f"{prefix}{name}")
        for name, field in shape.model_fields.items()
    }


def check(shape: type[M], draft: Draft) -> M:
    """Turn a draft into the shape. Raises InvalidError with every problem, by control name."""
    try:
        return shape.model_validate(draft)
    except ValidationError as refusal:
        problems: dict[str, str] = {}
        for error in refusal.errors(include_url=False):
            name = control_name(shape, error["loc"])
            problems.setdefault(name, problem_text(error))
        raise InvalidError(problems) from None


def control_name(shape: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Return the name of the control, group or list at which a validation error belongs."""
    name: list[str] = []
    inside: type[BaseModel] | None = shape
    steps = iter(loc)
    for step in steps:
        field = inside.model_fields.get(str(step)) if inside else None
        if field is None:
            break
        name.append(str(step))
        asked = asked_for(str(step), field)
        inside = asked.shape
        if asked.control is Control.ROWS:
            row = next(steps, None)
            if not isinstance(row, int):
                break
            name.append(str(row))
    return ".".join(name)


def is_made(name: str, asked: Asked) -> bool:
    """Whether this field of a row is a key, made from the row's label when left empty."""
    return (
        name in {"key", "name"}
        and asked.control is Control.TEXT
        and asked.limit("pattern") is not None
    )


def _read_field(asked: Asked, form: Form, name: str) -> Any:
    """Read one control, group or list."""
    if asked.control is Control.GROUP:
        return read(asked.inner, form, f"{name}.")
    if asked.control is Control.ROWS:
        rows = [read(asked.inner, form, f"{name}.{row}.") for row in _rows(form, name)]
        return _named(asked.inner, rows)
    return _read_control(asked, [clean(text) for text in form.get(name, ())])


def _read_control(asked: Asked, texts: list[str]) -> Any:
    """Read what was sent for one control; long texts keep their blank lines."""
    text = texts[0] if texts else ""
    plain = text.strip()
    if asked.control is Control.CHECK:
        return bool(plain)
    if asked.control is Control.SEVERAL:
        return texts
    if asked.control is Control.LINES:
        return [line for line in (one.strip() for one in text.split("\n")) if line]
    if asked.is_optional and not plain:
        return None
    if asked.control in {Control.WHOLE, Control.NUMBER}:
        return _read_number(plain)
    return text if asked.control is Control.LONG and plain else plain


def clean(text: str) -> str:
    """Take away what nobody can see, and the differences between line ends."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _rows(form: Form, name: str) -> list[str]:
    """Return the numbers of a list's rows in the order posted, each once."""
    numbers = [one for one in form.get(f"{name}[]", ()) if re.fullmatch(r"[0-9]{1,4}", one)]
    return list(dict.fromkeys(numbers))[:MOST_ROWS]


def _read_number(text: str) -> str:
    """Return digits that pydantic reads; what is no number stays as typed and fails there."""
    try:
        number = read_number(text)
    except ValueError:
        return text
    return "" if number is None else f"{number:f}"


def _named(shape: type[BaseModel], rows: list[Draft]) -> list[Draft]:
    """Give rows whose key was left empty one made from their label."""
    for name, field in shape.model_fields.items():
        asked = asked_for(name, field)
        if not is_made(name, asked):
            continue
        taken = {str(row[name]) for row in rows if row[name]}
        for row in (one for one in rows if not one[name]):
            words = next((str(row[one]) for one in ("label", "title") if row.get(one)), "")
            row[name] = made_key(words, taken, asked.limit("pattern")) if words else ""
            taken.add(row[name])
    return rows


def made_key(words: str, taken: set[str], pattern: str = "", *, fallback: str = "entry") -> str:
    """Make a key out of words, unlike all in `taken`: "Late fees" becomes "late-fees"."""
    plain = re.sub(r"[^a-z0-9]+", "-", words.casefold()).strip("-")[:34].strip("-")
    key = plain if plain[:1].isalpha() else f"{fallback}-{plain}".strip("-")
    if pattern and not re.fullmatch(pattern.strip("^$"), key):
        key = key.replace("-", "_")
    joint = "_" if "_" in key else "-"
    tries = (f"{key}{joint}{number}" for number in range(2, MOST_ROWS * 10))
    return key if key not in taken else next(one for one in tries if one not in taken)
