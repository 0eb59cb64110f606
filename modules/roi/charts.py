"""Geometry of the two charts. Everything is computed here; the templates only place it.

Coordinates are user units of a 400 wide drawing, written as text with one decimal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

WIDTH = 400
HEIGHT = 300
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 12, 26
ROW = 40
MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A labelled place on an axis."""

    at: str
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One scenario's cumulative net as points of a polyline."""

    points: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class CumulativeChart:
    """The cumulative net over time."""

    curves: tuple[Curve, ...]
    gain_area: str
    loss_area: str
    rows: tuple[Mark, ...]
    columns: tuple[Mark, ...]
    zero: str
    payback_x: str


@dataclass(frozen=True, slots=True)
class Pull:
    """How far one number pulls the NPV, in words too."""

    label: str
    lowered: Decimal
    raised: Decimal
    reach: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of the tornado: two bars that leave the axis."""

    label: str
    reach: str
    text_y: str
    bar_y: str
    axis_y: str
    low_x: str
    low_width: str
    high_x: str
    high_width: str
    is_turned: bool


@dataclass(frozen=True, slots=True)
class Tornado:
    """The bars, and the axis through the NPV as it stands."""

    bars: tuple[Bar, ...]
    height: int
    axis: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps values to units, from `low` at `start` to `high` at `end`."""

    low: Decimal
    high: Decimal
    start: int
    end: int

    def __call__(self, value: Decimal) -> Decimal:
        """Return where a value lies."""
        span = self.high - self.low
        if span <= 0:
            return Decimal(self.start)
        return self.start + (value - self.low) / span * (self.end - self.start)


def round_step(span: Decimal, steps: int = 4) -> Decimal:
    """Return the 1, 2, 2.5 or 5 times a power of ten that divides a span into about `steps`."""
    if span <= 0:
        return Decimal(1)
    rough = span / steps
    power = Decimal(1).scaleb(rough.adjusted())
    return next(
        power * factor
        for factor in (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
        if power * factor >= rough
    )


def ticks(low: Decimal, high: Decimal) -> tuple[Decimal, ...]:
    """Return round values from at or below `low` to at or above `high`, 0 among them."""
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    step = round_step(high - low)
    first = -((-low / step).to_integral_value(ROUND_CEILING))
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    return tuple(step * (first + count) for count in range(int(last - first) + 1))


def draw_cumulative(
    series: Sequence[Sequence[Decimal]],
    chosen: int,
    *,
    payback: Decimal | None,
    row_labels: Sequence[str],
    rows: Sequence[Decimal],
    columns: Sequence[tuple[int, str]],
) -> CumulativeChart:
    """Place every scenario's cumulative net; `payback` is in periods."""
    across = Scale(Decimal(0), Decimal(len(series[chosen]) - 1), LEFT, WIDTH - RIGHT)
    up = Scale(rows[0], rows[-1], HEIGHT - BOTTOM, TOP)
    placed = [[(across(Decimal(t)), up(value)) for t, value in enumerate(s)] for s in series]
    crossed = _with_crossings(series[chosen])
    return CumulativeChart(
        curves=tuple(
            Curve(_points(points), index == chosen) for index, points in enumerate(placed)
        ),
        gain_area=_area([(across(t), up(max(v, Decimal(0)))) for t, v in crossed], up),
        loss_area=_area([(across(t), up(min(v, Decimal(0)))) for t, v in crossed], up),
        rows=tuple(
            Mark(_text(up(row)), label) for row, label in zip(rows, row_labels, strict=True)
        ),
        columns=tuple(Mark(_text(across(Decimal(t))), label) for t, label in columns),
        zero=_text(up(Decimal(0))),
        payback_x=_text(across(payback)) if payback else "",
    )


def draw_tornado(middle: Decimal, pulls: Sequence[Pull]) -> Tornado:
    """Place the first pulls around the NPV as it stands."""
    shown = pulls[:MOST_BARS]
    ends = [end for pull in shown for end in (pull.lowered, pull.raised)]
    reach = max([abs(end - middle) for end in ends] or [Decimal(0)])
    across = Scale(middle - reach, middle + reach, 4, WIDTH - 4)
    axis = across(middle) if reach else Decimal(WIDTH) / 2
    return Tornado(
        bars=tuple(_bar(row, pull, across, axis) for row, pull in enumerate(shown)),
        height=ROW * len(shown) + 8,
        axis=_text(axis),
    )


def _bar(row: int, pull: Pull, across: Scale, axis: Decimal) -> Bar:
    """Place one row: its label above, its bars left and right of the axis."""
    worse = across(min(pull.lowered, pull.raised))
    better = across(max(pull.lowered, pull.raised))
    return Bar(
        label=pull.label,
        reach=pull.reach,
        text_y=str(ROW * row + 14),
        bar_y=str(ROW * row + 20),
        axis_y=str(ROW * row + 17),
        low_x=_text(min(worse, axis)),
        low_width=_text(max(axis - worse, Decimal(0))),
        high_x=_text(axis),
        high_width=_text(max(better - axis, Decimal(0))),
        is_turned=pull.raised < pull.lowered,
    )


def _with_crossings(values: Sequence[Decimal]) -> list[tuple[Decimal, Decimal]]:
    """Return (t, value) with a point added wherever the line crosses 0 between two others."""
    found: list[tuple[Decimal, Decimal]] = []
    for t, value in enumerate(values):
        before = values[t - 1] if t else value
        if before * value < 0:
            found.append((t - 1 + before / (before - value), Decimal(0)))
        found.append((Decimal(t), value))
    return found


def _area(points: Sequence[tuple[Decimal, Decimal]], up: Scale) -> str:
    """Close a line to an area on the zero line."""
    zero = up(Decimal(0))
    return _points([(points[0][0], zero), *points, (points[-1][0], zero)])


def _points(points: Sequence[tuple[Decimal, Decimal]]) -> str:
    """Write points as an SVG list."""
    return " ".join(f"{_text(x)},{_text(y)}" for x, y in points)


def _text(units: Decimal) -> str:
    """Write a coordinate."""
    return f"{units:.1f}"
