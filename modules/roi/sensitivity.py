"""The tornado: how far the NPV moves when one number at a time turns out different."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from operator import attrgetter

from modules.roi.finance import ONE, ZERO, total
from modules.roi.model import Case, Category, net_present_value


@dataclass(frozen=True, slots=True)
class Swing:
    """The NPV with one number lowered and raised by the same share of itself."""

    key: str
    label: str
    lowered: Decimal
    raised: Decimal
    swing: Decimal


def tornado(case: Case, share: Decimal) -> tuple[Swing, ...]:
    """Return one swing per number, the widest first; ties in the order of the case.

    A line's driver, unit value and improvement multiply, so any of the three moves the NPV
    alike and the line is one bar. What cannot be counted is left out.
    """
    down, up = _factor(share, -1), _factor(share, 1)
    if down is None or up is None:
        return ()
    swings = []
    for key, label, lowered, raised in (*_parts(case, down, up), *_wholes(case, down, up)):
        swing = _distance(lowered, raised)
        if lowered is not None and raised is not None and swing is not None:
            swings.append(Swing(key, label, lowered, raised, swing))
    return tuple(sorted(swings, key=attrgetter("swing"), reverse=True))


Ends = tuple[str, str, Decimal | None, Decimal | None]
"""Key, label, and the NPV with the number lowered and raised."""


def _parts(case: Case, down: Decimal, up: Decimal) -> Iterator[Ends]:
    """Yield lines and costs. The NPV is linear in each, so its own present value is enough."""
    now = net_present_value(case)
    for line in case.benefits:
        if line.category is not Category.STRATEGIC:
            alone = net_present_value(replace(case, benefits=(line,), costs=()))
            yield f"line.{line.key}", line.label, _moved(now, alone, down), _moved(now, alone, up)
    for cost in case.costs:
        alone = net_present_value(replace(case, benefits=(), costs=(cost,)))
        yield f"cost.{cost.key}", cost.label, _moved(now, alone, down), _moved(now, alone, up)


def _wholes(case: Case, down: Decimal, up: Decimal) -> Iterator[Ends]:
    """Yield what acts on everything: the realisation and the discount rate."""
    ends = [
        net_present_value(replace(case, realisation=_scaled(case.realisation, factor)))
        for factor in (down, up)
    ]
    yield "realisation", "Share of the benefits realised", ends[0], ends[1]
    ends = [
        net_present_value(replace(case, rate=_scaled(case.rate, factor))) for factor in (down, up)
    ]
    yield "rate", "Discount rate", ends[0], ends[1]


@total
def _factor(share: Decimal, direction: int) -> Decimal | None:
    """Return what a number is multiplied by; never below 0."""
    return max(ONE + share * direction, ZERO)


@total
def _moved(now: Decimal | None, alone: Decimal | None, factor: Decimal) -> Decimal | None:
    """Return the NPV when the part worth `alone` of it is multiplied."""
    return None if now is None or alone is None else now + alone * (factor - ONE)


@total
def _distance(low: Decimal | None, high: Decimal | None) -> Decimal | None:
    """Return how far two values lie apart."""
    return None if low is None or high is None else abs(high - low)


@total
def _product(value: Decimal, factor: Decimal) -> Decimal | None:
    """Multiply, within what can be counted."""
    return value * factor


def _scaled(value: Decimal, factor: Decimal) -> Decimal:
    """Multiply; NaN, which no figure is made of, where the product cannot be counted."""
    product = _product(value, factor)
    return Decimal("NaN") if product is None else product
