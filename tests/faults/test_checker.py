"""The checker finds what it is there to find."""

import pytest

from tests.faults.checker import History, Outcome, check_acts, check_console
from tests.faults.nemesis import plan_faults

pytestmark = pytest.mark.no_database
GOOD = {"a": [(1, "v-1"), (2, "v-2"), (3, "v-3")]}


def history(*, promised=3, unknown=0, failed=0, visits=("a",)):
    made = History("v", visits=list(visits))
    outcomes = [Outcome.OK] * promised + [Outcome.UNKNOWN] * unknown + [Outcome.FAILED] * failed
    for number, outcome in enumerate(outcomes, 1):
        made.invoke(f"v-{number}")
        if outcome is not Outcome.UNKNOWN:
            made.settle(f"v-{number}", outcome)
    return made


def test_what_is_promised_and_stored_once_is_good():
    assert check_acts([history()], GOOD).wrong == {}


def test_what_is_unknown_may_be_stored_or_not():
    assert check_acts([history(promised=2, unknown=1)], GOOD).wrong == {}
    assert check_acts([history(promised=3, unknown=1)], GOOD).wrong == {}


@pytest.mark.parametrize(
    ("kind", "done", "rows"),
    [
        ("lost", history(promised=4), GOOD["a"]),
        ("doubled", history(), [*GOOD["a"], (4, "v-2")]),
        ("doubled", history(promised=2, unknown=1), [*GOOD["a"], (4, "v-3")]),
        ("disordered", history(), [(1, "v-2"), (2, "v-1"), (3, "v-3")]),
        ("gaps", history(), [(1, "v-1"), (2, "v-2"), (4, "v-3")]),
        ("gaps", history(), [(1, "v-1"), (2, "v-2"), (2, "v-3")]),
        ("strangers", history(), [*GOOD["a"], (4, "w-1")]),
        ("strangers", history(promised=2, failed=1), GOOD["a"]),
    ],
)
def test_everything_wrong_is_named(kind, done, rows):
    assert kind in check_acts([done], {"a": rows}).wrong


def test_an_act_that_went_into_two_visits_is_doubled():
    done = history(visits=("a", "b"))
    assert "doubled" in check_acts([done], {**GOOD, "b": [(1, "v-3")]}).wrong


def test_a_visit_nobody_made_is_a_stranger():
    assert check_acts([history()], {**GOOD, "c": []}).wrong == {"strangers": ["c"]}


def test_a_console_that_shows_all_once_in_order_is_good():
    assert check_console(GOOD, GOOD).wrong == {}


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("lost", GOOD["a"][:2]),
        ("lost", [GOOD["a"][0], GOOD["a"][2]]),
        ("doubled", [*GOOD["a"], GOOD["a"][2]]),
        ("disordered", [GOOD["a"][1], GOOD["a"][0], GOOD["a"][2]]),
        ("strangers", [*GOOD["a"], (4, "v-4")]),
    ],
)
def test_everything_wrong_with_a_console_is_named(kind, rows):
    assert kind in check_console({"a": rows}, GOOD).wrong


def test_a_console_that_never_heard_of_a_visit_lost_it():
    assert "lost" in check_console({}, GOOD).wrong


def test_a_seed_makes_the_same_plan_again():
    counts = {"kill": 5, "reset": 5}
    assert plan_faults(7, counts) == plan_faults(7, counts)
    assert plan_faults(7, counts) != plan_faults(8, counts)
