"""A company's look: readable whatever colours were chosen; logos are only pixels."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from app.campaigns.colours import ENOUGH, contrast, ink_on
from app.campaigns.logo import MOST_BYTES, SIZE, redraw_logo
from app.campaigns.look import DARK, LIGHT, brand_css, dark_tone, light_tone
from app.campaigns.shapes import Brand
from app.errors import InvalidError

pytestmark = pytest.mark.no_database
colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
INK, INK_SOFT = ("#1b2321", "#e9ecea"), ("#56615d", "#a3aeaa")


@given(colours)
def test_any_brand_colour_is_readable_in_light_and_in_dark(colour):
    for tone, papers in ((light_tone(colour), LIGHT), (dark_tone(colour), DARK)):
        for paper in (*papers, tone.soft):
            assert contrast(tone.text, paper) >= ENOUGH
        assert contrast(tone.on_text, tone.text) >= ENOUGH
    assert contrast(ink_on(colour), colour) >= ENOUGH


@given(colours)
def test_our_own_text_is_readable_on_every_tint(colour):
    for tone, ink, soft in zip((light_tone(colour), dark_tone(colour)), INK, INK_SOFT, strict=True):
        assert contrast(ink, tone.soft) >= ENOUGH
        assert contrast(soft, tone.soft) >= ENOUGH


def test_a_colour_that_is_readable_already_stays_as_it_is():
    assert light_tone("#1f5f5b").text == "#1f5f5b"
    assert dark_tone("#6fc3b8").text == "#6fc3b8"


def test_black_on_white_has_the_largest_contrast_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("type_", ["modern", "editorial", "classic", "system"])
def test_the_look_is_one_block_of_properties(type_):
    css = brand_css(Brand(type=type_))
    assert css.startswith(":root{--accent:light-dark(#")
    assert "--font-display:" in css
    assert "<" not in css


@pytest.mark.parametrize("colour", ["red", "#12345", "#123456;}</style><script>", "#12345g", ""])
def test_what_is_no_colour_never_gets_into_the_look(colour):
    with pytest.raises(ValidationError):
        Brand(colour=colour)


def picture(kind="PNG", size=(1200, 300), mode="RGB"):
    written = BytesIO()
    Image.new(mode, size, 1 if mode == "1" else "teal").save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_written_anew_as_a_small_png(kind):
    with Image.open(BytesIO(redraw_logo(picture(kind)))) as logo:
        assert logo.format == "PNG"
        assert logo.size == (SIZE[0], 160)


@pytest.mark.parametrize(
    "upload",
    [
        b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"\x89PNG\r\n\x1a\nbroken",
        picture("GIF"), picture("BMP", (10, 10)), b"\0" * (MOST_BYTES + 1), picture()[:60],
        picture(size=(20_000, 1_000), mode="1"), picture(size=(15_000, 13_000), mode="1"),
    ],
    ids=["nothing", "svg", "broken", "gif", "bmp", "heavy", "cut", "large", "bomb"],
)  # fmt: skip
def test_what_is_no_modest_picture_is_refused_with_words(upload):
    with pytest.raises(InvalidError) as refusal:
        redraw_logo(upload)
    assert set(refusal.value.problems) == {"logo"}
