"""Numbers as people type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modules.figures import number, per_month, per_year, read_number


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1250", "1250"),
        ("1,250.50", "1250.50"),
        ("1 250,50", "1250.50"),
        ("1\u202f250,50", "1250.50"),
        ("1.250,50", "1250.50"),
        ("1'250", "1250"),
        ("1,25,000", "125000"),
        ("12,5", "12.5"),
        ("0,125", "0.125"),
        ("€ 900", "900"),
        ("12k", "12000"),
        ("\u22125", "-5"),
        (".5", "0.5"),
        ("5.", "5"),
    ],
)
def test_a_number_is_read_as_it_was_meant(text, meant):
    assert read_number(text) == Decimal(meant)


def test_the_locale_decides_what_could_mean_both():
    assert read_number("1,250") == 1250
    assert read_number("1.250") == Decimal("1.25")
    assert read_number("1.250", "de") == 1250
    assert read_number("1,250", "de") == Decimal("1.25")


@pytest.mark.parametrize("text", ["", "   ", "\u00a0"])
def test_an_empty_field_is_no_number(text):
    assert read_number(text) is None


@pytest.mark.parametrize(
    "text", ["abc", "1e30", "NaN", "Infinity", "1,2,3", "1.2.3", "--5", ",", "40 hours", "9" * 41]
)
def test_what_is_no_number_gets_a_helpful_answer(text):
    with pytest.raises(ValueError, match="number"):
        read_number(text)


@given(st.text(max_size=50))
def test_any_text_is_a_number_or_none_or_refused(text):
    try:
        read = read_number(text)
    except ValueError as problem:
        assert "number" in str(problem)  # noqa: PT017 - other texts are fine
    else:
        assert read is None or read.is_finite()


@given(st.decimals(0, 10**12, places=2), st.sampled_from(["en", "de", "fr", "de_CH", "en_IN"]))
def test_a_number_we_wrote_is_read_back(value, locale):
    assert read_number(number(value, locale), locale) == value


def test_weeks_months_and_years_come_to_the_same():
    assert per_year(Decimal(12), "week") == 624
    assert per_month(Decimal(12), "week") == 52
    assert per_month(Decimal(1200), "year") == 100
