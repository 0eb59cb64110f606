"""How figures are written for people. Arithmetic stays in Decimal; rounding happens only here."""

import re
from decimal import Decimal
from functools import lru_cache
from unicodedata import category

from babel.numbers import format_currency, format_decimal, format_percent, get_decimal_symbol


@lru_cache(maxsize=4096)
def money(amount: Decimal | int, currency: str = "EUR", locale: str = "en") -> str:
    """Write an amount in whole units of its currency: "€49,211"."""
    return str(
        format_currency(
            round(Decimal(amount)),
            currency,
            format="¤#,##0",
            locale=locale,
            currency_digits=False,
        )
    )


@lru_cache(maxsize=4096)
def number(value: Decimal | int, locale: str = "en", *, digits: int = 2) -> str:
    """Write a number with at most `digits` decimals and no trailing zeros: "1,250.5"."""
    rounded = round(Decimal(value), digits)
    return str(format_decimal(rounded, format="#,##0." + "#" * digits, locale=locale))


@lru_cache(maxsize=4096)
def percent(share: Decimal | float, locale: str = "en", *, digits: int = 0) -> str:
    """Write a share (0-1) as a percentage: "49%"."""
    pattern = "#,##0." + "0" * digits + "%" if digits else "#,##0%"
    return str(format_percent(Decimal(str(share)), format=pattern, locale=locale))


PERIODS_PER_YEAR = {"week": 52, "month": 12, "year": 1}
MONTHS_PER_YEAR = 12


def per_year(amount: Decimal, period: str) -> Decimal:
    """Spread an amount per week, month or year over a whole year."""
    return amount * PERIODS_PER_YEAR[period]


def per_month(amount: Decimal, period: str) -> Decimal:
    """Return the monthly part of an amount per week, month or year (a twelfth of a year)."""
    return per_year(amount, period) / MONTHS_PER_YEAR


LONGEST_NUMBER = 40
NOT_A_NUMBER = "Please write a plain number, such as 1,250.50."
SPACES = re.compile(r"[\s'\u2019_]+")


def read_number(text: str, locale: str = "en") -> Decimal | None:
    """Read a number as people type it; None for an empty text.

    Takes "1250.5", "1,250.50", "1 250,50", "1.250,50", "€ 1250", "12k". Where one sign could mean
    both ("1.250") the locale decides. Raises ValueError, with a text for the person, for anything
    else: words, exponents, infinity.
    """
    plain = SPACES.sub("", text.strip())
    if not plain:
        return None
    if len(plain) > LONGEST_NUMBER:
        raise ValueError("This number is too long to be one.")
    plain = "".join(sign for sign in plain if category(sign) != "Sc").replace("\u2212", "-")
    found = re.fullmatch(r"([+-]?)([\d.,]*\d[\d.,]*)([kK]?)", plain)
    if not found:
        raise ValueError(NOT_A_NUMBER)
    sign, digits, thousands = found.groups()
    value = Decimal(_without_groups(digits, locale)) * (1_000 if thousands else 1)
    return -value if sign == "-" else value


def _without_groups(digits: str, locale: str) -> str:
    """Drop the signs between thousands and make the decimal sign a dot."""
    decimal_sign = _decimal_sign(digits, locale)
    whole, _, fraction = digits.rpartition(decimal_sign) if decimal_sign else (digits, "", "")
    grouping = whole.replace(".", ",")
    if not fraction.isdecimal() and fraction:
        raise ValueError(NOT_A_NUMBER)
    if "," in grouping and not re.fullmatch(r"[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}", grouping):
        raise ValueError(NOT_A_NUMBER)
    return f"{grouping.replace(',', '') or '0'}{'.' if fraction else ''}{fraction}"


def _decimal_sign(digits: str, locale: str) -> str:
    """Tell which of "." and "," begins the decimals, "" if none does."""
    dots, commas = digits.count("."), digits.count(",")
    if dots and commas:
        last = max(".,", key=digits.rfind)
        return last if digits.count(last) == 1 else ""
    if dots + commas != 1:
        return ""
    sign = "." if dots else ","
    is_grouping = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) is not None
    return "" if is_grouping and sign != get_decimal_symbol(locale) else sign
