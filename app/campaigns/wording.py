"""What is wrong with a field, in words for the person who filled it in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

TEXTS = {
    "missing": "Please fill this in.",
    "string_type": "Please fill this in.",
    "string_too_long": "At most {max_length} characters.",
    "too_long": "At most {max_length} of them.",
    "too_short": "At least {min_length} of them.",
    "greater_than": "More than {gt}, please.",
    "greater_than_equal": "At least {ge}, please.",
    "less_than": "Less than {lt}, please.",
    "less_than_equal": "At most {le}, please.",
    "int_from_float": "A whole number, please.",
    "decimal_max_places": "At most {decimal_places} decimals.",
    "literal_error": "Please choose one from the list.",
    "enum": "Please choose one from the list.",
    "bool_parsing": "Please say yes or no.",
}
NUMBERS = ("int_", "decimal_", "float_", "finite_number")
PATTERNS = {
    r"^#[0-9a-fA-F]{6}$": "A colour such as #1f5f5b, please.",
    r"^[a-z][a-z0-9_]{0,39}$": "Small letters, digits and underscores; a letter first.",
    r"^[a-z][a-z0-9-]{0,39}$": "Small letters, digits and dashes; a letter first.",
}


def problem_text(error: "ErrorDetails") -> str:
    """Say what is wrong, and where possible how it would be right."""
    kind, limits = error["type"], error.get("ctx") or {}
    if kind in TEXTS:
        return TEXTS[kind].format_map(limits)
    if kind == "string_too_short":
        return _too_short(limits)
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(str(limits.get("pattern")), "Small letters, digits and dashes, please.")
    if kind == "value_error":
        return _own_words(limits)
    if kind.startswith(NUMBERS):
        return _no_number(error["input"])
    return "This cannot be accepted as it is."


def _too_short(limits: Mapping[str, Any]) -> str:
    """Say how much is needed; a single character means "anything at all"."""
    least = limits.get("min_length", 1)
    return "Please fill this in." if least == 1 else f"At least {least} characters."


def _own_words(limits: Mapping[str, Any]) -> str:
    """Return the words of the validator that refused, as a sentence."""
    text = str(limits.get("error", "")) or "This cannot be accepted as it is"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _no_number(typed: object) -> str:
    """Say that a number is needed; nothing typed is not a wrong number."""
    return "Please write a plain number." if str(typed or "").strip() else "Please fill this in."
