"""Who an option is meant for."""

from modules.audience import Audience
from modules.contract import Profile


def test_an_audience_without_limits_is_everybody():
    assert Audience().is_everybody
    assert Audience().matches(Profile())


def test_what_is_unknown_of_a_person_never_matches():
    assert not Audience(industries=("software",)).matches(Profile())
    assert not Audience(titles=("CFO",)).matches(Profile())
    assert not Audience(min_employees=10).matches(Profile())


def test_titles_match_where_a_word_begins():
    finance = Audience(titles=("financ",))
    assert finance.matches(Profile(title="Head of Finance"))
    assert finance.matches(Profile(title="financial controller"))
    assert not finance.matches(Profile(title="Refinancing"))


def test_a_short_title_is_not_found_inside_a_longer_word():
    cto = Audience(titles=("CTO",))
    assert cto.matches(Profile(title="Co-founder & CTO"))
    assert not cto.matches(Profile(title="Director of Sales"))
    assert not Audience(titles=("COO",)).matches(Profile(title="Coordinator"))


def test_industries_match_as_a_whole_in_any_case():
    software = Audience(industries=("Software",))
    assert software.matches(Profile(industry=" software "))
    assert not software.matches(Profile(industry="Software for farms"))


def test_the_reason_is_a_sentence_a_person_can_read():
    everything = Audience(industries=("Software",), titles=("CFO",), min_employees=10)
    person = Profile(industry="Software", title="CFO", employees=240)
    assert everything.because(person) == (
        "your industry is software, you work as CFO and your company has 240 people"
    )
