"""The figures against the published vectors, against numpy-financial, and against hostile input."""

from decimal import Decimal

import numpy_financial
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modules.roi.finance import (
    bcr,
    discounted_payback,
    irr,
    mirr,
    monthly_rate,
    npv,
    payback,
    roi_pv,
    roi_simple,
    sign_changes,
    tco,
    tco_saving,
    yearly_rate,
)

TEN = Decimal("0.10")


def amounts(*values: object) -> list[Decimal]:
    return [Decimal(str(value)) for value in values]


V1 = (amounts(0, 60000, 60000, 60000), amounts(100000, 0, 0, 0), TEN)
V2 = (amounts(0, 90000, 135000, 135000), amounts(50000, 36000, 36000, 36000), TEN)
V3 = (amounts(0, 20000, 20000, 20000), amounts(90000, 5000, 5000, 5000), Decimal("0.08"))
V4 = (amounts(0, 30000, 30000, 30000), amounts(0, 12000, 12000, 12000), TEN)
V5 = (amounts(0, 1606511, 3061331, 4229760), amounts(53150, 666715, 636772, 647783), TEN)

VECTORS = [
    pytest.param(V1, "49211.1195 49.2111 80 36.309654 1.666667 1.916667 25.697435", id="V1"),
    pytest.param(
        V2, "155289.2562 111.2972 127.8481 130.893684 0.925926 1.011111 76.140040", id="V2"
    ),
    pytest.param(V3, "-51343.5452 -49.9036 -42.8571 -28.015793 none none -18.513889", id="V3"),
    pytest.param(V4, "44763.3358 150 150 none 0 0 none", id="V4"),
    pytest.param(V5, "5496170.11 328.6787 343.8991 1911.62 0.056555 0.062210 417.97", id="V5"),
]


def net_of(benefits: list[Decimal], costs: list[Decimal]) -> list[Decimal]:
    return [gained - spent for gained, spent in zip(benefits, costs, strict=True)]


def agrees(found: Decimal | None, printed: str, *, is_percent: bool = False) -> bool:
    """Whether a figure equals the printed one to the digits printed."""
    if printed == "none" or found is None:
        return printed == "none" and found is None
    shown = found * 100 if is_percent else found
    return shown.quantize(Decimal(printed)) == Decimal(printed)


@pytest.mark.parametrize(("vector", "printed"), VECTORS)
def test_every_figure_of_a_published_vector_is_met_to_the_digit(vector, printed):
    benefits, costs, rate = vector
    net = net_of(benefits, costs)
    value, on_pv, simple, internal, back, back_discounted, modified = printed.split()
    assert agrees(npv(net, rate), value)
    assert agrees(roi_pv(benefits, costs, rate), on_pv, is_percent=True)
    assert agrees(roi_simple(benefits, costs), simple, is_percent=True)
    assert agrees(irr(net), internal, is_percent=True)
    assert agrees(payback(net), back)
    assert agrees(discounted_payback(net, rate), back_discounted)
    assert agrees(mirr(net, rate, rate), modified, is_percent=True)


def test_the_published_forrester_case_has_its_printed_present_values():
    benefits, costs, rate = V5
    assert agrees(npv(costs, rate), "1672201.35")
    assert agrees(npv(benefits, rate), "7168371.46")
    assert agrees(bcr(benefits, costs, rate), "4.2868")


def test_the_first_flow_is_not_discounted_as_excel_would():
    net = net_of(*V1[:2])
    excel = sum(flow / (1 + TEN) ** (t + 1) for t, flow in enumerate(net))
    assert agrees(excel, "44737.38")
    assert agrees(npv(net, TEN), "49211.12")


def test_two_changes_of_sign_have_no_internal_rate_of_return():
    net = amounts(-1000, 2300, -1320)
    assert sign_changes(net) == 2
    assert irr(net) is None
    assert abs(npv(net, TEN)) < Decimal("1e-20")
    assert abs(npv(net, Decimal("0.20"))) < Decimal("1e-20")


def test_zeros_between_the_flows_are_no_change_of_sign():
    assert agrees(irr(amounts(0, -100, 0, 0, 121, 0)), "6.560", is_percent=True)
    assert agrees(irr(amounts(-100, 0, 121)), "10.000000", is_percent=True)


def test_twelve_months_compound_to_the_year():
    assert agrees(monthly_rate(TEN), "0.007974140429")
    assert agrees(yearly_rate(monthly_rate(TEN)), "0.100000000000")
    assert monthly_rate(Decimal(-1)) is None
    assert yearly_rate(Decimal(-2)) is None


def test_payback_is_zero_only_if_the_sum_never_goes_below_zero():
    assert payback(amounts(0, 0, 5)) == 0
    assert payback(amounts(50, -100, 100)) == Decimal("1.5")
    assert payback(amounts(0, -50, 100)) == Decimal("1.5")
    assert payback(amounts(-100, 100)) == 1
    assert payback(amounts(-100, 99)) is None
    assert payback([]) is None


def test_total_cost_of_ownership_is_a_plain_sum():
    assert tco(amounts(50, 10, 10)) == 70
    assert tco_saving(amounts(0, 40, 40), amounts(50, 10, 10)) == 10


def test_nothing_invested_has_no_return_on_it():
    nothing = amounts(0, 0)
    assert roi_pv(amounts(0, 5), nothing, TEN) is None
    assert roi_simple(amounts(0, 5), nothing) is None
    assert bcr(amounts(0, 5), nothing, TEN) is None


plain = st.integers(-1_000_000, 1_000_000)
hostile = st.one_of(
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(
        [Decimal(t) for t in ("1e30", "-1e999999", "1e-999999", "0", "-0", "sNaN", "1e999")]
    ),
)


@given(st.lists(plain, min_size=1, max_size=12), st.integers(-90, 300))
def test_npv_agrees_with_numpy_financial(flows, percent):
    ours = npv([Decimal(flow) for flow in flows], Decimal(percent) / 100)
    theirs = numpy_financial.npv(percent / 100, flows)
    assert float(ours) == pytest.approx(theirs, rel=1e-9, abs=1e-6)


@given(st.integers(1, 1_000_000), st.lists(st.integers(0, 1_000_000), min_size=1, max_size=10))
def test_irr_agrees_with_numpy_financial_after_one_change_of_sign(start, later):
    assume(any(later))
    ours = irr([Decimal(-start), *map(Decimal, later)])
    theirs = numpy_financial.irr([-start, *later])
    assume(theirs == theirs and theirs > -0.999)  # noqa: PLR0124 -- NaN is where numpy gives up
    assert float(ours) == pytest.approx(theirs, rel=1e-6, abs=1e-6)


@given(st.integers(1, 10**9), st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
def test_the_npv_at_the_irr_is_zero(start, later):
    assume(any(later))
    flows = [Decimal(-start), *map(Decimal, later)]
    found = irr(flows)
    assert found is not None
    assert abs(npv(flows, found)) < Decimal("1e-6") * max(map(abs, flows))


@settings(max_examples=300)
@given(st.lists(hostile, max_size=8), st.lists(hostile, max_size=8), hostile)
def test_no_figure_ever_raises_or_leaves_the_numbers(flows, costs, rate):
    found = [
        npv(flows, rate),
        irr(flows),
        mirr(flows, rate, rate),
        payback(flows),
        discounted_payback(flows, rate),
        roi_pv(flows, costs, rate),
        roi_simple(flows, costs),
        bcr(flows, costs, rate),
        monthly_rate(rate),
        yearly_rate(rate),
        tco(costs),
        tco_saving(flows, costs),
    ]
    assert all(figure is None or figure.is_finite() for figure in found)
