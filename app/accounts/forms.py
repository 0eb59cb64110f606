"""The shapes of the account pages' forms, with refusals in words for people."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from unicodedata import category, normalize

from babel.core import get_global
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import PydanticCustomError

from app.accounts.models import Role
from app.errors import InvalidError

F = TypeVar("F", bound=BaseModel)
TURNS_TEXT_AROUND = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CURRENCIES = frozenset(get_global("all_currencies"))


def parse(shape: type[F], form: Mapping[str, str]) -> F:
    """Read a form into its shape. Raises InvalidError with every problem at once."""
    try:
        return shape.model_validate({name: form.get(name, "") for name in shape.model_fields})
    except ValidationError as refusal:
        problems = {str(error["loc"][0]): error["msg"] for error in refusal.errors()}
        raise InvalidError(problems) from refusal


def _line(most: int, *, required: bool = False, lines: bool = False) -> AfterValidator:
    """Return a check for one line of text (or several): tidied, printable, not too long."""

    def tidy(text: str) -> str:
        rows = normalize("NFC", text).splitlines() if lines else [normalize("NFC", text)]
        tidied = "\n".join(" ".join(row.split()) for row in rows).strip()
        if required and not tidied:
            raise PydanticCustomError("empty", "Please fill this in.")
        if len(tidied) > most:
            raise PydanticCustomError("long", f"Please keep this to {most} characters.")
        if any(letter != "\n" and _is_unseen(letter) for letter in tidied):
            raise PydanticCustomError("unseen", "This holds characters that cannot be shown.")
        return tidied

    return AfterValidator(tidy)


def _is_unseen(letter: str) -> bool:
    """Whether a character controls something rather than showing; joiners within words may pass."""
    return category(letter) in {"Cc", "Cs"} or letter in TURNS_TEXT_AROUND


def _known_currency(code: str) -> str:
    """Check an ISO 4217 code."""
    if code.strip().upper() not in CURRENCIES:
        raise PydanticCustomError("currency", "Please use a three-letter code such as EUR.")
    return code.strip().upper()


def _known_role(text: str) -> Role:
    """Check a role."""
    try:
        return Role(text)
    except ValueError as refusal:
        raise PydanticCustomError("role", "Please choose a role.") from refusal


class Form(BaseModel):
    """A form of text fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class InvitationForm(Form):
    """Whom to invite; the address is checked by the command."""

    email: Annotated[str, _line(320, required=True)]
    name: Annotated[str, _line(120, required=True)]
    role: Annotated[Role, BeforeValidator(_known_role)]


class RoleForm(Form):
    """Another role."""

    role: Annotated[Role, BeforeValidator(_known_role)]


class DetailsForm(Form):
    """What prospects and colleagues read about a person."""

    name: Annotated[str, _line(120, required=True)]
    title: Annotated[str, _line(120)]
    phone: Annotated[str, _line(60)]


class WorkspaceForm(Form):
    """What an admin says about the workspace."""

    name: Annotated[str, _line(120, required=True)]
    currency: Annotated[str, AfterValidator(_known_currency)]
    postal_address: Annotated[str, _line(400, lines=True)]
