"""What every module promises.

A module is pure: it holds no state, does no I/O and never sees a database or a request. It is
given what the rep set (`settings`), what the prospect said (`answers`) and who and where the
prospect is (`situation`), and it says what its template shows.

A room `modules/<kind>/` holds `__init__.py` (which names `module = TheClass()`), `module.py`,
`site.html`, and where needed a maths file and `static/*.css`, `static/*.js` (bundled into the
site's own CSS and JS at build time). Nothing outside the folder has to change for a new room.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Fields(BaseModel):
    """Base of settings and answers: unknown fields are refused, values are frozen.

    Field titles, descriptions and limits are what the campaign editor draws its forms from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of the prospect when the module is activated; empty where unknown."""

    first_name: str = ""
    name: str = ""
    title: str = ""
    company: str = ""
    industry: str = ""
    employees: int | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """Where the module stands: the person, the answers of the other modules, the language.

    `answers` maps a module's kind to its answers as stored (plain JSON values): problems read
    what was chosen in goals, the ROI what was counted in impacts. `rep_name` is who sells.
    """

    profile: Profile = field(default_factory=Profile)
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    currency: str = "EUR"
    locale: str = "en"
    rep_name: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision the module took for this person, with the reason a person can read."""

    what: str
    because: str


Form = Mapping[str, Sequence[str]]
"""A posted form: field name to the values sent under it, in order."""

S = TypeVar("S", bound=Fields)
A = TypeVar("A", bound=Fields)


class NoAnswers(Fields):
    """For fixed modules: the prospect is asked nothing."""


class FormError(Exception):
    """Input that cannot be an answer. `problems` maps a form field to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class Module(ABC, Generic[S, A]):
    """One interactive room. Holds no state and does no I/O."""

    kind: ClassVar[str]
    """The folder's name; stands in `data-module` and in stored campaigns."""
    title: ClassVar[str]
    """What marketers call it."""
    summary: ClassVar[str]
    """One sentence for the campaign editor: what the prospect does here."""
    is_fixed: ClassVar[bool] = False
    """Fixed modules show the same to everybody and are never altered."""
    settings: type[S]
    answers: type[A]

    @abstractmethod
    def view(self, settings: S, answers: A, situation: Situation) -> Mapping[str, object]:
        """Return what `site.html` shows for these answers in this situation."""

    def choices(self, settings: S, situation: Situation) -> Sequence[Choice]:
        """Return what was decided for this person and why; empty for fixed modules."""
        del settings, situation
        return ()

    def read(self, form: Form, settings: S, situation: Situation) -> A:
        """Turn a posted form into answers.

        Raises FormError with every problem at once; unknown option keys are problems too.
        """
        del form, settings, situation
        raise FormError({"": "There is nothing to answer here."})

    def headline(self, settings: S, answers: A, situation: Situation) -> str:
        """Say in one line, for the rep, what the prospect now believes; "" before any answer."""
        del settings, answers, situation
        return ""

    def facts(self, settings: S, answers: A, situation: Situation) -> Sequence[tuple[str, str]]:
        """Return (label, value) pairs for the pre-call brief; empty before any answer."""
        del settings, answers, situation
        return ()

    def open_questions(self, settings: S, answers: A, situation: Situation) -> Sequence[str]:
        """Return what the rep should still ask, as full sentences."""
        del settings, answers, situation
        return ()
