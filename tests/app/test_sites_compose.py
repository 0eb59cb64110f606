"""Composing: pure, total, and with a reason for every choice."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.campaigns.plan import Plan
from app.campaigns.shapes import Brand, Offer, PlacedModule, Tracked
from app.sites.compose import Composition, History, compose
from app.sites.differences import differences
from modules.audience import Audience
from modules.contract import Profile

pytestmark = pytest.mark.no_database
ADA = Profile("Ada", "Ada Lovelace", "Head of Finance", "Analytical Engines", "software", 120)
KINDS = ("goals", "problems", "impacts", "outcomes", "roi", "solution", "testimonial", "text")


def plan(*modules):
    return Plan(
        name="Spring", offer=Offer(headline="Ship faster"), brand=Brand(),
        modules=modules or tuple(PlacedModule(key=kind, kind=kind) for kind in KINDS),
        tracked=Tracked(), currency="EUR",
    )  # fmt: skip


def keys(composition):
    return [place.key for place in composition.places]


def test_a_first_site_stands_in_the_campaigns_order():
    assert keys(compose(plan(), ADA, History())) == list(KINDS)


def test_a_module_for_another_industry_is_left_out_and_says_why():
    for_banks = PlacedModule(key="banks", kind="text", audience=Audience(industries=("banking",)))
    site = compose(plan(for_banks), ADA, History())
    assert site.places == ()
    assert site.left_out[0].reason == "Left out because it is meant for people in banking."


def test_a_module_for_the_persons_industry_says_why_it_is_shown():
    own = PlacedModule(key="own", kind="text", audience=Audience(industries=("software",)))
    assert compose(plan(own), ADA, History()).places[0].reasons == (
        "Shown because your industry is software.",
    )


def test_the_opening_greets_by_name_company_and_industry():
    opening = compose(plan(), ADA, History()).opening
    assert opening.greeting == "Hello, Ada"
    assert "Analytical Engines" in opening.lead
    assert "software" in opening.lead
    assert opening.reason == "Worded by your name, your company and your industry."


def test_somebody_unknown_is_greeted_without_gaps():
    opening = compose(plan(), Profile(), History()).opening
    assert (opening.greeting, opening.lead) == ("Hello", "We put this page together for you.")


def test_the_second_site_puts_what_is_open_before_what_is_answered():
    history = History(answers={"goals": {"chosen": ["cut-cost"], "own": ""}}, visits=1)
    site = compose(plan(), ADA, history)
    order = keys(site)
    assert order.index("goals") > order.index("problems")
    goals = site.place("goals")
    assert goals.is_answered
    assert not goals.is_open
    assert "Further down because you have answered it." in goals.reasons


def test_the_second_site_welcomes_back_and_names_the_goals_chosen():
    history = History(
        answers={
            "problems": {"chosen": [], "own": "Too much typing"},
            "goals": {"chosen": ["cut-cost"], "own": ""},
        },
        visits=1,
    )
    opening = compose(plan(), ADA, history).opening
    assert opening.is_return
    assert opening.greeting == "Welcome back, Ada"
    assert opening.remembered == ("Spend less on handling invoices",)
    assert "“Spend less on handling invoices”" in opening.lead


def test_who_only_wrote_something_finds_their_own_words():
    history = History(answers={"goals": {"chosen": [], "own": "Sleep at night"}}, visits=1)
    assert "“Sleep at night”" in compose(plan(), ADA, history).opening.lead


def test_what_interested_most_comes_first_among_equals():
    site = compose(plan(), ADA, History(interests={"roi": 4, "impacts": 2}, visits=1))
    assert keys(site)[:3] == ["roi", "impacts", "goals"]
    assert "Further up because you looked at it closely." in site.place("roi").reasons


def test_fixed_modules_keep_their_place():
    modules = (
        PlacedModule(key="first", kind="text"),
        PlacedModule(key="goals", kind="goals"),
        PlacedModule(key="roi", kind="roi"),
    )
    site = compose(plan(*modules), ADA, History(interests={"roi": 9}, visits=1))
    assert keys(site) == ["first", "roi", "goals"]


def test_a_module_that_is_gone_or_broken_or_named_twice_is_left_out_not_fatal():
    site = compose(
        plan(
            PlacedModule(key="a", kind="no_such_module"),
            PlacedModule(key="b", kind="goals", settings={"at_most": "many"}),
            PlacedModule(key="c", kind="goals"),
            PlacedModule(key="c", kind="text"),
        ),
        ADA,
        History(),
    )
    assert keys(site) == ["c"]
    assert [one.key for one in site.left_out] == ["a", "b", "c"]
    assert all(one.reason for one in site.left_out)


def test_differences_name_what_moved_what_came_and_what_is_answered():
    old = compose(plan(), ADA, History())
    history = History(answers={"goals": {"chosen": ["cut-cost"], "own": ""}}, visits=1)
    new = compose(plan(*(PlacedModule(key=kind, kind=kind) for kind in KINDS[:-1])), ADA, history)
    lines = " ".join(differences(old, new))
    assert "It opens with: Welcome back, Ada" in lines
    assert "moves down" in lines
    assert "is answered" in lines
    assert "Gone:" in lines


words = st.text(max_size=12)
profiles = st.builds(
    Profile, first_name=words, name=words, title=words, company=words, industry=words,
    employees=st.none() | st.integers(0, 10**7),
)  # fmt: skip
audiences = st.builds(
    Audience, industries=st.lists(words, max_size=2).map(tuple),
    titles=st.lists(words, max_size=2).map(tuple), min_employees=st.none() | st.integers(0, 500),
)  # fmt: skip
modules = st.lists(
    st.builds(
        PlacedModule, key=st.sampled_from([*KINDS, "extra"]), kind=st.sampled_from([*KINDS, "gone"]),
        settings=st.just({}) | st.just({"title": "Ours"}) | st.just({"nonsense": 1}),
        audience=audiences,
    ),
    max_size=8,
)  # fmt: skip
junk = st.recursive(st.none() | st.booleans() | words | st.integers(), st.lists, max_leaves=3)
histories = st.builds(
    History,
    answers=st.dictionaries(
        st.sampled_from(KINDS), st.dictionaries(st.sampled_from(["chosen", "own", "numbers"]), junk)
    ),
    interests=st.dictionaries(st.sampled_from(KINDS), st.integers(-3, 50)),
    visits=st.integers(0, 5),
)


@settings(max_examples=60, deadline=None)
@given(modules, profiles, histories)
def test_composing_never_fails_is_repeatable_and_survives_storage(placed, profile, history):
    site = compose(plan(*placed) if placed else plan(), profile, history)
    assert site == compose(plan(*placed) if placed else plan(), profile, history)
    assert Composition.model_validate_json(site.model_dump_json()) == site
    assert differences(site, site) == ()
    assert all(place.reasons for place in site.places)
    assert site.opening.reason


@settings(max_examples=60, deadline=None)
@given(histories, histories)
def test_two_orders_that_differ_have_a_difference(one, other):
    old, new = compose(plan(), ADA, one), compose(plan(), ADA, other)
    assert bool(differences(old, new)) == (
        (old.opening.greeting, old.opening.lead) != (new.opening.greeting, new.opening.lead)
        or keys(old) != keys(new)
        or [place.is_answered for place in old.places]
        != [place.is_answered for place in new.places]
    )
