"""Merging a form letter: fixed fields, values put in once, everything else is text.

No template language runs over people's words. A field is `{first_name}` or, with what to write
when the value is unknown, `{first_name|there}`. Values are never read for fields again, so a
person called "{personal_link}" stays just that. `{{7*7}}` is text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

FIELDS = {
    "first_name": "First name",
    "name": "Full name",
    "title": "Title",
    "company": "Company",
    "industry": "Industry",
    "rep_name": "Your name",
    "rep_title": "Your title",
    "rep_phone": "Your phone",
    "rep_email": "Your e-mail",
    "sender_company": "Your company",
    "campaign": "Campaign",
    "product": "Product",
    "personal_link": "Personal link",
}
"""Every merge field and what it is called; `custom.<name>` besides."""

LINK = "personal_link"
OWN_PREFIX = "custom."
TAG = re.compile(r"(?<!\{)\{([A-Za-z][^{}|\n]{0,79})(?:\|([^{}\n]*))?\}(?!\})")
DOUBLED = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Field:
    """A place where a value goes, and what stands there without one."""

    name: str
    fallback: str = ""

    def value(self, values: Mapping[str, str]) -> str:
        """Return the value as one line of text, or the fallback where there is none."""
        return one_line(values.get(self.name, "")) or self.fallback


Part = str | Field


def one_line(text: str) -> str:
    """Return people's text without control characters and line breaks."""
    return " ".join(CONTROL.sub(" ", text).split())


def read_parts(template: str, extra: Iterable[str] = ()) -> list[Part]:
    """Split a template into text and fields; what names no field stays text.

    `extra` are further field names that count here.
    """
    parts: list[Part] = []
    at = 0
    for tag in TAG.finditer(template):
        name = _field_name(tag[1])
        if not is_field(name) and name not in extra:
            continue
        parts += [template[at : tag.start()], Field(name, (tag[2] or "").strip())]
        at = tag.end()
    return [part for part in [*parts, template[at:]] if part]


def merge(template: str, values: Mapping[str, str]) -> str:
    """Return the template with every value put in, as plain text."""
    return "".join(
        part.value(values) if isinstance(part, Field) else part for part in read_parts(template)
    )


def find_problem(template: str, extra: Iterable[str] = ()) -> str:
    """Name the first field that does not exist, with the one that was probably meant; or ""."""
    for doubled in DOUBLED.finditer(template):
        if is_field(doubled[1]):
            return f"Please write {{{doubled[1]}}} with single braces."
    for tag in TAG.finditer(template):
        name = _field_name(tag[1])
        if not is_field(name) and name not in extra and not _is_prose(tag[1]):
            return f"There is no field {tag[0]}.{_suggestion(name)}"
    return ""


def is_field(name: str) -> bool:
    """Whether a name is one of FIELDS or a prospect's own field."""
    return name in FIELDS or (name.startswith(OWN_PREFIX) and len(name) > len(OWN_PREFIX))


def _field_name(written: str) -> str:
    """Return a field's name as values are kept under: custom fields in lower case."""
    name = written.strip()
    return name.lower() if name.lower().startswith(OWN_PREFIX) else name


def _is_prose(written: str) -> bool:
    """Whether braces hold something nobody can have meant as a field: "{a = 1}", "{color: red}"."""
    return not re.fullmatch(r"[\w .-]+", written)


def _suggestion(name: str) -> str:
    """Return a hint at the field that was probably meant."""
    near = get_close_matches(name.lower().replace(" ", "_"), FIELDS, n=1)
    return f" Did you mean {{{near[0]}}}?" if near else ""
