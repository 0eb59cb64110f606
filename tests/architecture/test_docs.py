"""What is written about the house is true: links lead somewhere, and nothing goes unnamed."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.tracking.models import ActKind
from modules.registry import all_modules
from realtime.consoles import Consoles
from realtime.fanout import TOLD
from realtime.visitors import Visitors

pytestmark = pytest.mark.no_database

ROOT = Path(__file__).parent.parent.parent
TOPS = ("app", "realtime", "modules", "tests", "deploy", "docs", "benchmarks")
INSTALLED = {"node_modules", ".venv"}
FOUND = [*ROOT.glob("*.md"), *(page for top in TOPS for page in (ROOT / top).rglob("*.md"))]
PAGES = sorted(page for page in FOUND if not INSTALLED & set(page.parts))
DOCS = "".join(page.read_text() for page in sorted((ROOT / "docs").glob("*.md")))
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
FENCES = re.compile(r"`[^`\n]*`|^ {4}.*$", re.MULTILINE)
MOST_BYTES = 120_000


def links_of(page):
    """Return the links of a page; those in code are not meant to be followed."""
    return LINK.findall(FENCES.sub("", page.read_text()))


def anchors_of(page):
    """Return the names of a page's headings, as they are linked to."""
    words = (
        re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text())
    )
    return {each.strip().replace(" ", "-") for each in words}


def test_every_local_link_and_image_leads_somewhere():
    broken = []
    for page in PAGES:
        for link in links_of(page):
            path, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = page.parent / path if path else page
            if not target.exists() or (anchor and anchor not in anchors_of(target)):
                broken.append(f"{page.relative_to(ROOT)}: {link}")
    assert broken == []


def test_every_page_of_the_docs_can_be_found():
    index = (ROOT / "docs" / "README.md").read_text() + (ROOT / "README.md").read_text()
    assert [page.name for page in (ROOT / "docs").glob("*.md") if page.name not in index] == []


def test_the_map_of_the_house_has_every_room():
    readme = (ROOT / "README.md").read_text()
    slices = [path.stem for path in (ROOT / "app").iterdir() if path.suffix in {"", ".py"}]
    named = [name for name in slices if not name.startswith("__")]
    assert "sites" in named
    assert [name for name in named if not re.search(rf"\b{name}\b", readme)] == []


def test_pictures_are_shown_and_small():
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    shown = "".join(page.read_text() for page in PAGES)
    assert [each.name for each in pictures if f"images/{each.name})" not in shown] == []
    assert [each.name for each in pictures if each.stat().st_size > MOST_BYTES] == []


def test_the_docs_name_every_socket_message():
    inward = [
        name.removeprefix("on_")
        for space in (Visitors, Consoles)
        for name in vars(space)
        if name.startswith("on_") and name not in {"on_connect", "on_disconnect"}
    ]
    source = (ROOT / "realtime" / "teller.py").read_text()
    outward = re.findall(r'self\._say\(told, "([a-z]+-[a-z]+)"', source)
    assert {"acts", "here"} <= set(inward)
    assert set(outward) == set(TOLD)
    described = (ROOT / "docs" / "socket-messages.md").read_text()
    assert [name for name in (*inward, *outward) if f"`{name}`" not in described] == []


def test_the_docs_name_every_refusal_of_a_socket():
    sources = (ROOT / "app/tracking/errors.py", ROOT / "app/errors.py", ROOT / "realtime/guard.py")
    codes = set(re.findall(r'"error": "([a-z-]+)"', sources[2].read_text()))
    codes |= set(re.findall(r'code = "([a-z-]+)"', sources[0].read_text()))
    described = (ROOT / "docs" / "socket-messages.md").read_text()
    assert len(codes) > 5
    assert [code for code in sorted(codes) if f"`{code}`" not in described] == []


def test_the_docs_name_every_make_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z-]+):(?!=)", makefile, re.MULTILINE)
    assert "run" in targets
    assert [name for name in targets if f"make {name}" not in DOCS] == []


def test_the_docs_name_every_kind_of_act_and_every_setting_of_a_module():
    described = (ROOT / "docs" / "modules.md").read_text() + "".join(
        page.read_text() for page in (ROOT / "modules").glob("*/README.md")
    )
    settings = {
        f"{kind}: {name}"
        for kind, module in all_modules().items()
        for shape in (module.settings, module.answers)
        for name in shape.model_fields
        if f"`{name}`" not in described
    }
    assert settings == set()
    assert [kind for kind in ActKind if f"`{kind}`" not in DOCS] == []


def test_no_page_names_a_machines_paths():
    private = re.compile(r"/(?:home|root|tmp|mnt)/|localhost:\d")
    assert [page.name for page in PAGES if private.search(page.read_text())] == []
