"""From the sheet of assumptions to the case that is counted."""

from decimal import Decimal

from modules.figures import per_year
from modules.roi.assumptions import CostSheet, LineSheet, Sheet
from modules.roi.finance import ONE
from modules.roi.model import Benefit, Case, Category, Cost, linear_ramp
from modules.roi.settings import Scenario, Settings


def case_of(settings: Settings, sheet: Sheet, scenario: Scenario) -> Case:
    """Return the case of one scenario."""
    values = sheet.values()
    years = int(values["years"])
    is_monthly = settings.counting == "monthly"
    if is_monthly:
        ramp = linear_ramp(int(values["ramp.months"]), years * 12)
    else:
        ramp = (values["ramp.year_1"], values["ramp.year_2"], values["ramp.later"])
    return Case(
        benefits=tuple(_benefit(line) for line in sheet.lines),
        costs=tuple(_cost(cost) for cost in sheet.costs),
        years=years,
        rate=values["discount_rate"],
        realisation=values[f"scenario.{scenario}.realisation"],
        cost_rise=values[f"scenario.{scenario}.cost_rise"],
        growth=values["growth"],
        ramp=ramp,
        is_monthly=is_monthly,
    )


def _benefit(sheet: LineSheet) -> Benefit:
    """Return a line with the numbers that count; a strategic one has none."""
    line, values = sheet.line, _values(sheet)
    share = {Category.PRODUCTIVITY: "capture", Category.REVENUE: "margin"}.get(line.category, "")
    return Benefit(
        key=line.key,
        label=line.label,
        category=line.category,
        driver=per_year(values.get("driver", Decimal(0)), line.period),
        unit_value=values.get("unit_value", ONE),
        improvement=values.get("improvement", Decimal(0)),
        share=values.get(share, ONE),
    )


def _cost(sheet: CostSheet) -> Cost:
    """Return a cost with the amounts that count."""
    cost, values = sheet.cost, _values(sheet)
    return Cost(
        key=cost.key,
        label=cost.label,
        kind=cost.kind,
        one_off=values["one_off"],
        yearly=values["yearly"],
        quantity=values.get("quantity", ONE),
    )


def _values(sheet: LineSheet | CostSheet) -> dict[str, Decimal]:
    """Return what counts by the last word of the assumption's name."""
    return {a.name.rpartition(".")[2]: a.value for a in sheet.assumptions}
