"""What every room promises, future ones included: the registry says which there are."""

import ast
import re
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.contract import FormError, NoAnswers, Profile, Situation
from modules.registry import all_modules
from tests.modules.hostile import forms, json_like, keys_of
from tests.modules.stage import (
    EVALUATED,
    HOSTILE,
    MARA,
    ROOMS,
    all_settings,
    page,
    render,
    standing,
)

KINDS = sorted(all_modules())
PEOPLE = [
    Profile(),
    MARA,
    Profile(title="CFO", industry="Manufacturing", employees=5_000),
    Profile(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, 0),
]
FOREIGN = {"app", "realtime", "quart", "sqlalchemy", "socketio", "jinja2"}
QUIET = settings(
    max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)

every_room = pytest.mark.parametrize("kind", KINDS)


def answering_rooms() -> list[str]:
    return [kind for kind in KINDS if all_modules()[kind].answers is not NoAnswers]


def answers_of(kind: str) -> st.SearchStrategy[Any]:
    """Draw answers of a room that pass its own shape."""
    room = all_modules()[kind]
    keys = keys_of(DEFAULTS[kind])
    drawn = json_like(room.answers.model_json_schema(), keys)
    return drawn.map(partial(accepted, room)).filter(lambda answers: answers is not None)


def accepted(room: Any, raw: Any) -> Any:
    try:
        return room.answers.model_validate(raw)
    except ValidationError:
        return None


DEFAULTS = all_settings()
ANSWERS = {kind: answers_of(kind) for kind in KINDS}


def drawn_situation(data: st.DataObject, profile: Profile) -> Situation:
    """Draw a situation in which every room was answered in some way."""
    answers = {kind: data.draw(ANSWERS[kind]).model_dump(mode="json") for kind in KINDS}
    return Situation(profile, answers, DEFAULTS, rep_name="Anna Weber")


def told(room: Any, shape: Any, answers: Any, situation: Situation) -> tuple[object, ...]:
    """Ask a room everything it can say."""
    return (
        dict(room.view(shape, answers, situation)),
        list(room.choices(shape, situation)),
        room.headline(shape, answers, situation),
        list(room.facts(shape, answers, situation)),
        list(room.open_questions(shape, answers, situation)),
    )


@every_room
def test_a_room_is_called_as_its_folder_and_says_what_it_is(kind):
    room = all_modules()[kind]
    assert room.kind == kind
    assert (ROOMS / kind / "site.html").is_file()
    assert room.title
    assert room.summary.endswith(".")


@every_room
def test_settings_without_any_input_are_a_usable_example(kind):
    fields = list(all_modules()[kind].settings.model_fields)
    assert fields[:2] == ["title", "intro"]
    assert all_modules()[kind].settings().title


@every_room
def test_the_editor_can_draw_a_form_for_every_setting(kind):
    schema = all_modules()[kind].settings.model_json_schema()
    shapes = [schema, *schema.get("$defs", {}).values()]
    for shape in shapes:
        for name, described in shape.get("properties", {}).items():
            named = described.get("title") or "$ref" in described
            assert named, f"{kind}: {shape['title']}.{name} has no title"


@every_room
def test_settings_survive_being_stored_as_json(kind):
    shape = all_modules()[kind].settings
    assert shape.model_validate(shape().model_dump(mode="json")) == shape()


@every_room
def test_a_room_with_defaults_renders_for_everybody(kind):
    for person in PEOPLE:
        assert "<h2" in render(all_modules()[kind], situation=standing(person))
        bare = Situation(profile=person)
        assert "<h2" in render(all_modules()[kind], situation=bare)


@every_room
def test_nothing_is_told_to_the_rep_before_any_answer(kind):
    room = all_modules()[kind]
    if room.answers is NoAnswers:
        return
    assert room.headline(room.settings(), room.answers(), standing()) == ""
    assert list(room.facts(room.settings(), room.answers(), standing())) == []


@every_room
@QUIET
@given(data=st.data())
def test_any_answers_are_stored_shown_and_told(kind, data):
    room = all_modules()[kind]
    answers = data.draw(ANSWERS[kind])
    assert room.answers.model_validate(answers.model_dump(mode="json")) == answers
    situation = drawn_situation(data, data.draw(st.sampled_from(PEOPLE)))
    shape = room.settings()
    html = render(room, shape, answers, situation)
    assert not page(html).all("script")
    _, choices, headline, facts, questions = told(room, shape, answers, situation)
    assert all(choice.what and choice.because for choice in choices)
    assert "\n" not in headline
    assert all(label and isinstance(value, str) for label, value in facts)
    assert all(isinstance(question, str) and question for question in questions)


@every_room
@QUIET
@given(data=st.data())
def test_a_room_is_pure(kind, data):
    room = all_modules()[kind]
    answers = data.draw(ANSWERS[kind])
    situation = drawn_situation(data, data.draw(st.sampled_from(PEOPLE)))
    shape = room.settings()
    before = deepcopy((shape, answers, situation))
    assert told(room, shape, answers, situation) == told(room, shape, answers, situation)
    assert (shape, answers, situation) == before


@every_room
@QUIET
@given(data=st.data())
def test_a_form_becomes_answers_or_a_list_of_problems(kind, data):
    room = all_modules()[kind]
    fields = sorted({*page(render(room)).having("name"), "own"})
    form = data.draw(forms(fields, keys_of(DEFAULTS[kind])))
    before = deepcopy(form)
    answers, problems = read(room, form)
    assert form == before
    if answers is None:
        assert all(problems.values())
        entered = {name: values[-1] for name, values in form.items() if values}
        html = render(room, problems=problems, entered=entered)
    else:
        assert room.answers.model_validate(answers.model_dump(mode="json")) == answers
        html = render(room, answers=answers)
    assert "<h2" in html
    assert not page(html).all("script")


