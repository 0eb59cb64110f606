"""The fixed room with the vendor's text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modules.contract import Profile
from modules.links import Button
from modules.text import module as text
from modules.text.blocks import Block, Span, parse
from modules.text.module import Settings
from tests.modules.stage import MARA, page, render, standing


def test_blank_lines_dashes_and_marks_make_blocks():
    assert parse("One\ntwo\n\n## Three\n- four\n- five\nsix\n\nseven") == (
        Block("paragraph", ((Span("One two"),),)),
        Block("heading", ((Span("Three"),),)),
        Block("list", ((Span("four"),), (Span("five six"),))),
        Block("paragraph", ((Span("seven"),),)),
    )


def test_a_heading_ends_the_paragraph_before_it():
    kinds = [block.kind for block in parse("a\n## b\n## c\nd\n- e")]
    assert kinds == ["paragraph", "heading", "heading", "paragraph", "list"]


def test_links_stand_in_their_line():
    (block,) = parse("See [our prices](https://example.com/p?a=1&b=2), or [write](mailto:a@b.c).")
    assert block.lines[0] == (
        Span("See "),
        Span("our prices", "https://example.com/p?a=1&b=2"),
        Span(", or "),
        Span("write", "mailto:a@b.c"),
        Span("."),
    )


@pytest.mark.parametrize(
    "odd",
    [
        "[x](javascript:alert(1))",
        "[x](data:text/html,1)",
        "[x](//evil.example)",
        "[x](https://a b)",
        '[x](https://a.b/"onclick="x)',
        "[](https://a.b)",
        "[x]",
        "<b>bold</b>",
    ],
)
def test_what_is_no_harmless_link_stays_text(odd):
    ((line,),) = (block.lines for block in parse(odd))
    assert line == (Span(odd),)
    assert not page(render(text, Settings(body=odd, buttons=()))).all("a", "b")


@given(st.text(alphabet="ab#-[]()\n :/<>@.https", max_size=80))
def test_any_text_has_blocks_and_loses_no_word(body):
    shown = "".join(
        span.text + span.url for block in parse(body) for line in block.lines for span in line
    )
    kept = {sign for sign in body if sign.isalpha()}
    assert kept <= set(shown)


def test_a_very_long_line_of_brackets_is_read_quickly():
    assert parse("[" * 20_000)
    assert parse("[a](https://" * 1_600)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/inside", "ftp://a.b", "https:// a", ""])
def test_a_button_leads_only_to_pages_mail_and_telephone(url):
    with pytest.raises(ValidationError):
        Button(url=url)


@pytest.mark.parametrize("act", ["", "Open", "1st", "a" * 41, "a b", "-a"])
def test_an_act_has_a_plain_name(act):
    with pytest.raises(ValidationError):
        Button(act=act)


def test_a_button_carries_its_act():
    settings = Settings(buttons=(Button(label="Call", url="tel:+4930123", act="phone.call"),))
    button = page(render(text, settings)).all("a")[-1]
    assert (button["href"], button["data-act"]) == ("tel:+4930123", "phone.call")


def test_the_text_is_the_same_for_everybody():
    assert text.is_fixed
    assert render(text, situation=standing(MARA)) == render(text, situation=standing(Profile()))
    assert text.choices(Settings(), standing(MARA)) == ()
