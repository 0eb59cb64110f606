"""Shows a module as the site does: strict templates, escaped text, the site's filters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from modules import figures
from modules.contract import FormError, Module, Profile, Situation
from modules.registry import all_modules

ROOT = Path(__file__).parents[2]
ROOMS = ROOT / "modules"

MARA = Profile(
    first_name="Mara",
    name="Mara Lind",
    title="Head of Finance",
    company="Kite",
    industry="software",
    employees=240,
)
HOSTILE = "<script>alert(1)</script>\" onfocus='x' {{1337*7331}}{% raw %}${1337*7331}"
EVALUATED = str(1337 * 7331)


def strict_environment() -> Environment:
    """Return templates that refuse unknown names and escape every text."""
    environment = Environment(
        loader=FileSystemLoader([ROOT / "templates", ROOT]),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(money=figures.money, number=figures.number, percent=figures.percent)
    return environment


ENVIRONMENT = strict_environment()


def all_settings(**changed: Any) -> dict[str, dict[str, Any]]:
    """Return what a campaign stores: every room's settings as JSON, some of them changed."""
    settings = {kind: room.settings() for kind, room in all_modules().items()} | changed
    return {kind: one.model_dump(mode="json") for kind, one in settings.items()}


def standing(
    profile: Profile = MARA,
    answers: Mapping[str, Mapping[str, Any]] | None = None,
    **changed: Any,
) -> Situation:
    """Build a situation: who it is, and what was answered in other rooms."""
    return Situation(profile, answers or {}, all_settings(**changed), rep_name="Anna Weber")


def render(
    room: Module[Any, Any],
    settings: Any = None,
    answers: Any = None,
    situation: Situation | None = None,
    problems: Mapping[str, str] | None = None,
    entered: Mapping[str, str] | None = None,
) -> str:
    """Render a room's fragment with its place in the site."""
    shown = room.view(
        settings or room.settings(), answers or room.answers(), situation or standing()
    )
    place = {
        "key": room.kind,
        "kind": room.kind,
        "problems": problems or {},
        "entered": entered or {},
        "answer_url": "/answers",
    }
    return ENVIRONMENT.get_template(f"modules/{room.kind}/site.html").render(**shown, place=place)


def problems_in(room: Module[Any, Any], form: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what is wrong with a form, field by field; nothing when it is fine."""
    try:
        room.read(form, room.settings(), standing())
    except FormError as error:
        return error.problems
    return {}


@dataclass
class Page(HTMLParser):
    """What a fragment holds, for questions about its markup."""

    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    text: str = ""
    labels_open: int = 0
    labelled: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag, attrs):
        attributes = {name: value or "" for name, value in attrs}
        self.tags.append((tag, attributes))
        self.labels_open += tag == "label"
        if tag == "label" and "for" in attributes:
            self.labelled.add(attributes["for"])
        elif self.labels_open and "id" in attributes:
            self.labelled.add(attributes["id"])

    def handle_endtag(self, tag):
        self.labels_open -= tag == "label"

    def handle_data(self, data):
        self.text += data

    def all(self, *names: str) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag in names]

    def having(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.tags if attribute in attributes]


def page(html: str) -> Page:
    """Parse a fragment."""
    parsed = Page()
    parsed.feed(html)
    return parsed
