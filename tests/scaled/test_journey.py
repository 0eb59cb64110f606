"""The main job again, by the same steps, on many processes: `kill` here takes both web processes."""

import pytest

from tests.browser import test_journey as one

pytestmark = pytest.mark.no_database

# In the order of the original: each finds the console as the one before left it.
test_clicks_survive_a_kill = (
    one.test_a_prospects_clicks_stand_in_the_console_in_order_and_survive_a_kill
)
test_an_update_equals_a_reload = (
    one.test_the_console_after_an_update_equals_the_console_after_a_reload
)
test_without_consent = one.test_without_consent_nothing_is_seen_and_everything_works
test_without_javascript = one.test_the_site_answers_without_javascript
test_a_colleagues_visit = one.test_a_colleagues_visit_is_marked_and_not_counted
test_simulated_prospects = one.test_the_simulated_prospects_bring_the_console_to_life


def test_every_step_of_the_original_is_here():
    assert {name for name in vars(one) if name.startswith("test_")} == {
        test.__name__ for name, test in globals().items()
        if name.startswith("test_") and test.__module__ == one.__name__
    }  # fmt: skip
