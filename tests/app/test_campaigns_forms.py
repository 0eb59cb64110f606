"""Forms drawn from declared shapes: whatever a module declares can be set, and nothing is lost."""

from decimal import Decimal
from enum import StrEnum
from typing import Literal

import pytest
from pydantic import Field

from app.campaigns.drawing import Group, Rows, draw
from app.campaigns.fields import Control, asked_for
from app.campaigns.forms import blank, check, draft_of, made_key, read
from app.campaigns.rows import rearrange
from app.campaigns.sections import SECTIONS, module_draft, module_shape
from app.campaigns.shapes import Offer, PlacedModule, Point, Tracked
from app.errors import InvalidError
from modules.audience import Audience
from modules.contract import Fields
from modules.registry import all_modules

pytestmark = pytest.mark.no_database
HOSTILE = '<script>alert(1)</script> {{ 7*7 }} {% raw %} "quoted" \u202e & ünï'


class Colour(StrEnum):
    RED = "red"
    SKY_BLUE = "sky-blue"


class Row(Fields):
    key: str = Field(pattern="^[a-z][a-z0-9-]{0,39}$")
    label: str = Field(min_length=1, max_length=20)
    amount: Decimal = Field(Decimal(0), ge=0)


class Example(Fields):
    title: str = Field("Hello", max_length=40)
    text: str = Field("", json_schema_extra={"format": "long"})
    count: int = Field(3, ge=1, le=9)
    share: Decimal | None = Field(None, ge=0, le=1)
    is_on: bool = True
    colour: Colour = Colour.RED
    order: Literal["up", "down"] | None = None
    words: tuple[str, ...] = ("one", "two")
    rows: tuple[Row, ...] = Field((Row(key="first", label="First"),), max_length=3)
    audience: Audience = Audience(industries=("software",))


def posted(parts):
    """Return what a browser would send for these parts."""
    form = {}

    def walk(part):
        if isinstance(part, Rows):
            for number, row in enumerate(part.rows):
                form.setdefault(f"{part.name}[]", []).append(str(number))
                walk(row)
        elif isinstance(part, Group):
            for one in part.parts:
                walk(one)
        elif part.kind == "check":
            if part.text:
                form[part.name] = ["on"]
        elif part.kind == "several":
            form[part.name] = list(part.chosen)
        else:
            form[part.name] = [part.text.replace("\n", "\r\n")]

    for part in parts:
        walk(part)
    return form


def through_the_browser(settings):
    shape = type(settings)
    return check(shape, read(shape, posted(draw(shape, draft_of(settings), {}))))


@pytest.mark.parametrize("kind", sorted(all_modules()))
def test_the_settings_of_every_module_come_back_from_its_form_unchanged(kind):
    settings = all_modules()[kind].settings()
    assert through_the_browser(settings) == settings


@pytest.mark.parametrize("kind", sorted(all_modules()))
def test_every_module_can_be_placed_with_settings_and_audience(kind):
    module = all_modules()[kind]
    shape = module_shape(module)
    draft, problems = module_draft(module, PlacedModule(key="one", kind=kind))
    said = check(shape, read(shape, posted(draw(shape, draft, problems))))
    assert said.settings == module.settings()
    assert said.audience.is_everybody


@pytest.mark.parametrize("section", SECTIONS.values(), ids=lambda one: one.key)
def test_every_section_of_the_editor_can_be_drawn(section):
    assert draw(section.shape, {}, {})


def test_every_kind_of_field_comes_back_unchanged():
    example = Example(
        title=HOSTILE[:39],
        text="  Two\n\nparagraphs\n",
        count=7,
        share=Decimal("0.25"),
        is_on=False,
        colour=Colour.SKY_BLUE,
        order="down",
        words=("a b", "ü"),
        rows=(Row(key="b", label="B", amount=Decimal("1.50")), Row(key="a", label="A")),
        audience=Audience(titles=("cfo",), min_employees=5),
    )
    assert through_the_browser(example).model_dump() == example.model_dump() | {
        "title": example.title.strip()
    }


def test_what_people_type_is_kept_as_text():
    offer = Offer(headline=HOSTILE, points=(Point(title=HOSTILE, text=HOSTILE),))
    assert through_the_browser(offer) == offer


