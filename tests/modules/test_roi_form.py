"""The ROI form: numbers as people write them, and a helpful word for everything else."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.contract import FormError, Situation
from modules.figures import read_number
from modules.roi import module as roi
from modules.roi.assumptions import BOUNDS, PERCENT, WHOLE, sheet_of
from modules.roi.reading import entry_of
from modules.roi.settings import Answers, Settings

NOBODY = Situation()
LOCALES = ["en", "de", "fr", "sv", "de_CH", "en_IN", "pt_BR", "pl"]
NAMES = [assumption.name for assumption in sheet_of(Settings(), Answers(), NOBODY)]
NUMERIC = r"-?[0-9.,' ]{1,20}%?"


def problems_of(form: dict[str, str], shape=None, situation=NOBODY) -> dict[str, str]:
    with pytest.raises(FormError) as refused:
        roi.read({name: [text] for name, text in form.items()}, shape or Settings(), situation)
    return refused.value.problems


def read(form: dict[str, str], shape=None, situation=NOBODY) -> Answers:
    return roi.read({name: [text] for name, text in form.items()}, shape or Settings(), situation)


@pytest.mark.parametrize(
    ("text", "locale", "meant"),
    [
        ("1,250.50", "en", "1250.5"),
        ("1 250,50", "en", "1250.5"),
        ("1.250,50", "en", "1250.5"),
        ("1,250.50", "de", "1250.5"),
        ("1.250", "de", "1250"),
        ("1.250", "en", "1.25"),
        ("1,250", "en", "1250"),
        ("€ 1,250", "en", "1250"),
        ("1250 EUR", "en", "1250"),
        ("0", "en", "0"),
        (" 12 ", "en", "12"),
    ],
)
def test_money_is_read_as_people_write_it(text, locale, meant):
    answers = read({"cost.setup.one_off": text}, situation=Situation(locale=locale))
    assert answers.numbers == {"cost.setup.one_off": Decimal(meant)}


@pytest.mark.parametrize(
    ("text", "share"), [("12 %", "0.12"), ("12", "0.12"), ("0", "0"), ("7,5%", "0.075")]
)
def test_a_percentage_is_read_with_or_without_its_sign(text, share):
    assert read({"discount_rate": text}).numbers == {"discount_rate": Decimal(share)}


def test_an_empty_field_gives_the_number_back_to_where_it_came_from():
    assert read({"discount_rate": "", "line.approvals.driver": "  "}) == Answers()


def test_every_bad_field_is_named_at_once_with_what_to_do():
    problems = problems_of(
        {
            "line.approvals.driver": "1e30",
            "line.approvals.unit_value": "-5",
            "line.approvals.improvement": "101",
            "line.typing.driver": "lots",
            "line.typing.unit_value": "NaN",
            "cost.setup.one_off": "Infinity",
            "cost.licence.quantity": "12 %",
            "cost.licence.yearly": "9" * 41,
            "cost.own-time.yearly": "9" * 40,
            "cost.support.yearly": "€",
            "discount_rate": "-1",
            "years": "2.5",
            "growth": "-51",
            "line.gone.driver": "3",
            "scenario": "certain",
            "order": "random",
            "ramp.year_1": "60",
        }
    )
    assert len(problems) == 16
    assert "ramp.year_1" not in problems
    assert problems["line.approvals.unit_value"].startswith("Please write an amount from €0 to")
    assert problems["line.approvals.improvement"] == "Please write a percentage from 0% to 100%."
    assert problems["years"] == "Please write a whole number from 1 to 10."
    assert "not a percentage" in problems["cost.licence.quantity"]
    assert "no longer" in problems["line.gone.driver"]


@pytest.mark.parametrize("locale", LOCALES)
@given(share=st.decimals(0, 1, places=8), amount=st.decimals(0, 10**9, places=6))
@settings(max_examples=40, deadline=None)
def test_a_number_shown_in_its_field_reads_as_the_same_number(locale, share, amount):
    for assumption in sheet_of(Settings(), Answers(), NOBODY):
        value = share if assumption.measure in PERCENT else amount
        if assumption.measure in WHOLE:
            continue
        typed = read_number(entry_of(assumption, value, locale), locale)
        assert typed == (value * 100 if assumption.measure in PERCENT else value)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=60)))
@settings(max_examples=100, deadline=None)
def test_any_text_is_a_number_or_a_problem_of_its_field(form):
    try:
        answers = read(form)
    except FormError as refused:
        named = set(refused.problems)
    else:
        named = set(answers.numbers)
    assert named <= set(form)


@given(st.dictionaries(st.sampled_from(NAMES), st.from_regex(NUMERIC, fullmatch=True)))
@settings(max_examples=150, deadline=None)
def test_what_is_read_is_within_its_bounds(form):
    try:
        answers = read(form)
    except FormError:
        return
    measures = {a.name: a.measure for a in sheet_of(Settings(), Answers(), NOBODY)}
    for name, number in answers.numbers.items():
        low, high = BOUNDS[measures[name]]
        assert low <= number <= high
