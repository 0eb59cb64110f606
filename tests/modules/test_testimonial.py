"""The room that shows the nearest customer."""

import pytest

from modules.audience import Audience
from modules.contract import NoAnswers, Profile
from modules.testimonial import module as testimonial
from modules.testimonial.ladder import nearest, rung_name, steps
from modules.testimonial.module import Settings
from modules.testimonial.stories import Story
from tests.modules.stage import MARA, page, render, standing

SOFTWARE, FINANCE = {"industries": ("Software",)}, {"titles": ("finance",)}
MIDDLE = {"min_employees": 100, "max_employees": 999}
PARTS = {"industry": SOFTWARE, "title": FINANCE, "size": MIDDLE}
LADDER = [
    (
        "industry title size",
        "A software company of your size, told by somebody in a role like yours",
    ),
    ("industry title", "A software company, told by somebody in a role like yours"),
    ("industry size", "A software company of your size"),
    ("industry", "A software company"),
    ("title", "Somebody in a role like yours"),
    ("size", "A company of your size"),
    ("", "One of our customers"),
]


def story(parts: str, key: str = "", **others) -> Story:
    """Build a story whose teller has these parts in common with Mara."""
    fields = {name: value for part in parts.split() for name, value in PARTS[part].items()}
    return Story(
        key=key or f"s-{parts.replace(' ', '-')}".rstrip("-"), audience=Audience(**fields | others)
    )


@pytest.mark.parametrize("rung", range(len(LADDER)))
def test_the_ladder_falls_back_rung_by_rung(rung):
    left = [story(parts) for parts, _ in reversed(LADDER[rung:])]
    match = nearest(left, MARA)
    assert match.story == left[-1]
    assert rung_name(match, MARA) == LADDER[rung][1]


def test_the_same_person_always_gets_the_same_story_whatever_stands_around_it():
    stories = [story(parts) for parts, _ in LADDER]
    assert {nearest(list(order), MARA).story.key for order in (stories, stories[::-1])} == {
        "s-industry-title-size"
    }


def test_on_one_rung_the_order_of_the_vendor_decides():
    assert nearest([story("industry", "a"), story("industry", "b")], MARA).story.key == "a"


def test_on_one_rung_a_story_that_contradicts_nothing_wins():
    other = story("industry", "other", titles=("nurse",), min_employees=50_000)
    assert nearest([other, story("industry", "plain")], MARA).story.key == "plain"


def test_role_and_size_without_industry_stand_on_the_rung_of_the_role():
    both = story("title size", "both")
    match = nearest([story("size", "size"), both], MARA)
    assert match.story == both
    assert rung_name(match, MARA) == "Somebody in a role like yours at a company of your size"


def test_somebody_unknown_gets_the_general_story():
    match = nearest(Settings().stories, Profile())
    assert match.story.key == "general"
    assert not any(step.is_shared for step in steps(match))


def test_a_vendor_without_a_general_story_tells_the_first():
    assert nearest([story("industry", "only")], Profile()).story.key == "only"


def test_a_software_company_sees_a_software_company():
    html = page(render(testimonial)).text
    assert "Nordlicht Software" in html
    assert "A software company of your size" in html
    assert "Your industry: the same" in html


def test_the_article_fits_the_industry():
    automotive = Story(audience=Audience(industries=("Automotive",)))
    person = Profile(industry="automotive")
    assert rung_name(nearest([automotive], person), person) == "An automotive company"
    it = Story(audience=Audience(industries=("IT services",)))
    person = Profile(industry="it services")
    assert rung_name(nearest([it], person), person) == "An IT services company"


def test_the_choice_names_story_rung_and_reason():
    (choice,) = testimonial.choices(Settings(), standing(Profile(industry="Software")))
    assert choice.what == "The story of Nordlicht Software"
    assert choice.because == (
        "A software company. The nearest story we have, because your industry is software."
    )


def test_a_vendor_without_stories_still_has_a_page():
    assert testimonial.choices(Settings(stories=()), standing()) == ()
    assert "no story here yet" in render(testimonial, Settings(stories=()))


def test_nothing_is_asked_but_it_is_personal():
    assert testimonial.answers is NoAnswers
    assert not testimonial.is_fixed
