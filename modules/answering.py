"""Reads a posted form into answers, collecting every problem before it complains."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Annotated
from unicodedata import category

from pydantic import Field

from modules.contract import Form, FormError
from modules.figures import number, read_number

TEXT_LIMIT = 2_000
NUMBER_LIMIT = Decimal(10**12)
SHARE_LIMIT = Decimal(1)

Words = Annotated[str, Field(max_length=TEXT_LIMIT)]
"""What a person wrote freely."""

Amount = Annotated[Decimal, Field(ge=0, le=NUMBER_LIMIT, allow_inf_nan=False)]
"""A number a person gave: hours, invoices, money."""

Share = Annotated[Decimal, Field(ge=0, le=SHARE_LIMIT, allow_inf_nan=False)]
"""A part of a whole, 0 to 1."""

PERCENT = Decimal(100)
KEPT_DECIMALS = 6


class Reading:
    """One form being read. Ask it for each field, then `finish()`."""

    def __init__(self, form: Form) -> None:
        """Start with no problems."""
        self._form = form
        self.problems: dict[str, str] = {}

    def refuse(self, field: str, problem: str) -> None:
        """Note what is wrong with a field; the first problem of a field stands."""
        self.problems.setdefault(field, problem)

    def text(self, field: str, limit: int = TEXT_LIMIT) -> str:
        """Return the text of a field, trimmed and free of control characters."""
        raw = self._last(field).replace("\r\n", "\n").replace("\r", "\n")
        text = "".join(sign for sign in raw if sign in "\n\t" or category(sign) not in {"Cc", "Cs"})
        text = text.strip()
        if len(text) > limit:
            self.refuse(
                field,
                f"Please keep this under {number(limit)} characters; it has {number(len(text))}.",
            )
        return text

    def keys(self, field: str, known: Collection[str], at_most: int | None = None) -> list[str]:
        """Return the chosen option keys, each once. Unknown or too many are problems."""
        keys = list(dict.fromkeys(key for key in self._form.get(field, ()) if key))
        if any(key not in known for key in keys):
            self.refuse(field, "One of these options is no longer here. Please choose again.")
        elif at_most is not None and len(keys) > at_most:
            self.refuse(field, f"Please choose at most {at_most}; you chose {len(keys)}.")
        return keys

    def amount(self, field: str, locale: str = "en") -> Decimal | None:
        """Return a number of at least 0, None for an empty field."""
        try:
            value = read_number(self._last(field), locale)
        except ValueError as problem:
            self.refuse(field, str(problem))
            return None
        return self._within(field, value, NUMBER_LIMIT, f"between 0 and {number(NUMBER_LIMIT)}")

    def share(self, field: str, locale: str = "en") -> Decimal | None:
        """Return a share: "0.6" and "60%" are both 0.6; None for an empty field."""
        text = self._last(field).strip()
        divisor = PERCENT if text.endswith("%") else Decimal(1)
        try:
            value = read_number(text.removesuffix("%"), locale)
        except ValueError as problem:
            self.refuse(field, str(problem))
            return None
        share = None if value is None else value / divisor
        return self._within(field, share, SHARE_LIMIT, "between 0% and 100%")

    def unknown(self, prefix: str, known: Collection[str]) -> None:
        """Refuse fields called `prefix` + something nobody asked for."""
        for field in self._form:
            if field.startswith(prefix) and field.removeprefix(prefix) not in known:
                self.refuse(field, "This is not asked here any more.")

    def has(self, field: str) -> bool:
        """Whether the field was posted at all, even empty."""
        return field in self._form

    def finish(self) -> None:
        """Raise FormError if anything was wrong."""
        if self.problems:
            raise FormError(self.problems)

    def _last(self, field: str) -> str:
        """Return the last value sent under a field, "" for none."""
        values = self._form.get(field, ())
        return values[-1] if values else ""

    def _within(
        self, field: str, value: Decimal | None, highest: Decimal, limits: str
    ) -> Decimal | None:
        """Refuse what lies outside; keep no more decimals than anybody means."""
        if value is None:
            return None
        if not 0 <= value <= highest:
            is_negative = value < 0 and highest > 1
            limits = "that is not less than 0" if is_negative else limits
            self.refuse(field, f"Please give a number {limits}.")
            return None
        return round(value, KEPT_DECIMALS)


def in_order_chosen(posted: Sequence[str], before: Sequence[str]) -> tuple[str, ...]:
    """Keep earlier choices in their order and put new ones last: a form only knows page order."""
    kept = [key for key in before if key in posted]
    return (*dict.fromkeys(kept), *(key for key in posted if key not in kept))