def test_all_problems_are_said_at_once_and_stand_at_their_controls():
    form = {
        "title": ["x" * 41], "count": ["many"], "share": ["2"], "colour": ["green"],
        "rows[]": ["0", "7"], "rows.0.key": ["Not A Key"], "rows.0.label": [""],
        "rows.0.amount": ["-1"], "rows.7.key": ["fine"], "rows.7.label": ["Fine"],
        "rows.7.amount": ["1e30"], "audience.min_employees": ["-3"],
    }  # fmt: skip
    draft = read(Example, form)
    with pytest.raises(InvalidError) as refusal:
        check(Example, draft)
    assert set(refusal.value.problems) == {
        "title", "count", "share", "colour", "rows.0.key", "rows.0.label", "rows.0.amount",
        "audience.min_employees",
    }  # fmt: skip
    assert refusal.value.problems["count"] == "Please write a plain number."
    drawn = posted(draw(Example, draft, refusal.value.problems))
    assert drawn["count"] == ["many"]
    assert drawn["rows.0.key"] == ["Not A Key"]
    assert drawn["title"] == ["x" * 41]


def test_a_folded_group_with_a_problem_is_open():
    draft = draft_of(Example())
    parts = {one.name: one for one in draw(Example, draft, {"rows.0.label": "Please."})}
    assert parts["rows"].rows[0].is_open
    assert not parts["audience"].is_open


@pytest.mark.parametrize(("typed", "meant"), [("1,250.50", "1250.50"), ("€ 12k", "12000")])
def test_numbers_are_read_as_people_write_them(typed, meant):
    assert read(Row, {"amount": [typed]})["amount"] == meant


def test_an_empty_number_is_asked_for_unless_it_may_be_empty():
    with pytest.raises(InvalidError) as refusal:
        check(Example, read(Example, posted(draw(Example, {}, {}))))
    assert refusal.value.problems["count"] == "Please fill this in."
    assert "share" not in refusal.value.problems


def test_a_form_that_sends_nothing_is_read_without_failing():
    for module in all_modules().values():
        assert read(module.settings, {})


def test_rows_keep_the_order_in_which_they_were_sent():
    form = {"rows[]": ["2", "0"], "rows.0.label": ["Zero"], "rows.2.label": ["Two"]}
    assert [row["label"] for row in read(Example, form)["rows"]] == ["Two", "Zero"]


def test_a_row_without_a_key_gets_one_from_its_label_unlike_the_others():
    form = {
        "rows[]": ["0", "1", "2"], "rows.0.key": ["late-fees"], "rows.0.label": ["x"],
        "rows.1.label": ["Late fees!"], "rows.2.label": ["42 things"],
    }  # fmt: skip
    keys = [row["key"] for row in read(Example, form)["rows"]]
    assert keys == ["late-fees", "late-fees-2", "entry-42-things"]
    assert made_key("Late fees", set(), "^[a-z][a-z_]*$") == "late_fees"


def test_buttons_add_move_and_remove_rows_without_saving():
    draft = draft_of(Example())
    assert rearrange(Example, draft, "add:rows") == "rows.1"
    draft["rows"][1]["label"] = "Second"
    assert rearrange(Example, draft, "up:rows.1") == "rows.0"
    assert [row["label"] for row in draft["rows"]] == ["Second", "First"]
    assert rearrange(Example, draft, "up:rows.0") == "rows.0"
    assert rearrange(Example, draft, "remove:rows.0") == "rows.0"
    assert [row["label"] for row in draft["rows"]] == ["First"]


@pytest.mark.parametrize(
    "do",
    ["", "add", "add:title", "up:rows", "up:rows.9", "down:rows.x", "add:rows.0.key", "a:b.c.d",
     "up:rows." + "9" * 5_000],
)  # fmt: skip
def test_a_button_that_means_nothing_changes_nothing(do):
    draft = draft_of(Example())
    assert rearrange(Example, draft, do) == ""
    assert draft == draft_of(Example())


def test_a_new_row_is_empty_where_a_person_has_to_decide():
    assert "key" not in blank(Row)
    assert "label" not in blank(Row)
    assert blank(Row)["amount"] == "0"


def test_rows_inside_rows_can_be_added():
    settings = all_modules()["goals"].settings
    draft = draft_of(settings())
    before = len(draft["options"][0]["variants"])
    assert rearrange(settings, draft, "add:options.0.variants") == f"options.0.variants.{before}"


def test_a_shape_that_cannot_be_drawn_names_the_field():
    class Odd(Fields):
        lookup: dict[str, int] = Field(default_factory=dict)

    with pytest.raises(TypeError, match="lookup"):
        asked_for("lookup", Odd.model_fields["lookup"])


def test_closed_choices_become_boxes_with_words():
    asked = asked_for("kinds", Tracked.model_fields["kinds"])
    assert asked.control is Control.SEVERAL
    assert ("scrolled", "How far was read") in asked.options
