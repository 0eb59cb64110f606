"""What the page shows: figures, benefits, costs and fields, as ready text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from modules.roi.assumptions import PERCENT, Assumption, CostSheet, LineSheet, Measure, Origin
from modules.roi.calculation import Calculation
from modules.roi.finance import ONE, tco_saving
from modules.roi.model import Category, break_even, full_year
from modules.roi.page_charts import cumulative_of, tornado_of
from modules.roi.reading import entry_of
from modules.roi.settings import Scenario
from modules.roi.words import CATEGORIES, COST_KINDS, DEFINITIONS, ORIGINS, SCENARIOS
from modules.roi.writing import NOTHING, Pen, counted

UNITS = {Measure.YEARS: "years", Measure.MONTHS: "months"}


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One number to type: the buyer's own as text, else what counts as the placeholder."""

    name: str
    slug: str
    label: str
    text: str
    placeholder: str
    unit: str
    source: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class PartShown:
    """A benefit or a cost with what it adds up to and its fields."""

    key: str
    label: str
    note: str
    tag: str
    amount: str
    per: str
    fields: tuple[FieldShown, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Benefits of one category, or all of them ("" as title)."""

    title: str
    note: str
    amount: str
    parts: tuple[PartShown, ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its label and what one should know of it."""

    label: str
    value: str
    note: str
    tone: str = ""


def page_of(roi: Calculation) -> Mapping[str, object]:
    """Return everything `site.html` shows."""
    case, pen = roi.case, roi.pen
    return {
        "title": roi.settings.title,
        "intro": roi.settings.intro,
        "scenarios": [_scenario(roi, scenario) for scenario in Scenario],
        "counted": f"{pen.percent(case.realisation)} of every benefit counted"
        + (f", costs raised by {pen.percent(case.cost_rise)}" if case.cost_rise else ""),
        "tiles": _tiles(roi),
        "figures": _all_figures(roi),
        "cumulative": cumulative_of(roi),
        "tornado": tornado_of(roi),
        "idle": pen.money(roi.idle),
        "idle_net": pen.money(roi.idle_net),
        "has_idle": bool(roi.idle and roi.idle > 0),
        "order": roi.answers.order,
        "groups": _groups(roi),
        "costs": [_cost(sheet, pen) for sheet in roi.sheet.costs],
        "cost_total": pen.money(roi.figures.tco),
        "years": counted(case.years, "year"),
        "counting": _fields((a for a in roi.sheet.general if "scenario." not in a.name), pen),
        "factors": _fields((a for a in roi.sheet.general if "scenario." in a.name), pen),
        "own_count": sum(a.is_own for a in roi.sheet),
        "definitions": tuple(DEFINITIONS.items()),
    }


def _scenario(roi: Calculation, scenario: Scenario) -> Mapping[str, object]:
    """Return one choice of the scenario control."""
    return {
        "key": scenario.value,
        "label": SCENARIOS[scenario],
        "is_chosen": scenario is roi.scenario,
    }


def _tiles(roi: Calculation) -> list[Tile]:
    """Return the four key figures."""
    pen, found, case = roi.pen, roi.figures, roi.case
    later = pen.duration(found.discounted_payback_months, case.years)
    payback = NOTHING if roi.is_empty else roi.payback()
    horizon = f"over {counted(case.years, 'year')} at {pen.percent(case.rate)}"
    plain = f"present values; {pen.percent(found.roi_simple)} undiscounted"
    irr = "a year" if found.irr is not None else "needs one change from minus to plus"
    return [
        Tile("Payback", payback, f"discounted: {later}", "lead"),
        Tile("Net present value", pen.money(found.npv), horizon, _tone(found.npv)),
        Tile("Return on investment", pen.percent(found.roi_pv), plain, _tone(found.roi_pv)),
        Tile("Internal rate of return", pen.percent(found.irr), irr, _tone(found.irr)),
    ]


def _tone(value: Decimal | None) -> str:
    """Return how a figure is coloured: only what is lost stands out."""
    return "bad" if value is not None and value < 0 else ""


def _all_figures(roi: Calculation) -> list[tuple[str, str]]:
    """Return every figure by its full name."""
    pen, found, case = roi.pen, roi.figures, roi.case
    today = roi.sheet.values()["today_yearly"]
    ratio = NOTHING if found.bcr is None else pen.number(min(found.bcr, Decimal(10**9)))
    rows = [
        ("Net present value (NPV)", pen.money(found.npv)),
        ("ROI, present values", pen.percent(found.roi_pv)),
        ("ROI, undiscounted", pen.percent(found.roi_simple)),
        ("Benefit-cost ratio", ratio),
        ("Internal rate of return (IRR)", pen.percent(found.irr)),
        ("Modified IRR", pen.percent(found.mirr)),
        ("Payback", roi.payback()),
        ("Discounted payback", pen.duration(found.discounted_payback_months, case.years)),
        ("Break-even: benefits that must come true", _break_even(roi)),
        ("Total cost of ownership", pen.money(found.tco)),
        ("Total cost of ownership, present value", pen.money(found.tco_pv)),
    ]
    if today and found.tco is not None:
        saving = tco_saving([today] * case.years, [found.tco])
        rows.append(("Lower total cost than today's solution", pen.money(saving)))
    return rows


def _break_even(roi: Calculation) -> str:
    """Write the break-even realisation; beyond 100 % it cannot be reached."""
    share = break_even(roi.case)
    if share is None:
        return NOTHING
    return "not even with all of them" if share > ONE else roi.pen.percent(max(share, Decimal(0)))


def _groups(roi: Calculation) -> list[Group]:
    """Return the benefits by category, or as one list with the largest first."""
    worth = {line.key: full_year(line) or Decimal(0) for line in roi.case.benefits}
    by_worth = sorted(roi.sheet.lines, key=lambda sheet: -worth[sheet.line.key])
    if roi.answers.order == "value":
        parts = tuple(_line(sheet, roi, worth) for sheet in by_worth)
        return [Group("", "", "", parts)] if parts else []
    groups = []
    for category, (title, note) in CATEGORIES.items():
        sheets = [sheet for sheet in by_worth if sheet.line.category is category]
        if sheets:
            total = sum(worth[sheet.line.key] for sheet in sheets) * roi.case.realisation
            has_sum = category is not Category.STRATEGIC and len(sheets) > 1
            amount = roi.pen.money(Decimal(total)) if has_sum else ""
            parts = tuple(_line(sheet, roi, worth) for sheet in sheets)
            groups.append(Group(title, note, amount, parts))
    return groups


def _line(sheet: LineSheet, roi: Calculation, worth: Mapping[str, Decimal]) -> PartShown:
    """Return one benefit with what it brings in this scenario."""
    line = sheet.line
    is_counted = line.category is not Category.STRATEGIC
    per = "once" if line.category is Category.WORKING_CAPITAL else "a full year"
    amount = roi.pen.money(worth[line.key] * roi.case.realisation)
    return PartShown(
        key=line.key,
        label=line.label,
        note=line.note,
        tag=CATEGORIES[line.category][0],
        amount=amount if is_counted else "",
        per=per if is_counted else "",
        fields=_fields(sheet.assumptions, roi.pen),
    )


def _cost(sheet: CostSheet, pen: Pen) -> PartShown:
    """Return one cost with what it comes to before the scenario's rise."""
    tag = COST_KINDS[sheet.cost.kind]
    values = {a.name.rpartition(".")[2]: a.value for a in sheet.assumptions}
    quantity = values.get("quantity", ONE)
    once, yearly = quantity * values["one_off"], quantity * values["yearly"]
    texts = [f"{pen.money(once)} once"] if once else []
    texts += [f"{pen.money(yearly)} a year"] if yearly or not once else []
    return PartShown(
        key=sheet.cost.key,
        label=sheet.cost.label,
        note="",
        tag="" if tag == sheet.cost.label else tag,
        amount=" + ".join(texts),
        per="",
        fields=_fields(sheet.assumptions, pen),
    )


def _fields(assumptions: Iterable[Assumption], pen: Pen) -> tuple[FieldShown, ...]:
    """Return the fields of some assumptions."""
    return tuple(_field(assumption, pen) for assumption in assumptions)


def _field(assumption: Assumption, pen: Pen) -> FieldShown:
    """Return one field; only a number of the buyer's own stands in it as typed text."""
    unit = "%" if assumption.measure in PERCENT else UNITS.get(assumption.measure, "")
    if assumption.measure is Measure.MONEY:
        unit = pen.currency_sign
    given = pen.assumption(assumption, assumption.given)
    typical = pen.assumption(assumption, assumption.typical)
    source = ORIGINS[assumption.origin]
    if assumption.is_own:
        source += f" (was {given})"
    elif assumption.origin is not Origin.SELLER:
        source += f" (typical: {typical})"
    return FieldShown(
        name=assumption.name,
        slug=assumption.name.replace(".", "-"),
        label=assumption.label,
        text=entry_of(assumption, assumption.value, pen.locale) if assumption.is_own else "",
        placeholder=entry_of(assumption, assumption.given, pen.locale),
        unit=unit,
        source=source,
        is_own=assumption.is_own,
    )
