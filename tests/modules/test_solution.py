"""The room that shows the product."""

import pytest
from pydantic import ValidationError

from modules.contract import Situation
from modules.solution import module as solution
from modules.solution.module import Answers, Settings
from modules.solution.options import NextStep, StepKind
from tests.modules.stage import MARA, page, problems_in, render, standing


def told(*problems: str, confirmed: tuple[str, ...] = ()) -> Situation:
    answers = {"problems": {"chosen": list(problems)}, "outcomes": {"confirmed": list(confirmed)}}
    return standing(MARA, answers)


def parts(situation: Situation) -> tuple[dict[str, str], list[str]]:
    shown = solution.view(Settings(), Answers(), situation)
    first = {card.key: card.reason for card in shown["answering"]}
    return first, [card.key for card in shown["others"]]


def test_what_answers_the_problems_comes_first_with_its_reason():
    first, others = parts(told("double-payments"))
    assert first == {"guard": "Answers “Some invoices are paid twice”"}
    assert others[0] == "one-click-approval"
    assert "guard" not in others


def test_both_parts_keep_the_order_of_the_vendor():
    first, others = parts(told("double-payments", "typing"))
    assert list(first) == ["capture", "guard"]
    assert others == ["one-click-approval", "payment-plan", "commitments", "connections"]


def test_a_confirmed_outcome_is_a_reason_too():
    first, _ = parts(told("typing", confirmed=("less-typing",)))
    assert first["capture"] == (
        "Answers “Invoices are typed in by hand” and gives you “Invoices that read themselves”"
    )


def test_an_expected_improvement_counts_and_one_of_zero_does_not():
    answers = {"outcomes": {"improvements": {"less-typing": "0.5", "no-late-fees": "0"}}}
    assert list(parts(standing(MARA, answers))[0]) == ["capture"]


def test_without_problems_everything_is_shown_with_a_way_back():
    first, others = parts(standing())
    assert first == {}
    assert len(others) == 6
    assert "#module-problems" in [link["href"] for link in page(render(solution)).all("a")]


def test_the_reasons_are_told():
    said = solution.choices(Settings(), told("typing"))
    assert said[0].what == "“Invoices that read themselves”"
    assert said[0].because == "Comes first. Answers “Invoices are typed in by hand”."


@pytest.mark.parametrize(
    ("kind", "address", "link"),
    [
        (StepKind.CALL, "", ""),
        (StepKind.MAIL, "anna@example.com", "mailto:anna@example.com"),
        (StepKind.MAIL, "mailto:anna@example.com", "mailto:anna@example.com"),
        (StepKind.PHONE, "+49 (30) 123-45", "tel:+493012345"),
        (StepKind.PAGE, "https://example.com/book?a=1", "https://example.com/book?a=1"),
        (StepKind.PAGE, "example.com/book", "https://example.com/book"),
    ],
)
def test_the_next_step_leads_where_it_says(kind, address, link):
    assert NextStep(kind=kind, address=address).link == link


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (StepKind.PAGE, "javascript:alert(1)"),
        (StepKind.PAGE, ""),
        (StepKind.PAGE, "data:text/html,<script>"),
        (StepKind.MAIL, "nobody"),
        (StepKind.MAIL, "a@b.c\nBcc: d@e.f"),
        (StepKind.PHONE, "call me"),
    ],
)
def test_a_next_step_that_leads_nowhere_is_refused(kind, address):
    with pytest.raises(ValidationError):
        NextStep(kind=kind, address=address)


def test_asking_for_a_call_leads_to_the_question():
    parsed = page(render(solution))
    step = next(link for link in parsed.all("a") if link["data-act"] == "solution.next")
    assert step["href"] == "#solution-question"
    assert "solution-question" in parsed.having("id")


def test_interest_and_question_are_read():
    form = {"interested": ["guard", "capture"], "question": ["SAP?"]}
    answers = solution.read(form, Settings(), standing())
    assert answers == Answers(interested=("guard", "capture"), question="SAP?")
    assert solution.open_questions(Settings(), answers, standing()) == [
        "They asked: “SAP?” What is our answer?"
    ]


def test_all_problems_are_told_at_once():
    found = problems_in(solution, {"interested": ["x"], "question": ["x" * 2_001]})
    assert set(found) == {"interested", "question"}
