"""The room that asks for the prospect's own numbers."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from modules.contract import Profile, Situation
from modules.impacts import module as impacts
from modules.impacts.costs import cost_of, scale_of
from modules.impacts.module import Answers, Settings
from modules.impacts.questions import QUESTIONS, NumberVariant, Question
from tests.modules.stage import MARA, page, problems_in, render, standing

HOURS = QUESTIONS[0]


def chose(*problems: str, profile: Profile = MARA) -> Situation:
    return standing(profile, {"problems": {"chosen": list(problems)}})


def inquiries(situation: Situation, answers: Answers | None = None):
    shown = impacts.view(Settings(), answers or Answers(), situation)
    return {inquiry.key: inquiry for inquiry in shown["inquiries"]}


def test_only_the_numbers_of_the_chosen_problems_are_asked():
    assert list(inquiries(chose("late-approvals"))) == ["approval-hours", "late-fees"]
    assert list(inquiries(chose("typing"))) == ["typed-invoices"]


def test_without_problems_everything_is_asked_with_a_way_back():
    assert len(inquiries(standing())) == 5
    assert [link["href"] for link in page(render(impacts)).all("a")] == ["#module-problems"]


def test_problems_nothing_is_asked_about_leave_all_questions():
    assert len(inquiries(chose("long-gone"))) == 5


def test_a_question_says_which_problem_brought_it():
    assert inquiries(chose("typing"))["typed-invoices"].reason == (
        "Asked because you chose “Invoices are typed in by hand”"
    )


def test_the_typical_number_depends_on_the_size():
    small = Profile(employees=20)
    assert inquiries(standing(MARA))["approval-hours"].usual == "Typical: 12; most say 4 to 40."
    assert inquiries(standing(small))["approval-hours"].usual == (
        "For you typically: 5; most say 1 to 15."
    )
    said = [str(choice.because) for choice in impacts.choices(Settings(), standing(small))]
    assert "Chosen because your company has 20 people." in said


def test_the_cost_is_shown_at_once():
    cost = cost_of(HOURS, Decimal(60))
    assert (cost.per_month, cost.per_year) == (11_700, 140_400)
    answers = Answers(numbers={"approval-hours": Decimal(60)})
    html = page(render(impacts, answers=answers)).text
    assert "€11,700 a month, €140,400 a year" in html


def test_costs_are_exact_until_they_are_shown():
    question = Question(unit="hours", period="week", unit_cost=Decimal("0.1"))
    assert cost_of(question, Decimal("0.3")).per_year == Decimal("1.56")


def test_numbers_of_questions_not_asked_do_not_count():
    answers = Answers(numbers={"typed-invoices": Decimal(100), "late-fees": Decimal(500)})
    told = impacts.headline(Settings(), answers, chose("typing"))
    assert told == "Counts a cost of €600 a month"


@pytest.mark.parametrize("text", ["abc", "-1", "1e30", "NaN", "9" * 13, "9" * 99])
def test_absurd_numbers_get_an_answer_at_their_field(text):
    found = problems_in(impacts, {"number-late-fees": [text], "number-approval-hours": ["3"]})
    assert list(found) == ["number-late-fees"]


def test_all_problems_are_told_at_once_and_the_input_is_kept():
    form = {
        "number-late-fees": ["lots"],
        "number-approval-hours": ["-4"],
        "number-nobody": ["1"],
        "who_else": ["nobody"],
        "note": ["x" * 2_001],
    }
    found = problems_in(impacts, form)
    assert set(found) == set(form)
    html = render(impacts, problems=found, entered={"number-late-fees": "lots"})
    field = next(one for one in page(html).all("input") if one["name"] == "number-late-fees")
    assert field["value"] == "lots"
    assert "impacts-number-late-fees-problem" in field["aria-describedby"]


@pytest.mark.parametrize("text", ["1,250.50", "1 250,50", "€1250.5"])
def test_numbers_are_read_as_people_write_them(text):
    answers = impacts.read({"number-late-fees": [text]}, Settings(), standing())
    assert answers.numbers == {"late-fees": Decimal("1250.5")}


def test_an_emptied_field_takes_its_number_back():
    before = standing(answers={"impacts": {"numbers": {"late-fees": "500"}}})
    assert impacts.read({"number-late-fees": [""]}, Settings(), before).numbers == {}


def test_a_question_that_is_not_asked_now_keeps_its_number():
    before = standing(answers={"impacts": {"numbers": {"late-fees": "500", "gone": "3"}}})
    answers = impacts.read({"number-typed-invoices": ["10"]}, Settings(), before)
    assert answers.numbers == {"typed-invoices": 10, "late-fees": 500}


def test_zero_is_a_number_too():
    answers = impacts.read({"number-late-fees": ["0"]}, Settings(), standing())
    assert inquiries(standing(), answers)["late-fees"].cost == "€0 a month, €0 a year"


def test_the_scale_places_a_number_even_far_outside():
    scale = scale_of(Decimal(4), Decimal(12), Decimal(40), Decimal(10**12))
    assert scale is not None
    assert scale.own == 100
    assert scale.verdict == "More than we usually see"
    assert scale_of(Decimal(0), Decimal(0), Decimal(0), Decimal(5)) is None


def test_roles_follow_the_problems():
    shown = impacts.view(Settings(), Answers(), chose("typing"))
    assert [role.label for role in shown["roles"]] == ["CFO", "Accounting team"]


def test_the_rep_asks_about_surprising_and_missing_numbers():
    answers = Answers(numbers={"approval-hours": Decimal(400)}, who_else=("cfo",))
    asked = impacts.open_questions(Settings(), answers, chose("late-approvals"))
    assert any("400 hours a week, above our usual range" in question for question in asked)
    assert any("late fees" in question and "no number" in question for question in asked)
    assert "CFO: who of them should join the next conversation?" in asked


def test_facts_put_the_typical_number_beside_theirs():
    answers = Answers(numbers={"approval-hours": Decimal(31)}, note="Two people left.")
    told = dict(impacts.facts(Settings(), answers, standing()))
    assert told[HOURS.label] == "31 hours a week (typical: 12 hours a week)"
    assert told["Cost by their numbers"] == "€6,045 a month, €72,540 a year"
    assert told["Beyond the numbers"] == "Two people left."


def test_without_numbers_the_headline_names_who_feels_it_or_their_note():
    def told(answers: Answers) -> str:
        return impacts.headline(Settings(), answers, standing())

    assert told(Answers(who_else=("cfo", "audit"))) == "Also affected: CFO and Internal audit"
    assert told(Answers(note="Two people left.")) == "Beyond the numbers: “Two people left.”"


def test_a_range_that_falls_is_refused_and_a_variant_is_put_in_order():
    with pytest.raises(ValidationError):
        Question(low=Decimal(5), typical=Decimal(1))
    with pytest.raises(ValidationError):
        Settings(questions=(Question(key="a"), Question(key="a")))
    odd = NumberVariant(audience={"industries": ("software",)}, typical=Decimal(5_000))
    low, typical, high, _ = Question(variants=(odd,)).usual_for(MARA)
    assert low <= typical <= high
