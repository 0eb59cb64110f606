"""How a field of a declared shape is asked for: what its annotation says about the control.

Knows pydantic and nothing of any module. A shape that cannot be drawn is a mistake of whoever
declared it and stops with a TypeError that names the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, StrEnum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")


class Control(StrEnum):
    """What a person fills in."""

    TEXT = "text"
    LONG = "long"
    COLOUR = "colour"
    WHOLE = "whole"
    NUMBER = "number"
    CHECK = "check"
    CHOICE = "choice"
    SEVERAL = "several"
    LINES = "lines"
    GROUP = "group"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as it is asked for. `shape` is set for groups and rows, `options` for choices."""

    control: Control
    label: str
    help: str = ""
    is_optional: bool = False
    shape: type[BaseModel] | None = None
    options: tuple[tuple[str, str], ...] = ()
    limits: Mapping[str, Any] | None = None

    def limit(self, name: str) -> Any:
        """Return a limit ("ge", "max_length", ...), None where there is none."""
        return (self.limits or {}).get(name)

    @property
    def inner(self) -> type[BaseModel]:
        """The shape of a group or of each row. Raises TypeError for any other control."""
        if self.shape is None:
            raise TypeError(f"{self.label} holds no further fields.")
        return self.shape


def asked_for(name: str, field: FieldInfo) -> Asked:
    """Say how this field is asked for. Raises TypeError for what cannot be drawn."""
    annotation, is_optional = _bare(field.annotation)
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    control, shape, options = _control(name, annotation, extra)
    return Asked(
        control,
        label=field.title or spelled(name),
        help=field.description or "",
        is_optional=is_optional,
        shape=shape,
        options=options,
        limits=_limits(field),
    )


def spelled(name: str) -> str:
    """Turn a name in code into words: "is_required" is "Is required"."""
    return name.replace("_", " ").replace("-", " ").strip().capitalize()


def _limits(field: FieldInfo) -> dict[str, Any]:
    """Collect the limits that pydantic keeps spread over a field's metadata."""
    found = {}
    for rule in field.metadata:
        for name in LIMITS:
            if (value := getattr(rule, name, None)) is not None:
                found[name] = value
    return found


def _bare(annotation: Any) -> tuple[Any, bool]:
    """Take `Annotated` and `| None` off; also say whether None was there."""
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, UnionType}:
        others = [one for one in get_args(annotation) if one is not type(None)]
        if len(others) == 1:
            return _bare(others[0])[0], True
    return annotation, False


Found = tuple[Control, type[BaseModel] | None, tuple[tuple[str, str], ...]]


def _control(name: str, annotation: Any, extra: Mapping[str, Any]) -> Found:
    """Choose the control for an annotation without `| None`."""
    if (options := _options(annotation, extra)) is not None:
        return Control.CHOICE, None, options
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Control.GROUP, annotation, ()
    if get_origin(annotation) in {tuple, list}:
        return _many(name, _bare(get_args(annotation)[0])[0], extra)
    plain: dict[Any, Control] = {
        bool: Control.CHECK, int: Control.WHOLE, float: Control.NUMBER, Decimal: Control.NUMBER,
        str: FORMATS.get(str(extra.get("format", "")), Control.TEXT),
    }  # fmt: skip
    if annotation not in plain:
        raise TypeError(f"The field {name} is a {annotation!r}, and no control asks for that.")
    return plain[annotation], None, ()


FORMATS = {"long": Control.LONG, "colour": Control.COLOUR}


def _many(name: str, each: Any, extra: Mapping[str, Any]) -> Found:
    """Choose the control for a list: rows of shapes, boxes to check, or one text per line."""
    if isinstance(each, type) and issubclass(each, BaseModel):
        return Control.ROWS, each, ()
    if (options := _options(each, extra)) is not None:
        return Control.SEVERAL, None, options
    if each in {str, int, float, Decimal}:
        return Control.LINES, None, ()
    raise TypeError(f"The field {name} lists {each!r}, and no control asks for that.")


def _options(annotation: Any, extra: Mapping[str, Any]) -> tuple[tuple[str, str], ...] | None:
    """Return (value, words) of a closed choice, None for anything open.

    `json_schema_extra={"labels": {value: words}}` gives better words than the value itself.
    """
    if get_origin(annotation) is Literal:
        values = [str(one) for one in get_args(annotation)]
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        values = [str(one.value) for one in annotation]
    else:
        return None
    labels = extra.get("labels") or {}
    return tuple((value, str(labels.get(value) or spelled(value))) for value in values)
