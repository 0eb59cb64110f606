"""The two charts with their words: title, description and the table that says the same."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate

from modules.roi.calculation import Calculation
from modules.roi.charts import (
    CumulativeChart,
    Pull,
    Tornado,
    draw_cumulative,
    draw_tornado,
    ticks,
)
from modules.roi.model import benefit_flows, cost_flows, cumulative_net
from modules.roi.sensitivity import tornado
from modules.roi.words import SCENARIOS
from modules.roi.writing import counted

MOST_LABEL = 42
MOST_YEARS_IN_WORDS = 4


@dataclass(frozen=True, slots=True)
class CumulativeShown:
    """The cumulative net as a drawing and as a table."""

    drawing: CumulativeChart
    description: str
    rows: tuple[tuple[str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class TornadoShown:
    """The sensitivity as a drawing and as a table."""

    drawing: Tornado
    description: str
    share: str
    middle: str
    rows: tuple[tuple[str, str, str, str], ...]


def cumulative_of(roi: Calculation) -> CumulativeShown | None:
    """Draw all scenarios' cumulative net; None if they cannot be counted."""
    known = {scenario: cumulative_net(case) for scenario, case in roi.cases.items()}
    series = {scenario: flows for scenario, flows in known.items() if flows is not None}
    if len(series) < len(known):
        return None
    everything = [value for flows in series.values() for value in flows]
    rows = ticks(min(everything), max(everything))
    months = roi.figures.payback_months
    drawing = draw_cumulative(
        tuple(series.values()),
        list(series).index(roi.scenario),
        payback=None if months is None else months * roi.case.per_year / 12,
        rows=rows,
        row_labels=[roi.pen.short_money(row) for row in rows],
        columns=[(year * roi.case.per_year, _year(year, roi)) for year in _years(roi)],
    )
    return CumulativeShown(drawing, _described(roi, series[roi.scenario]), _yearly_rows(roi))


def tornado_of(roi: Calculation) -> TornadoShown | None:
    """Draw the sensitivity of the NPV; None if there is none to count."""
    middle, pen = roi.figures.npv, roi.pen
    share = roi.settings.sensitivity
    swings = [swing for swing in tornado(roi.case, share) if swing.swing]
    if middle is None or not swings:
        return None
    pulls = [
        Pull(
            _cut(swing.label),
            swing.lowered,
            swing.raised,
            f"± {pen.short_money(swing.swing / 2)}",
        )
        for swing in swings
    ]
    rows = tuple(
        (s.label, pen.money(s.lowered), pen.money(s.raised), pen.money(s.swing)) for s in swings
    )
    description = (
        f"Each number alone {pen.percent(share)} lower and higher. The widest swing comes from "
        f"“{swings[0].label}”: the net present value lies between {pen.money(swings[0].lowered)} "
        f"and {pen.money(swings[0].raised)}."
    )
    return TornadoShown(
        draw_tornado(middle, pulls), description, pen.percent(share), pen.money(middle), rows
    )


def _described(roi: Calculation, so_far: tuple[Decimal, ...]) -> str:
    """Say in a sentence what the curve shows."""
    pen, years = roi.pen, counted(roi.case.years, "year")
    end = f"ends at {pen.money(so_far[-1])} after {years}"
    months = roi.figures.payback_months
    if months is None:
        return f"{SCENARIOS[roi.scenario]}: starts at {pen.money(so_far[0])} and {end}."
    back = f"is back at zero after {roi.payback()}" if months else "never goes below zero"
    return f"{SCENARIOS[roi.scenario]}: starts at {pen.money(so_far[0])}, {back} and {end}."


def _yearly_rows(roi: Calculation) -> tuple[tuple[str, str, str, str], ...]:
    """Return (time, benefits, costs, cumulative net) per year."""
    step = roi.case.per_year
    benefits, costs = benefit_flows(roi.case), cost_flows(roi.case)
    if benefits is None or costs is None:
        return ()
    gained, spent = list(accumulate(benefits)), list(accumulate(costs))
    rows = []
    for year in _years(roi):
        at, before = year * step, (year - 1) * step
        came = gained[at] - (gained[before] if year else 0)
        went = spent[at] - (spent[before] if year else 0)
        came_text, went_text = roi.pen.money(came), roi.pen.money(went)
        label = f"Year {year}" if year else "Start"
        rows.append((label, came_text, went_text, roi.pen.money(gained[at] - spent[at])))
    return tuple(rows)


def _years(roi: Calculation) -> range:
    """Return 0 to the last year."""
    return range(roi.case.years + 1)


def _year(year: int, roi: Calculation) -> str:
    """Label a year on the axis; shorter where there are many."""
    if not year:
        return "Start"
    return f"Year {year}" if roi.case.years <= MOST_YEARS_IN_WORDS else str(year)


def _cut(label: str) -> str:
    """Shorten a label to what fits above its bar."""
    return label if len(label) <= MOST_LABEL else f"{label[: MOST_LABEL - 1].rstrip()}…"
