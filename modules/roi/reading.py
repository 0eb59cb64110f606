"""Reads the posted form: numbers as people write them, every problem named at once."""

import re
from decimal import Decimal

from babel.numbers import get_currency_symbol

from modules.contract import Form, FormError, Situation
from modules.figures import NOT_A_NUMBER, money, number, percent, read_number
from modules.roi.assumptions import (
    BOUNDS,
    PERCENT,
    WHOLE,
    Assumption,
    Measure,
    is_possible,
    sheet_of,
)
from modules.roi.settings import Answers, Scenario, Settings

FINEST = Decimal("0.000001")


def read_answers(form: Form, settings: Settings, situation: Situation) -> Answers:
    """Return the buyer's answers; an empty field gives the number back to where it came from.

    Raises FormError with every problem at once.
    """
    problems: dict[str, str] = {}
    numbers: dict[str, Decimal] = {}
    assumptions = {a.name: a for a in sheet_of(settings, Answers(), situation)}
    for name, assumption in assumptions.items():
        text = _last(form, name)
        if not text.strip():
            continue
        try:
            numbers[name] = _read_one(text, assumption, situation)
        except ValueError as problem:
            problems[name] = str(problem)
    for name in form:
        if name.startswith(("line.", "cost.")) and name not in assumptions:
            problems[name] = "This number is no longer part of the calculation."
    scenario = _option(form, "scenario", tuple(Scenario), "Please choose one of the scenarios.")
    order = _option(form, "order", ("category", "value"), "Please choose one of the two orders.")
    problems |= scenario[1] | order[1]
    if problems:
        raise FormError(problems)
    chosen = Scenario(scenario[0]) if scenario[0] else None
    return Answers(
        scenario=chosen, order="value" if order[0] == "value" else "category", numbers=numbers
    )


def entry_of(assumption: Assumption, value: Decimal, locale: str) -> str:
    """Write a number the way it is typed into its field; reading it gives the same number."""
    shown = value * 100 if assumption.measure in PERCENT else value
    return number(shown, locale, digits=6)


def _read_one(text: str, assumption: Assumption, situation: Situation) -> Decimal:
    """Read one assumption within its bounds; what is finer than anyone measures is rounded.

    A percentage is typed as such: "12" and "12 %" are both 0.12. Raises ValueError with a text
    for the person.
    """
    is_percent = assumption.measure in PERCENT
    bare = _without_currency(text, situation) if assumption.measure is Measure.MONEY else text
    if is_percent:
        bare = bare.strip().removesuffix("%")
    elif "%" in text:
        raise ValueError("Please write an amount here, not a percentage.")
    value = read_number(bare, situation.locale)
    if value is None:
        raise ValueError(NOT_A_NUMBER)
    if abs(value) > max(BOUNDS[Measure.MONEY]):
        raise ValueError(_bounds(assumption, situation))
    value = value.quantize(FINEST) / (100 if is_percent else 1)
    if not is_possible(value, assumption.measure):
        raise ValueError(_bounds(assumption, situation))
    return value


def _without_currency(text: str, situation: Situation) -> str:
    """Cut the currency's sign or code from both ends."""
    signs = {situation.currency, get_currency_symbol(situation.currency, situation.locale)}
    bare = text.strip()
    for sign in sorted(filter(None, signs), key=len, reverse=True):
        for end in (re.escape(sign) + r"\s*$", r"^\s*" + re.escape(sign)):
            bare = re.sub(end, "", bare, count=1, flags=re.IGNORECASE)
    return bare.strip("€$£¥ ")


def _bounds(assumption: Assumption, situation: Situation) -> str:
    """Say what is possible here."""
    low, high = BOUNDS[assumption.measure]
    locale = situation.locale
    if assumption.measure in PERCENT:
        return f"Please write a percentage from {percent(low, locale)} to {percent(high, locale)}."
    if assumption.measure is Measure.MONEY:
        least, most = (money(bound, situation.currency, locale) for bound in (low, high))
        return f"Please write an amount from {least} to {most}."
    kind = "a whole number" if assumption.measure in WHOLE else "a number"
    return f"Please write {kind} from {number(low, locale)} to {number(high, locale)}."


def _option(
    form: Form, name: str, options: tuple[str, ...], problem: str
) -> tuple[str, dict[str, str]]:
    """Return the option sent ("" for none), and what is wrong with it."""
    sent = _last(form, name).strip()
    return (sent, {}) if sent in ("", *options) else ("", {name: problem})


def _last(form: Form, name: str) -> str:
    """Return the last value sent under a name, "" if there is none."""
    values = form.get(name, ())
    return values[-1] if values else ""
