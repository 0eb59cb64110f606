"""What is said of a person or a company, checked at the door."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.errors import InvalidError
from app.prospects.identity import normalise_email
from app.prospects.words import lines, one_line

F = TypeVar("F", bound="Facts")
MOST_EMPLOYEES = 10_000_000
MOST_CUSTOM = 30
LONGEST_COUNT = 40
NUMBER = r"(\d{1,3}(?:[.,'’\s]\d{3})+|\d{1,9})"  # noqa: RUF001
HEAD_COUNT = re.compile(
    rf"(?:[~><≥]|ca\.?|about)?\s*{NUMBER}\s*(?:(?:[-–+]|to|bis)\s*{NUMBER}?)?(?:\s+[^\W\d]+)?"  # noqa: RUF001
)

LABELS = {
    "email": "E-mail",
    "name": "Name",
    "title": "Job title",
    "company": "Company",
    "industry": "Industry",
    "employees": "Employees",
    "address": "Address",
    "phone": "Phone",
    "fax": "Fax",
    "website": "Website",
}
"""What each fact is called in front of people."""


def web_address(text: str) -> str:
    """Return a web address with its scheme; only http and https. Raises ValueError."""
    text = one_line(text, limit=300)
    if not text:
        return ""
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    is_plain = bool(host) and parts.scheme in {"http", "https"} and "@" not in parts.netloc
    if not is_plain or "." not in host or re.search(r"[\s<>\"\\]", address):
        raise ValueError("This does not look like a web address, such as www.company.com.")
    return one_line(address, limit=300)


def read_employees(text: str) -> int | None:
    """Read a head count as people write it: "1,200", "51-200" (the lower end), "10,000+".

    None for an empty text. Raises ValueError for anything without a number.
    """
    if not text.strip():
        return None
    found = HEAD_COUNT.fullmatch(text.strip().casefold()[:LONGEST_COUNT])
    if not found:
        raise ValueError("Please write a whole number, such as 250.")
    employees = int(re.sub(r"\D", "", found[1]))
    if employees > MOST_EMPLOYEES:
        raise ValueError("No company has that many people.")
    return employees


def custom_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """Return own fields cleaned, in order; those without a value are left out."""
    cleaned = {
        one_line(label, limit=60): lines(value, limit=500)
        for label, value in facts.items()
        if value.strip()
    }
    if "" in cleaned:
        raise ValueError("Please give each field a name.")
    if len(cleaned) > MOST_CUSTOM:
        raise ValueError(f"Please use at most {MOST_CUSTOM} fields of your own.")
    return cleaned


def _line(limit: int) -> AfterValidator:
    """Return the check of a one-line text."""
    return AfterValidator(partial(one_line, limit=limit))


def _lines(limit: int) -> AfterValidator:
    """Return the check of a text with line breaks."""
    return AfterValidator(partial(lines, limit=limit))


Employees = Annotated[int | None, Field(ge=0, le=MOST_EMPLOYEES)]


class Facts(BaseModel):
    """Base of what is said: unknown fields are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Person(Facts):
    """A person as a form, a file or another system tells it; empty where nothing was said."""

    email: Annotated[str, AfterValidator(normalise_email)]
    name: Annotated[str, _line(200)] = ""
    title: Annotated[str, _line(120)] = ""
    company: Annotated[str, _line(200)] = ""
    industry: Annotated[str, _line(80)] = ""
    employees: Employees = None
    address: Annotated[str, _lines(400)] = ""
    phone: Annotated[str, _line(60)] = ""
    fax: Annotated[str, _line(60)] = ""
    website: Annotated[str, AfterValidator(web_address)] = ""
    custom: Annotated[dict[str, str], AfterValidator(custom_facts)] = Field(default_factory=dict)


class CompanyFacts(Facts):
    """A company as a form tells it."""

    name: Annotated[str, _line(200)] = ""
    industry: Annotated[str, _line(80)] = ""
    employees: Employees = None
    address: Annotated[str, _lines(400)] = ""
    phone: Annotated[str, _line(60)] = ""
    fax: Annotated[str, _line(60)] = ""
    website: Annotated[str, AfterValidator(web_address)] = ""


def read_person(form: Mapping[str, object]) -> Person:
    """Check what a form says of a person; `employees` may be text. Raises InvalidError."""
    return _checked(Person, form)


def read_company(form: Mapping[str, object]) -> CompanyFacts:
    """Check what a form says of a company; `employees` may be text. Raises InvalidError."""
    return _checked(CompanyFacts, form)


def problems_of(error: ValidationError) -> dict[str, str]:
    """Return what is wrong per field, in words for people."""
    problems: dict[str, str] = {}
    for found in error.errors(include_url=False):
        field = str(found["loc"][0]) if found["loc"] else ""
        text = found["msg"].removeprefix("Value error, ")
        if found["type"] != "value_error":
            text = "Please check this." if found["type"] != "missing" else "Please fill this in."
        problems.setdefault(field, text)
    return problems


def _checked(shape: type[F], form: Mapping[str, object]) -> F:
    """Build a shape with all problems at once."""
    facts, problems = dict(form), {}
    try:
        facts["employees"] = read_employees(str(form.get("employees") or ""))
    except ValueError as error:
        facts["employees"] = None
        problems["employees"] = str(error)
    try:
        shape_made = shape.model_validate(facts)
    except ValidationError as error:
        raise InvalidError(problems_of(error) | problems) from error
    if problems:
        raise InvalidError(problems)
    return shape_made
