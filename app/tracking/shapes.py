"""What a browser may send about a visit, however it arrives: by socket or by post."""

import json
from math import isfinite
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from app.tracking.models import ActKind

MAX_ACTS = 100
MAX_TOKEN = 16_000
MAX_DETAILS_BYTES = 4096
SURELY_SMALL = 400
"""Characters that cannot come to MAX_DETAILS_BYTES, however they are written."""
MAX_DEPTH = 5
NAME = r"^([a-z][a-z0-9._:-]{0,59})?$"
NO_NUL = r"^[^\x00]*$"
"""PostgreSQL stores every character but this one."""
KEY = r"^[A-Za-z0-9_-]{0,60}$"


class Sent(BaseModel):
    """Base: a field nobody declared is a mistake, not a bonus."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _is_plain(value: object, depth: int = MAX_DEPTH) -> bool:
    """Whether a value is JSON that every database can keep: shallow, finite, without NUL."""
    if isinstance(value, str):
        return "\x00" not in value
    if isinstance(value, float):
        return isfinite(value)
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(each, depth - 1) for each in value)
    if isinstance(value, dict):
        pairs = (part for pair in value.items() for part in pair)
        return depth > 0 and all(_is_plain(part, depth - 1) for part in pairs)
    return value is None or isinstance(value, bool | int)


def _is_small(details: dict[str, Any]) -> bool:
    """Whether details are what they nearly always are: a few short words."""
    for name, value in details.items():
        if type(value) is not str or not (value.isascii() and name.isascii()):
            return False
        if "\x00" in value or "\x00" in name:
            return False
    return sum(map(len, details)) + sum(map(len, details.values())) <= SURELY_SMALL - len(details)


def _check_details(details: dict[str, Any]) -> dict[str, Any]:
    """Refuse details that are deep, large, or not storable."""
    if _is_small(details):
        return details
    if not _is_plain(details):
        raise ValueError("details are not plain")
    if len(json.dumps(details, ensure_ascii=False).encode()) > MAX_DETAILS_BYTES:
        raise ValueError("details are too large")
    return details


class SentAct(Sent):
    """One act as the browser numbered it. `at` is the browser's clock."""

    seq: int = Field(ge=1, le=2_000_000_000, strict=True)
    kind: ActKind
    name: str = Field("", pattern=NAME)
    module: str = Field("", pattern=KEY)
    target: str = Field("", max_length=200, pattern=NO_NUL)
    details: Annotated[dict[str, Any], AfterValidator(_check_details)] = Field(default_factory=dict)
    at: AwareDatetime

    @model_validator(mode="after")
    def _answers_are_fields(self) -> Self:
        """Refuse an answer without a form."""
        if self.kind is ActKind.ANSWERED:
            SentForm.model_validate(self.details)
        return self

    def form(self) -> dict[str, list[str]]:
        """Return the posted form of an answer: field name to its values, in order."""
        form: dict[str, list[str]] = {}
        for name, value in SentForm.model_validate(self.details).fields:
            form.setdefault(name, []).append(value)
        return form


class SentForm(Sent):
    """The details of an answer: the fields of the module's form, as a browser would post them."""

    fields: tuple[tuple[str, str], ...] = Field((), max_length=200)


class Batch(Sent):
    """What a socket sends: up to a hundred acts in their order.

    `dropped` counts the low-value acts its queue let go since the last report.
    """

    acts: tuple[SentAct, ...] = Field(max_length=MAX_ACTS)
    dropped: int = Field(0, ge=0, le=1_000_000_000)


class Hello(Sent):
    """How a browser opens a socket: the page's sealed token and the visit it made an id for."""

    page: str = Field(max_length=MAX_TOKEN)
    visit: UUID


class Post(Hello, Batch):
    """The same by one post: from a page that is closing, or where websockets are blocked."""

    is_leaving: bool = False


class ConsentForm(BaseModel):
    """A choice on the notice or in the footer; other fields (the form's token) are not ours."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    page: str = Field(max_length=MAX_TOKEN)
    choice: str = Field(pattern="^(yes|no)$")
    how: str = Field("notice", pattern="^(notice|footer)$")
