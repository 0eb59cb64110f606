"""The room that asks for problems."""

from modules.contract import Choice, Profile, Situation
from modules.problems import module as problems
from modules.problems.module import Answers, Settings
from tests.modules.stage import MARA, page, problems_in, render, standing


def chose(*goals: str, profile: Profile = MARA) -> Situation:
    return standing(profile, {"goals": {"chosen": list(goals)}})


def arranged(situation: Situation, answers: Answers | None = None):
    shown = problems.view(Settings(), answers or Answers(), situation)
    groups = {group.heading: [row.card.key for row in group.rows] for group in shown["groups"]}
    return groups, [row.card.key for row in shown["others"]]


def test_problems_follow_the_goals_chosen():
    groups, others = arranged(chose("pay-on-time"))
    assert groups == {
        "In the way of “Pay suppliers on time”": ["late-approvals", "late-fees", "missed-discounts"]
    }
    assert others == ["typing", "double-payments", "no-overview"]


def test_a_problem_of_two_goals_stands_once_under_the_first():
    groups, _ = arranged(chose("stay-in-control", "close-faster"))
    first, second = groups.values()
    assert first == ["double-payments", "no-overview"]
    assert second == ["late-approvals", "typing"]


def test_the_goal_is_named_as_the_person_saw_it():
    cfo = Profile(title="CFO")
    assert (
        "In the way of “Report reliable numbers a week earlier”"
        in arranged(chose("close-faster", profile=cfo))[0]
    )


def test_without_goals_everything_is_shown_with_a_way_back():
    groups, others = arranged(standing())
    assert len(groups["Problems we meet most"]) == 6
    assert others == []
    links = [link["href"] for link in page(render(problems)).all("a")]
    assert links == ["#module-goals"]


def test_there_is_no_way_back_to_a_room_that_is_not_there():
    alone = Situation(MARA, settings={"problems": Settings().model_dump(mode="json")})
    assert page(render(problems, situation=alone)).all("a") == []


def test_goals_that_lead_nowhere_show_everything():
    groups, others = arranged(chose("long-gone"))
    assert list(groups) == ["Problems we meet most"]
    assert others == []


def test_the_others_stay_open_when_one_of_them_is_chosen():
    situation = chose("pay-on-time")
    shown = problems.view(Settings(), Answers(chosen=("typing",)), situation)
    assert shown["are_others_open"]
    assert "typing" in arranged(situation, Answers(chosen=("typing",)))[1]
    assert not problems.view(Settings(), Answers(), situation)["are_others_open"]


def test_the_reason_names_the_goal():
    reasons = problems.choices(Settings(), chose("pay-on-time", profile=Profile()))
    assert (
        Choice(
            "“Suppliers charge fees or stop delivering”",
            "Shown first because you chose “Pay suppliers on time”.",
        )
        in reasons
    )


def test_problems_differ_by_industry_and_size():
    assert (
        "no-overview" not in arranged(standing(Profile(employees=20)))[0]["Problems we meet most"]
    )
    html = render(problems, situation=standing(MARA))
    assert "Approvals get lost between chat, mail and calls" in html


def test_unknown_problems_are_refused():
    assert set(problems_in(problems, {"chosen": ["<script>"]})) == {"chosen"}


def test_the_rep_hears_who_else_feels_it():
    told = dict(problems.facts(Settings(), Answers(chosen=("late-fees",)), standing()))
    assert told["Probably felt by"] == "purchasing and operations"


def test_a_goal_without_a_problem_is_an_open_question():
    asked = problems.open_questions(
        Settings(), Answers(chosen=("typing",)), chose("pay-on-time", "cut-cost")
    )
    assert asked[0] == (
        "They want “Pay suppliers on time” but named no problem: what is in the way?"
    )
    assert not any("Spend less" in question for question in asked)
