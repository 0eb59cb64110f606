"""From lines to flows: categories, ramp, scenarios, break-even, tornado, cost of doing nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modules.roi.model import (
    Benefit,
    Case,
    Category,
    Cost,
    CostKind,
    benefit_flows,
    break_even,
    cost_flows,
    cumulative_net,
    figures,
    full_year,
    idle_month,
    idle_month_net,
    line_flows,
    linear_ramp,
    net_present_value,
)
from modules.roi.sensitivity import tornado


def make_benefit(key="hours", category=Category.COST_REDUCTION, **numbers) -> Benefit:
    chosen = {"driver": 100, "unit_value": 1000, "improvement": "0.9", **numbers}
    return Benefit(key, key, category, **{name: Decimal(str(n)) for name, n in chosen.items()})


def make_cost(key="licence", kind=CostKind.LICENCE, one_off=0, yearly=0, quantity=1) -> Cost:
    return Cost(key, key, kind, Decimal(one_off), Decimal(yearly), Decimal(quantity))


def make_monthly_case() -> Case:
    """V10: 30,000 at the start, 3,000 a month, 15,000 a month after a ramp of three months."""
    return Case(
        benefits=(make_benefit(driver=180000, unit_value=1, improvement=1),),
        costs=(make_cost(one_off=30000, yearly=36000),),
        ramp=linear_ramp(3, 36),
        is_monthly=True,
    )


def test_a_line_is_driver_times_value_times_improvement_times_realisation_ramp_and_growth():
    line = make_benefit(driver=40, unit_value=500, improvement="0.25")
    case = Case((line,), (), realisation=Decimal("0.8"), growth=Decimal("0.1"),
                ramp=(Decimal("0.5"), Decimal(1)))  # fmt: skip
    assert line_flows(case, line) == (0, 2000, 4400, 4840)


def test_time_saved_counts_what_is_used_again_and_revenue_its_margin():
    assert full_year(make_benefit(category=Category.PRODUCTIVITY, share="0.5")) == 45000
    assert full_year(make_benefit(category=Category.REVENUE, share="0.3")) == 27000


def test_working_capital_comes_once_and_strategic_benefits_never():
    freed = make_benefit(category=Category.WORKING_CAPITAL)
    case = Case((freed, make_benefit("glory", Category.STRATEGIC)), (), ramp=(Decimal("0.5"),))
    assert benefit_flows(case) == (0, 90000, 0, 0)
    assert idle_month(case) == 0


def test_costs_fall_at_the_start_and_every_year_and_rise_with_the_risk():
    case = Case((), (make_cost(one_off=1000, yearly=50, quantity=10),), cost_rise=Decimal("0.1"))
    assert cost_flows(case) == (11000, 550, 550, 550)


def test_the_second_vector_comes_out_of_lines_and_costs():
    case = Case(
        (make_benefit(driver=135, unit_value=1000, improvement=1),),
        (make_cost(yearly=36000), make_cost("setup", CostKind.IMPLEMENTATION, one_off=50000)),
        ramp=(Decimal(2) / 3, Decimal(1)),
    )
    found = figures(case)
    assert round(found.npv, 4) == Decimal("155289.2562")
    assert round(found.payback_months, 2) == Decimal("11.11")
    assert found.tco == 158000


def test_the_monthly_vector_pays_back_within_its_fourth_month():
    found = figures(make_monthly_case())
    assert found.payback_months == Decimal("3.75")
    assert round(found.npv, 4) == Decimal("329395.4095")
    assert round(cumulative_net(make_monthly_case())[-1]) == 387000
    assert found.irr > 1


def test_doing_nothing_costs_a_twelfth_of_a_full_year_less_the_licence():
    case = make_monthly_case()
    assert idle_month(case) == 15000
    assert idle_month_net(case) == 12000
    assert idle_month(replace(case, realisation=Decimal("0.5"))) == 7500


def test_the_npv_is_zero_at_the_break_even_realisation():
    case = make_monthly_case()
    share = break_even(case)
    assert abs(net_present_value(replace(case, realisation=share))) < Decimal("1e-20")
    assert break_even(Case((), case.costs)) is None


shares = st.integers(0, 100).map(lambda percent: Decimal(percent) / 100)


@given(shares, shares, shares)
def test_the_npv_is_linear_in_the_realisation(c, growth, rate):
    case = replace(make_monthly_case(), growth=growth, rate=rate)
    none, some, full = (
        net_present_value(replace(case, realisation=share)) for share in (Decimal(0), c, Decimal(1))
    )
    assert abs(some - (none + c * (full - none))) < Decimal("1e-15")


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=6), shares)
def test_the_tornado_has_its_widest_swing_first(drivers, share):
    lines = tuple(make_benefit(f"line{n}", driver=driver) for n, driver in enumerate(drivers))
    case = Case(lines, (make_cost(one_off=5000, yearly=100),))
    swings = tornado(case, share)
    assert len(swings) == len(lines) + 3
    assert [s.swing for s in swings] == sorted((s.swing for s in swings), reverse=True)


def test_a_swing_is_the_npv_with_only_that_number_changed():
    case = make_monthly_case()
    swing = next(s for s in tornado(case, Decimal("0.2")) if s.key == "rate")
    assert swing.raised == net_present_value(replace(case, rate=Decimal("0.12")))
    assert swing.lowered == net_present_value(replace(case, rate=Decimal("0.08")))
    swing = next(s for s in tornado(case, Decimal("0.2")) if s.key == "line.hours")
    raised = replace(case.benefits[0], driver=Decimal(216000))
    assert abs(swing.raised - net_present_value(replace(case, benefits=(raised,)))) < Decimal(
        "1e-20"
    )


hostile = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from([Decimal(t) for t in ("1e30", "-1e999999", "1e999999", "0", "NaN")]),
)


@settings(max_examples=200)
@given(hostile, hostile, hostile, hostile, st.integers(-5, 10**12), st.booleans())
def test_no_case_ever_raises_or_leaves_the_numbers(a, b, c, rate, years, is_monthly):
    case = Case(
        (Benefit("x", "x", Category.RISK, a, b, c),),
        (Cost("y", "y", CostKind.CAPEX, a, b, c),),
        years=min(years, 60),
        rate=rate,
        realisation=a,
        cost_rise=b,
        growth=c,
        ramp=(c,),
        is_monthly=is_monthly,
    )
    found = figures(case)
    numbers = [getattr(found, name) for name in found.__slots__] if found else []
    numbers += [
        break_even(case),
        idle_month(case),
        idle_month_net(case),
        full_year(case.benefits[0]),
    ]
    numbers += [swing.swing for swing in tornado(case, Decimal("0.2"))]
    assert all(number is None or number.is_finite() for number in numbers)


def test_an_endless_horizon_is_cut():
    assert len(cost_flows(Case((), (), years=10**12))) == 51


@pytest.mark.parametrize("months", [0, -3])
def test_no_ramp_is_full_at_once(months):
    assert linear_ramp(months, 36) == (1,)
