"""The room that asks for the payoff."""

from decimal import Decimal

import pytest

from modules.contract import Situation
from modules.outcomes import module as outcomes
from modules.outcomes.module import Answers, Settings
from modules.outcomes.payoff import NeedState
from tests.modules.stage import MARA, page, problems_in, render, standing

HALF = Decimal("0.5")


def told(numbers: dict[str, str] | None = None, problems: tuple[str, ...] = ()) -> Situation:
    answers = {"problems": {"chosen": list(problems)}, "impacts": {"numbers": numbers or {}}}
    return standing(MARA, answers)


def payoffs(situation: Situation, answers: Answers | None = None):
    shown = outcomes.view(Settings(), answers or Answers(), situation)
    return {payoff.key: payoff for payoff in shown["payoffs"]}


def test_outcomes_follow_the_numbers_given():
    assert list(payoffs(told({"late-fees": "900"}))) == ["no-late-fees"]


def test_without_numbers_outcomes_follow_the_problems():
    assert list(payoffs(told(problems=("typing",)))) == ["less-typing"]


def test_without_anything_all_are_shown_with_a_way_back():
    assert len(payoffs(standing())) == 5
    assert [link["href"] for link in page(render(outcomes)).all("a")] == ["#module-impacts"]


def test_a_number_of_a_problem_no_longer_chosen_asks_nothing():
    situation = told({"late-fees": "900", "typed-invoices": "100"}, problems=("typing",))
    assert list(payoffs(situation)) == ["less-typing"]


def test_a_payoff_is_worth_what_the_prospects_own_number_says():
    answers = Answers(improvements={"faster-approvals": HALF})
    payoff = payoffs(told({"approval-hours": "60"}), answers)["faster-approvals"]
    assert payoff.today == "Today: 60 hours a week."
    assert payoff.worth == "€5,850 a month, €70,200 a year"
    assert payoff.reason == "Shown because you counted 60 hours a week"


def test_the_typical_improvement_is_offered_but_never_chosen_for_them():
    levels = payoffs(standing())["faster-approvals"].levels
    assert [level.label for level in levels if level.is_typical] == ["60%"]
    assert not any(level.is_chosen for level in levels)


def test_an_improvement_of_their_own_is_among_the_levels():
    answers = Answers(improvements={"less-typing": Decimal("0.33")})
    levels = payoffs(standing(), answers)["less-typing"].levels
    assert [level.label for level in levels if level.is_chosen] == ["33%"]


@pytest.mark.parametrize(("text", "share"), [("0.6", "0.6"), ("60%", "0.6"), ("0,25", "0.25")])
def test_shares_are_read_as_people_write_them(text, share):
    answers = outcomes.read({"improvement-less-typing": [text]}, Settings(), standing())
    assert answers.improvements == {"less-typing": Decimal(share)}


@pytest.mark.parametrize("text", ["abc", "-0.1", "1.01", "101%", "7", "NaN", "1e30"])
def test_what_is_no_share_is_refused(text):
    assert set(problems_in(outcomes, {"improvement-less-typing": [text]})) == {
        "improvement-less-typing"
    }


def test_all_problems_are_told_at_once():
    form = {"improvement-nobody": ["0.5"], "confirmed": ["nobody"], "own": ["x" * 2_001]}
    assert set(problems_in(outcomes, form)) == set(form)


def test_not_sure_is_no_improvement():
    before = standing(answers={"outcomes": {"improvements": {"less-typing": "0.5"}}})
    read = outcomes.read({"improvement-less-typing": [""]}, Settings(), before)
    assert read.improvements == {}


def test_a_need_becomes_explicit_only_when_the_buyer_confirms_it():
    def state(answers: Answers, situation: Situation) -> NeedState:
        return outcomes.need_state(Settings(), answers, situation)

    hoped = Answers(improvements={"less-typing": HALF})
    assert state(Answers(), standing()) == NeedState.NONE
    assert state(Answers(), told(problems=("typing",))) == NeedState.IMPLIED
    assert state(Answers(), told({"late-fees": "1"})) == NeedState.IMPLIED
    assert state(hoped, standing()) == NeedState.IMPLIED
    assert state(Answers(confirmed=("less-typing",)), standing()) == NeedState.EXPLICIT
    assert state(Answers(confirmed=("long-gone",)), standing()) == NeedState.NONE


def test_the_rep_hears_the_need_and_what_it_is_worth():
    answers = Answers(improvements={"faster-approvals": HALF}, confirmed=("faster-approvals",))
    situation = told({"approval-hours": "60"})
    assert outcomes.headline(Settings(), answers, situation) == (
        "Says it would be worth it: Approvals in a day, without chasing, "
        "worth €5,850 a month, €70,200 a year"
    )
    facts = dict(outcomes.facts(Settings(), answers, situation))
    assert facts["Need"] == "explicit"
    assert facts["Approvals in a day, without chasing"] == (
        "50%, €5,850 a month, €70,200 a year, confirmed"
    )


def test_an_unconfirmed_hope_is_an_open_question():
    answers = Answers(improvements={"less-typing": HALF})
    asked = outcomes.open_questions(Settings(), answers, standing())
    assert "Invoices that read themselves" in asked[0]


def test_two_outcomes_never_win_more_than_the_whole_of_one_impact():
    plain = Settings()
    first = plain.options[0]
    second = first.model_copy(update={"key": "again"})
    double = Settings(options=(first, second))
    answers = Answers(improvements={first.key: Decimal("0.8"), "again": Decimal("0.8")})
    shown = outcomes.view(double, answers, told({"approval-hours": "60"}))
    assert shown["total"] == "€11,700 a month, €140,400 a year"