def read(room: Any, form: dict[str, list[str]]) -> tuple[Any, dict[str, str]]:
    """Read a form: its answers, or None and at least one problem."""
    try:
        return room.read(form, room.settings(), standing()), {}
    except FormError as error:
        return None, error.problems or {"": ""}


@pytest.mark.parametrize("kind", answering_rooms())
def test_an_empty_form_says_nothing_and_is_fine(kind):
    room = all_modules()[kind]
    assert isinstance(room.read({}, room.settings(), standing()), room.answers)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - set(answering_rooms())))
def test_a_room_without_questions_refuses_answers(kind):
    room = all_modules()[kind]
    with pytest.raises(FormError):
        room.read({"own": ["hello"]}, room.settings(), standing())


@every_room
def test_odd_answers_of_other_rooms_read_as_nothing_said(kind):
    room = all_modules()[kind]
    for odd in ({}, {"chosen": None}, {"chosen": "abc"}, {"numbers": [1]}, {"chosen": [{}, 3]}):
        answers = {one: odd for one in KINDS}  # noqa: C420 - a dict each
        stored = {one: {"options": [None, {"key": 3}, {"key": "a"}]} for one in KINDS}
        assert "<h2" in render(room, situation=Situation(MARA, answers, stored))


@every_room
def test_a_room_knows_nobody_but_the_contract(kind):
    for path in (ROOMS / kind).rglob("*.py"):
        for name in imported(path.read_text()):
            top, _, rest = name.partition(".")
            assert top not in FOREIGN, f"{path.name} imports {name}"
            other = rest.partition(".")[0]
            assert top != "modules" or other == kind or other not in KINDS, f"{path.name}: {name}"


@every_room
def test_a_template_leaves_frame_form_and_code_to_the_site(kind):
    parsed = page(render(all_modules()[kind]))
    assert not parsed.all("form", "section", "script", "style")
    for tag, attributes in parsed.tags:
        assert not [name for name in attributes if name == "style" or name.startswith("on")], tag
    for path in (ROOMS / kind).rglob("*.html"):
        assert len(path.read_text().splitlines()) <= 80
        assert "|safe" not in path.read_text().replace(" ", "")


@every_room
def test_every_field_has_a_name_for_those_who_listen(kind):
    parsed = page(render(all_modules()[kind], problems=all_problems(kind)))
    ids = parsed.having("id")
    assert len(ids) == len(set(ids)), "ids are unique"
    assert all(one.startswith(f"{kind}-") for one in ids), "ids begin with the room's key"
    for control in parsed.all("input", "select", "textarea"):
        is_named = control.get("id") in parsed.labelled or "aria-label" in control
        assert is_named or control.get("type") == "hidden", control
    pointed = parsed.having("aria-describedby") + parsed.having("aria-labelledby")
    assert {one for refs in pointed for one in refs.split()} <= set(ids)


@every_room
def test_what_is_tracked_is_named(kind):
    for tag, attributes in page(render(all_modules()[kind])).tags:
        if "data-act" in attributes:
            assert re.fullmatch(r"[a-z][a-z0-9.-]{0,39}", attributes["data-act"])
            assert attributes.get("data-target") or tag not in {"input", "select", "textarea"}


@every_room
def test_a_problem_stands_next_to_its_field(kind):
    problems = all_problems(kind)
    html = render(all_modules()[kind], problems=problems)
    for field, problem in problems.items():
        assert problem in html, f"{kind} does not show the problem of {field}"


@every_room
def test_script_and_template_syntax_in_settings_is_shown_as_text(kind):
    room = all_modules()[kind]
    plain = room.settings().model_dump(mode="json")
    shown = 0
    for hostile in changed_texts(plain):
        try:
            shape = room.settings.model_validate(hostile)
        except ValidationError:
            continue
        html = render(room, shape, situation=standing(**{kind: shape}))
        parsed = page(html)
        assert not parsed.all("script")
        assert not [a for _, a in parsed.tags if any(name.startswith("on") for name in a)]
        assert EVALUATED not in html
        shown += HOSTILE in parsed.text
    assert shown >= 1


@pytest.mark.parametrize("kind", answering_rooms())
def test_script_and_template_syntax_in_answers_is_shown_as_text(kind):
    room = all_modules()[kind]
    names = [one["name"] for one in page(render(room)).all("textarea")]
    for name in names:
        answers = room.read({name: [HOSTILE]}, room.settings(), standing())
        parsed = page(render(room, answers=answers))
        assert HOSTILE in parsed.text
        assert not parsed.all("script")


def all_problems(kind: str) -> dict[str, str]:
    """Invent a problem for every field of a room."""
    controls = page(render(all_modules()[kind])).all("input", "select", "textarea")
    names = dict.fromkeys(one["name"] for one in controls if one.get("type") != "hidden")
    return {name: f"Something is wrong with {name}." for name in names}


def changed_texts(stored: Any) -> list[Any]:
    """Return copies of stored settings, each with one text replaced by hostile text."""
    if isinstance(stored, str):
        return [HOSTILE]
    if isinstance(stored, dict):
        return [
            {**stored, name: one} for name, value in stored.items() for one in changed_texts(value)
        ]
    if isinstance(stored, list):
        return [
            [*stored[:index], one, *stored[index + 1 :]]
            for index, value in enumerate(stored)
            for one in changed_texts(value)
        ]
    return []


def imported(source: str) -> list[str]:
    """Return every module a source file imports."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(f"{'.' * node.level}{node.module or ''}")
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names
