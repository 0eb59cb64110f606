"""What happened with a person, and how each kind of it is called and drawn."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """A line for a person's timeline, as the capability that saw it writes it.

    `kind` is a short word; unknown ones are drawn as a dot. `details` are (label, value) pairs,
    `link` an address within Rapport. With a `key` a repeat is harmless: it is written once, ever.
    """

    kind: str
    title: str
    details: tuple[tuple[str, str], ...] = ()
    link: str = ""
    by_user_id: UUID | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of entry is called, and which drawing of `prospects/_icon.html` stands for it."""

    label: str
    icon: str


OTHER = Kind("Event", "dot")
KINDS = {
    "added": Kind("Added", "person"),
    "import": Kind("Import", "file"),
    "lead": Kind("Form", "form"),
    "changed": Kind("Change", "pen"),
    "differs": Kind("Told differently", "pen"),
    "owner": Kind("Owner", "person"),
    "note": Kind("Note", "note"),
    "letter": Kind("Letter", "letter"),
    "site": Kind("Site", "site"),
    "visit": Kind("Visit", "eye"),
    "answer": Kind("Answer", "note"),
    "answered": Kind("Answer", "note"),
    "link": Kind("Link", "site"),
    "consent": Kind("Consent", "form"),
}


def kind_of(word: str) -> Kind:
    """Return how to draw a kind of entry."""
    return KINDS.get(word, OTHER)
