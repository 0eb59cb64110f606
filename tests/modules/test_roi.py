"""The ROI room as buyers, sellers and reps meet it."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from modules.audience import Audience
from modules.contract import Profile, Situation
from modules.roi import module as roi
from modules.roi.assumptions import BOUNDS, sheet_of
from modules.roi.lines import CostFields, LineFields, LineVariation
from modules.roi.model import Category, CostKind
from modules.roi.settings import Answers, Factors, Ramp, Scenario, Scenarios, Settings

NOBODY = Situation()


def make_line(key="hours", **fields) -> LineFields:
    shape = {"label": "Hours saved", "driver": 100, "unit_value": 50, "improvement": "0.5"}
    return LineFields.model_validate({"key": key, **shape, **fields})


def make_settings(*lines, costs=(), **fields) -> Settings:
    return Settings(lines=lines, costs=costs, **fields)


def second_vector(**fields) -> Settings:
    """V2: 90,000 then 135,000 a year for 50,000 at the start and 36,000 a year."""
    return make_settings(
        make_line(driver=135000, unit_value=1, improvement=1),
        costs=(
            CostFields(key="fee", label="Fee", kind=CostKind.LICENCE, yearly=Decimal(36000)),
            CostFields(key="start", label="Start", kind=CostKind.CAPEX, one_off=Decimal(50000)),
        ),
        ramp=Ramp(year_1=Decimal(2) / 3),
        scenarios=Scenarios(likely=Factors(realisation=Decimal(1))),
        **fields,
    )


def said(kind: str, field: str, **numbers) -> dict:
    return {kind: {field: {name.replace("_", "-"): value for name, value in numbers.items()}}}


def origin_of(name: str, shape: Settings, situation=NOBODY, answers=None) -> tuple[str, Decimal]:
    sheet = sheet_of(shape, answers or Answers(), situation)
    found = next(assumption for assumption in sheet if assumption.name == name)
    return found.origin.value, found.value


def test_the_headline_says_payback_and_npv_of_the_chosen_scenario():
    answers = Answers(scenario=Scenario.LIKELY)
    assert (
        roi.headline(second_vector(), answers, NOBODY)
        == "Payback in 11 months, NPV €155,289 (likely)"
    )
    assert roi.headline(second_vector(), Answers(), NOBODY) == ""


def test_the_facts_hold_the_figures_and_what_the_buyer_changed():
    answers = Answers(scenario=Scenario.LIKELY, numbers={"cost.fee.yearly": Decimal(30000)})
    facts = dict(roi.facts(second_vector(), answers, NOBODY))
    assert facts["Scenario"] == "Likely"
    assert facts["Cost of doing nothing per month"] == "€11,250"
    assert facts["Fee: Every year"] == "€30,000 (buyer's own, ours was €36,000)"
    assert {"Net present value", "ROI (present values)", "IRR", "Payback"} < set(facts)


def test_a_case_that_never_pays_back_says_so():
    shape = make_settings(
        make_line(driver=1),
        costs=(CostFields(key="fee", label="Fee", yearly=Decimal(36000)),),
    )
    answers = Answers(scenario=Scenario.CONSERVATIVE)
    headline = roi.headline(shape, answers, NOBODY)
    assert headline.startswith("No payback within 3 years, NPV -€")
    assert "It does not pay back" in roi.open_questions(shape, answers, NOBODY)[0]


def test_the_rep_is_told_which_quantities_are_still_the_sellers():
    questions = roi.open_questions(Settings(), Answers(), NOBODY)
    assert any("Hours of chasing a week" in question for question in questions)
    own = Answers(numbers={"line.approvals.driver": Decimal(20)})
    assert not any("Hours of chasing" in q for q in roi.open_questions(Settings(), own, NOBODY))


def test_a_driver_is_the_buyers_own_else_their_impacts_number_else_typical():
    shape = make_settings(make_line(driver_from="wasted-hours"))
    name = "line.hours.driver"
    told = Situation(answers=said("impacts", "numbers", wasted_hours="40"))
    own = Answers(numbers={name: Decimal(30)})
    assert origin_of(name, shape) == ("seller", 100)
    assert origin_of(name, shape, told) == ("impacts", 40)
    assert origin_of(name, shape, told, own) == ("buyer", 30)


def test_an_improvement_comes_from_the_outcomes():
    shape = make_settings(make_line(improvement_from="faster"))
    told = Situation(answers=said("outcomes", "improvements", faster="0.35"))
    assert origin_of("line.hours.improvement", shape, told) == ("outcomes", Decimal("0.35"))


def test_an_impacts_number_is_turned_into_the_period_of_the_line():
    shape = make_settings(make_line(driver_from="hours", period="year"))
    asked = {"impacts": {"questions": [{"key": "hours", "period": "week"}]}}
    told = Situation(answers=said("impacts", "numbers", hours="2"), settings=asked)
    assert origin_of("line.hours.driver", shape, told) == ("impacts", 104)


def test_the_size_of_the_company_can_drive_a_line_and_a_cost():
    cost = CostFields(
        key="seats", label="Seats", quantity_label="People", quantity_from="employees"
    )
    shape = make_settings(make_line(driver_from="employees"), costs=(cost,))
    kite = Situation(Profile(employees=240))
    assert origin_of("line.hours.driver", shape, kite) == ("profile", 240)
    assert origin_of("cost.seats.quantity", shape, kite) == ("profile", 240)


@pytest.mark.parametrize(
    "odd", ["abc", "NaN", "Infinity", "-5", "1e30", None, True, [], {}, "1e999999"]
)
def test_odd_numbers_of_other_rooms_leave_the_typical_one(odd):
    shape = make_settings(make_line(driver_from="hours", improvement_from="hours"))
    told = Situation(
        answers={
            "impacts": {"numbers": {"hours": odd}},
            "outcomes": {"improvements": {"hours": odd}},
        }
    )
    assert origin_of("line.hours.driver", shape, told) == ("seller", 100)
    assert origin_of("line.hours.improvement", shape, told) == ("seller", Decimal("0.5"))


def test_one_number_feeds_one_line_only():
    with pytest.raises(ValidationError, match="counted twice"):
        make_settings(make_line(driver_from="hours"), make_line("more", driver_from="hours"))
    with pytest.raises(ValidationError, match="used twice"):
        make_settings(make_line(), make_line())
    assert make_settings(make_line(), make_line("more")).lines


def test_lines_and_typical_numbers_follow_the_profile_with_a_reason():
    shape = make_settings(
        make_line(
            variations=(LineVariation(audience=Audience(min_employees=1000), driver=Decimal(900)),)
        ),
        make_line("audit", label="Audit", audience=Audience(industries=("Finance",))),
    )
    bank = Situation(Profile(industry="finance", employees=5000))
    assert origin_of("line.hours.driver", shape, bank) == ("seller", 900)
    reasons = {choice.what: choice.because for choice in roi.choices(shape, bank)}
    assert reasons["Benefit “Audit” shown"] == "your industry is finance"
    assert reasons["Typical numbers of “Hours saved” adjusted"] == "your company has 5000 people"
    assert "Benefit “Audit” left out" in {choice.what for choice in roi.choices(shape, NOBODY)}
    assert "line.audit.driver" not in sheet_of(shape, Answers(), NOBODY).values()


@pytest.mark.parametrize("counting", ["yearly", "monthly"])
@pytest.mark.parametrize("extreme", [0, 1], ids=["least", "most"])
def test_the_page_stands_at_the_bounds_of_every_number(counting, extreme):
    shape = Settings(counting=counting)
    sheet = sheet_of(shape, Answers(), NOBODY)
    answers = Answers(
        scenario=Scenario.OPTIMISTIC,
        numbers={a.name: BOUNDS[a.measure][extreme] for a in sheet},
    )
    assert roi.view(shape, answers, NOBODY)["tiles"]
    assert "NPV" in roi.headline(shape, answers, NOBODY)


def test_an_own_number_beyond_its_bounds_or_of_a_gone_line_is_passed_over():
    numbers = {"discount_rate": Decimal(5), "line.gone.driver": Decimal(1)}
    assert origin_of("discount_rate", Settings(), answers=Answers(numbers=numbers)) == (
        "seller",
        Decimal("0.10"),
    )


def test_nothing_to_count_is_shown_as_such():
    view = roi.view(make_settings(), Answers(), NOBODY)
    assert [tile.value for tile in view["tiles"]] == ["n/a", "€0", "n/a", "n/a"]
    assert view["groups"] == []
    assert view["tornado"] is None


def test_strategic_benefits_are_shown_and_never_summed():
    line = make_line("glory", category=Category.STRATEGIC, label="Glory")
    view = roi.view(make_settings(make_line(), line), Answers(), NOBODY)
    shown = {part.label: part for group in view["groups"] for part in group.parts}
    assert shown["Glory"].amount == ""
    assert shown["Glory"].fields == ()
    assert view["tornado"].rows[0][0] != "Glory"


def test_the_largest_benefits_come_first_when_the_buyer_asks_so():
    shape = make_settings(make_line("small", driver=1), make_line("large", driver=9))
    (group,) = roi.view(shape, Answers(order="value"), NOBODY)["groups"]
    assert [part.key for part in group.parts] == ["large", "small"]


def test_a_more_careful_scenario_is_never_better():
    worth = []
    for scenario in Scenario:
        facts = dict(roi.facts(Settings(), Answers(scenario=scenario), NOBODY))
        worth.append(int(facts["Net present value"].replace("€", "").replace(",", "")))
    assert worth == sorted(worth)
    assert worth[0] < worth[2]


def test_the_monthly_model_pays_back_within_the_fourth_month():
    shape = make_settings(
        make_line(driver=180000, unit_value=1, improvement=1),
        costs=(CostFields(key="fee", label="Fee", one_off=Decimal(30000), yearly=Decimal(36000)),),
        ramp=Ramp(months=3),
        scenarios=Scenarios(likely=Factors(realisation=Decimal(1))),
        counting="monthly",
    )
    answers = Answers(scenario=Scenario.LIKELY)
    assert roi.headline(shape, answers, NOBODY) == "Payback in 4 months, NPV €329,395 (likely)"


def test_todays_solution_is_compared_and_never_counted_as_a_benefit():
    before = roi.headline(second_vector(), Answers(scenario=Scenario.LIKELY), NOBODY)
    shape = second_vector(today_yearly=Decimal(60000))
    assert roi.headline(shape, Answers(scenario=Scenario.LIKELY), NOBODY) == before
    rows = dict(roi.view(shape, Answers(), NOBODY)["figures"])
    assert rows["Lower total cost than today's solution"] == "€22,000"
