"""The room that asks for goals."""

from modules.audience import Audience
from modules.contract import Choice, Profile
from modules.goals import module as goals
from modules.goals.module import Answers, Settings
from modules.options import Option, Variant
from tests.modules.stage import MARA, page, problems_in, render, standing


def cards(profile: Profile, settings: Settings | None = None, answers: Answers | None = None):
    shown = goals.view(settings or Settings(), answers or Answers(), standing(profile))
    return {card.key: card for card in shown["cards"]}


def test_goals_differ_by_industry_and_size():
    assert "grow-lean" in cards(MARA)
    assert "pass-audit" not in cards(MARA)
    assert "pass-audit" in cards(Profile(employees=5_000))
    assert "grow-lean" not in cards(Profile(industry="Logistics"))


def test_a_goal_is_worded_for_the_title():
    assert cards(Profile(title="CFO"))["close-faster"].label.startswith("Report reliable numbers")
    assert cards(MARA)["close-faster"].label == "Close the books faster"


def test_every_decision_has_its_reason():
    reasons = goals.choices(Settings(), standing(Profile(title="CFO", industry="Software")))
    assert (
        Choice("“Grow without hiring in finance”", "Shown because your industry is software.")
        in reasons
    )
    assert (
        Choice(
            "“Report reliable numbers a week earlier”", "Worded this way because you work as CFO."
        )
        in reasons
    )


def test_nothing_was_decided_for_somebody_unknown():
    assert list(goals.choices(Settings(), standing(Profile()))) == []


def test_a_goal_chosen_earlier_stays_although_the_profile_changed():
    logistics = Profile(industry="Logistics")
    assert cards(logistics, answers=Answers(chosen=("grow-lean",)))["grow-lean"].is_chosen


def test_goals_for_nobody_here_are_all_shown():
    only = Settings(options=(Option(key="a", audience=Audience(industries=("mining",))),))
    assert list(cards(MARA, only)) == ["a"]


def test_the_order_of_choosing_is_kept():
    before = {"goals": {"chosen": ["pay-on-time"]}}
    form = {"chosen": ["close-faster", "pay-on-time"]}
    answers = goals.read(form, Settings(), standing(answers=before))
    assert answers.chosen == ("pay-on-time", "close-faster")


def test_every_problem_of_a_form_is_told_at_once():
    found = problems_in(goals, {"chosen": ["nobody", "cut-cost"], "own": ["x" * 2_001]})
    assert set(found) == {"chosen", "own"}
    assert "2,000" in found["own"]


def test_too_many_goals_are_refused():
    found = problems_in(goals, {"chosen": ["close-faster", "cut-cost", "pay-on-time", "grow-lean"]})
    assert found == {"chosen": "Please choose at most 3; you chose 4."}


def test_a_goal_sent_twice_is_one_goal():
    answers = goals.read({"chosen": ["cut-cost", "cut-cost"]}, Settings(), standing())
    assert answers.chosen == ("cut-cost",)


def test_control_characters_do_not_reach_the_store():
    answers = goals.read({"own": [" a\x00b\r\nc\x07 "]}, Settings(), standing())
    assert answers.own == "ab\nc"


def test_what_was_typed_stands_in_the_field_again():
    html = render(goals, problems={"own": "Too long."}, entered={"own": "my words"})
    assert page(html).all("textarea")[0]["aria-invalid"] == "true"
    assert "my words" in page(html).text


def test_the_rep_hears_the_goals_in_words():
    answers = Answers(chosen=("cut-cost", "gone"), own="We go public.")
    told = goals.headline(Settings(), answers, standing())
    assert told == "Wants: Spend less on handling invoices"
    assert goals.facts(Settings(), answers, standing()) == [
        ("First goal", "Spend less on handling invoices"),
        ("In their words", "We go public."),
    ]


def test_own_words_alone_are_a_headline_of_one_line():
    told = goals.headline(Settings(), Answers(own="Less\nstress " * 100), standing())
    assert told.startswith("Wants: “Less stress")
    assert len(told) < 140


def test_a_variant_for_everybody_is_no_variant():
    option = Option(key="a", label="Usual", variants=(Variant(label="Other"),))
    assert option.label_for(MARA) == "Usual"
