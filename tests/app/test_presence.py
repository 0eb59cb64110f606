"""Who is here: said by the socket that holds the visit, and by signs of life."""

from datetime import timedelta

from app.db import transaction
from app.tracking.intake import open_page, take_acts_of
from app.tracking.sweeper import end_silent_visits
from app.tracking.visits import Opening, note_away
from tests.visiting import NOW, act, open_live, sent, visit_of

LATER = NOW + timedelta(seconds=5)


async def test_an_act_brings_somebody_back_who_was_away(told):
    live = await open_live()
    async with transaction() as db:
        await note_away(db, live.id, held_by="socket", now=NOW)
    told.clear()
    await take_acts_of(live, sent(act(1)), now=LATER)
    assert [fact.name for fact in told] == ["visit-acted", "visit-presence"]
    assert (await visit_of(live)).away_at is None


async def test_only_the_socket_that_holds_a_visit_can_leave_it():
    live = await open_live()
    await open_page(Opening(live.id, live.claims, "Firefox", "newer"), now=LATER)
    async with transaction() as db:
        await note_away(db, live.id, held_by="socket", now=LATER)
    assert (await visit_of(live)).away_at is None
    async with transaction() as db:
        await note_away(db, live.id, held_by="newer", now=LATER)
    assert (await visit_of(live)).away_at == LATER


async def test_who_is_silent_is_away_before_the_visit_is_over(told):
    live = await open_live()
    await end_silent_visits(NOW + timedelta(seconds=19))
    assert (await visit_of(live)).away_at is None
    await end_silent_visits(NOW + timedelta(seconds=21))
    visit = await visit_of(live)
    assert (visit.away_at, visit.ended_at) == (NOW, None)
    assert [fact.facts["state"] for fact in told if fact.name == "visit-presence"] == ["away"]
    await end_silent_visits(NOW + timedelta(seconds=30))
    assert (await visit_of(live)).ended_at == NOW


async def test_a_clock_that_is_set_back_keeps_nobody_here_for_ever():
    live = await open_live()
    ahead = NOW + timedelta(hours=3)
    await take_acts_of(live, sent(act(1)), now=ahead)
    for seconds in (0, 31):
        await end_silent_visits(NOW + timedelta(seconds=seconds))
    await end_silent_visits(NOW + timedelta(seconds=62))
    assert (await visit_of(live)).ended_at is not None
