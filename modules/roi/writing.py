"""How the room writes its figures for a person: money, shares, times."""

from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_compact_currency, get_currency_symbol

from modules.contract import Situation
from modules.figures import money, number, percent
from modules.roi.assumptions import PERCENT, Assumption, Measure

NOTHING = "n/a"
MOST_MONTHS = 24
LARGE_MONEY = Decimal(1_000_000_000)
LARGE_SHARE = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes in one currency and language."""

    currency: str
    locale: str

    @property
    def currency_sign(self) -> str:
        """The currency's sign, its code where it has none: "€"."""
        return str(get_currency_symbol(self.currency, self.locale))

    def money(self, amount: Decimal | None) -> str:
        """Write whole money; short from a billion on."""
        if amount is None:
            return NOTHING
        if abs(amount) >= LARGE_MONEY:
            return self.short_money(amount)
        whole = amount if round(amount) else Decimal(0)  # never "-€0"
        return money(whole, self.currency, self.locale)

    def price(self, amount: Decimal) -> str:
        """Write money with its cents where it has any, as assumptions need."""
        if amount == round(amount):
            return self.money(amount)
        return f"{self.number(amount)} {self.currency}"

    def short_money(self, amount: Decimal) -> str:
        """Write money for an axis: "€150K"."""
        return str(
            format_compact_currency(amount, self.currency, locale=self.locale, fraction_digits=1)
        )

    def percent(self, share: Decimal | None) -> str:
        """Write a share, with a decimal only where it is small."""
        if share is None:
            return NOTHING
        if share > LARGE_SHARE:
            return f"over {percent(LARGE_SHARE, self.locale)}"
        is_small = abs(share) < Decimal("0.2") and share * 100 != round(share * 100)
        return percent(share, self.locale, digits=1 if is_small else 0)

    def number(self, value: Decimal | int) -> str:
        """Write a plain number."""
        return number(value, self.locale)

    def duration(self, months: Decimal | None, years: int) -> str:
        """Write a payback: "11 months", "2.5 years", "at once", "not within 3 years"."""
        if months is None:
            return f"not within {counted(years, 'year')}"
        if months == 0:
            return "at once"
        if months < 1:
            return "under a month"
        if months < MOST_MONTHS:
            return counted(round(months), "month")
        return f"{number(months / 12, self.locale, digits=1)} years"

    def assumption(self, assumption: Assumption, value: Decimal) -> str:
        """Write an assumption's number in its unit."""
        if assumption.measure is Measure.MONEY:
            return self.price(value)
        if assumption.measure in PERCENT:
            return f"{number(value * 100, self.locale)}%"
        return self.number(value)


def pen_of(situation: Situation) -> Pen:
    """Return the pen for this situation."""
    return Pen(situation.currency, situation.locale)


def counted(count: int, noun: str) -> str:
    """Write a count with its noun: "1 month", "3 months"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
