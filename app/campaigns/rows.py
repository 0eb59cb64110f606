"""Adding, removing and moving the rows of a draft: what the form's small buttons do.

A button posts the whole form with `do` = "add:points", "up:points.2", "down:points.2" or
"remove:points.2". The draft changes and is drawn again; nothing is saved by it.
"""

from typing import Any

from pydantic import BaseModel

from app.campaigns.fields import Control, asked_for
from app.campaigns.forms import MOST_ROWS, Draft, blank

Place = tuple[list[Any], type[BaseModel]]


def rearrange(shape: type[BaseModel], draft: Draft, do: str) -> str:
    """Do what a button says, in place, and return the path of the row touched.

    Words that mean nothing, or a row that is not there, change nothing and return "".
    """
    verb, _, path = do.partition(":")
    if verb == "add":
        return _add(_find(shape, draft, path), path)
    name, _, last = path.rpartition(".")
    found = _find(shape, draft, name)
    number = _there(last, found[0]) if found else None
    return "" if found is None or number is None else _touch(found[0], verb, number, name)


def _add(found: Place | None, path: str) -> str:
    """Append an empty row."""
    if found is None or len(found[0]) >= MOST_ROWS:
        return ""
    rows, shape = found
    rows.append(blank(shape))
    return f"{path}.{len(rows) - 1}"


def _touch(rows: list[Any], verb: str, number: int, name: str) -> str:
    """Move or remove one row; at either end moving stays where it is."""
    if verb == "remove":
        rows.pop(number)
        return f"{name}.{min(number, len(rows) - 1)}" if rows else ""
    target = {"up": number - 1, "down": number + 1}.get(verb, number)
    target = max(0, min(target, len(rows) - 1))
    rows.insert(target, rows.pop(number))
    return f"{name}.{target}"


def _find(shape: type[BaseModel], draft: Draft, path: str) -> Place | None:
    """Walk to the list of rows that a path names; None if there is none."""
    steps = path.split(".")
    while steps:
        name = steps.pop(0)
        field = shape.model_fields.get(name)
        if field is None:
            return None
        asked = asked_for(name, field)
        value = draft.get(name)
        if asked.shape is None or not isinstance(value, dict | list):
            return None
        shape = asked.shape
        if asked.control is Control.GROUP and isinstance(value, dict):
            draft = value
            continue
        if not isinstance(value, list) or not steps:
            return (value, shape) if isinstance(value, list) else None
        number = _there(steps.pop(0), value)
        if number is None:
            return None
        draft = value[number]
    return None


def _there(text: str, rows: list[Any]) -> int | None:
    """Return the number of a row that is there, None for anything else, however long."""
    return int(text) if text in {str(number) for number in range(len(rows))} else None
