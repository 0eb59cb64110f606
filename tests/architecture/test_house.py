"""What linters cannot see: the house keeps its shape."""

import ast
import re
from pathlib import Path

import pytest

from app.cli import rapport
from app.cli.serving import example_settings
from app.config import Settings
from modules.registry import all_modules

pytestmark = pytest.mark.no_database

ROOT = Path(__file__).parent.parent.parent
PYTHON = [path for top in ("app", "realtime", "modules") for path in (ROOT / top).rglob("*.py")]
VAGUE = {
    "utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "services",
    "core", "base", "handlers", "data", "stuff",
}  # fmt: skip


def test_every_file_says_what_it_is():
    assert [str(path) for path in PYTHON if path.stem in VAGUE] == []


def test_files_and_functions_stay_short():
    long = []
    for path in PYTHON:
        if "versions" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        if len(path.read_text().splitlines()) > 300:
            long.append(str(path))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > 40:
                    long.append(f"{path}:{node.name} has {length} lines")
    assert long == []


def test_templates_stay_short_and_never_trust_text():
    places = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "modules").rglob("*.html")]
    assert places
    long = [str(path) for path in places if len(path.read_text().splitlines()) > 120]
    trusting = [
        str(path)
        for path in places
        if re.search(r"\|\s*safe\b|autoescape\s+false|\sstyle=|\son[a-z]+=\"", path.read_text())
    ]
    assert long == []
    assert trusting == []


def test_every_view_declares_who_may_call_it(web_app):
    undeclared = [
        name for name, view in web_app.view_functions.items() if not hasattr(view, "access")
    ]
    assert undeclared == []


def test_views_open_to_everybody_say_why(web_app):
    silent = [
        name
        for name, view in web_app.view_functions.items()
        if not view.access.roles and len(view.access.because) < 10
    ]
    assert silent == []


def test_the_example_settings_are_those_of_the_code():
    assert (ROOT / ".env.example").read_text() == example_settings()


def test_docs_name_every_setting_module_and_command():
    pages = [*(ROOT / "docs").glob("*.md"), *(ROOT / "modules").glob("*/README.md")]
    docs = "".join(path.read_text() for path in pages)
    names = [
        *(name.upper() for name in Settings.model_fields),
        *all_modules(),
        *(f"rapport {name}" for name, command in rapport.commands.items() if not command.hidden),
    ]
    assert [name for name in names if name not in docs] == []


def test_nothing_is_fetched_from_elsewhere_at_run_time():
    """No template, style or script names another host."""
    foreign = re.compile(
        r"""(?:src|href|url\(|import)\s*=?\s*["'(]*(?:https?:)?//(?!www\.w3\.org)"""
    )
    found = [
        str(path)
        for top in ("templates", "static/css", "static/js", "modules")
        for path in (ROOT / top).rglob("*")
        if path.suffix in {".html", ".css", ".js"} and foreign.search(path.read_text())
    ]
    assert found == []
