"""Group commit: stored together, once, in order, and acknowledged only after that."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import create_async_engine

from app import metrics
from app.db import reading, transaction
from app.tracking import groups as grouping
from app.tracking import live as live_visits
from app.tracking.errors import GapError, NotStoredError, SlowDownError, VisitOverError
from app.tracking.intake import groups, note_here, offer_acts, take_acts, take_acts_of
from app.tracking.live import MOST_CLICKED
from app.tracking.models import Act, Visit
from app.tracking.visits import end_visit
from tests.make import make_prospect, make_user
from tests.visiting import NOW, act, answer, open_live, sent, served_page, visit_of

LATER = NOW + timedelta(seconds=5)


async def stored(live):
    async with reading() as db:
        rows = select(Act).where(Act.visit_id == live.id).order_by(Act.id)
        return (await db.scalars(rows)).all()


async def seqs(live):
    return [row.seq for row in await stored(live)]


def commits():
    return metrics.COMMIT_ROWS.collect()[0].samples


def count_of(samples):
    return next(sample.value for sample in samples if sample.name.endswith("_count"))


async def test_a_row_of_a_group_equals_the_row_of_a_transaction():
    claims = await served_page(own={"link": "Opened the price list"})
    acts = sent(
        act(1, "opened", details={"viewport": "phone", "language": "de"}),
        act(2, target="\u00fcml\U0001f600 ' \" %s", details={"label": "  Big \n prices \u2028 "}),
        act(3, "scrolled", name="page.scrolled", details={"depth": 75}),
        act(4, "media", name="media.pause", details={"position_s": 61.5, "label": "Film"}),
        act(5, "moved", module="goals", target="goals", details={"label": "Goals"}),
        act(6, target="\u00fcml\U0001f600 ' \" %s", at="1999-01-01T00:00:00+05:30"),
    )
    by_group = await open_live(claims)
    assert (await take_acts_of(by_group, acts, now=LATER)).last == 6
    other = (await served_page(own={"link": "Opened the price list"})).model_copy()
    alone = await open_live(other)
    assert (await take_acts(acts, visit_id=alone.id, claims=other, now=LATER)).last == 6
    one, two = await stored(by_group), await stored(alone)
    columns = [c.key for c in Act.__table__.columns if c.key not in {"id", "visit_id"}]
    unlike = {"workspace_id"}
    for left, right in zip(one, two, strict=True):
        same = [name for name in columns if name not in unlike]
        assert [getattr(left, name) for name in same] == [getattr(right, name) for name in same]
        assert left.workspace_id == claims.workspace_id
    first, second = await visit_of(by_group), await visit_of(alone)
    assert (first.last_seq, first.seen_at) == (second.last_seq, second.seen_at) == (6, LATER)


async def test_what_arrives_together_is_stored_together_in_order():
    lives = [await open_live() for _ in range(8)]
    before = count_of(commits())

    async def browse(live):
        receipts = [take_acts_of(live, sent(act(seq)), now=LATER) for seq in range(1, 21)]
        tasks = [asyncio.ensure_future(receipt) for receipt in receipts]
        return [receipt.last for receipt in await asyncio.gather(*tasks)]

    receipts = await asyncio.gather(*(browse(live) for live in lives))
    assert receipts == [list(range(1, 21))] * len(lives)
    for live in lives:
        assert await seqs(live) == list(range(1, 21))
    assert 1 <= count_of(commits()) - before < 20


async def test_a_receipt_is_given_when_others_can_read_the_act(database):
    live, seen = await open_live(), []
    receipt = asyncio.get_running_loop().create_future()
    read = text("SELECT max(seq) FROM acts")

    async def look():
        other = create_async_engine(database.url)
        async with other.connect() as connection:
            seen.append(await connection.scalar(read))
        await other.dispose()

    def tell(outcome):
        # Here and now, on a line of its own, while everything else stands still.
        with ThreadPoolExecutor(1) as beside:
            beside.submit(asyncio.run, look()).result()
        receipt.set_result(outcome)

    assert offer_acts(live, sent(act(1), act(2)), tell, now=LATER)
    assert await receipt == 2
    assert seen == [2]


async def test_what_is_sent_again_is_skipped_and_a_gap_is_refused():
    live = await open_live()
    await take_acts_of(live, sent(act(1), act(2)), now=LATER)
    assert (await take_acts_of(live, sent(act(1), act(2), act(3)), now=LATER)).last == 3
    with pytest.raises(GapError):
        await take_acts_of(live, sent(act(5)), now=LATER)
    assert (await take_acts_of(live, sent(act(4)), now=LATER)).last == 4
    assert await seqs(live) == [1, 2, 3, 4]


async def test_an_answer_keeps_its_place_among_clicks():
    live = await open_live()
    messages = [[act(1)], [answer(2, "goals", ("chosen", "close-faster"))], [act(3)], [act(4)]]
    tasks = [asyncio.ensure_future(take_acts_of(live, sent(*m), now=LATER)) for m in messages]
    receipts = await asyncio.gather(*tasks)
    assert [receipt.last for receipt in receipts] == [1, 2, 3, 4]
    assert [row.kind for row in await stored(live)] == ["clicked", "answered", "clicked", "clicked"]


async def test_acts_written_by_another_process_meanwhile_are_not_written_again(told):
    live = await open_live()
    await take_acts_of(live, sent(act(1)), now=LATER)
    await take_acts(sent(act(2), act(3)), visit_id=live.id, claims=live.claims, now=LATER)
    told.clear()
    assert (await take_acts_of(live, sent(act(2), act(3), act(4)), now=LATER)).last == 4
    assert await seqs(live) == [1, 2, 3, 4]
    assert [(f.facts["from_seq"], f.facts["to_seq"]) for f in told] == [(4, 4)]
    assert (await take_acts_of(live, sent(act(5)), now=LATER)).last == 5


async def test_one_visit_that_stands_otherwise_does_not_hold_up_the_others():
    lives = [await open_live() for _ in range(3)]
    await take_acts(sent(act(1)), visit_id=lives[1].id, claims=lives[1].claims, now=LATER)
    receipts = await asyncio.gather(
        *(take_acts_of(live, sent(act(1), act(2)), now=LATER) for live in lives)
    )
    assert [receipt.last for receipt in receipts] == [2, 2, 2]
    for live in lives:
        assert await seqs(live) == [1, 2]


async def test_a_visit_that_is_over_takes_nothing():
    live = await open_live()
    await take_acts_of(live, sent(act(1)), now=LATER)
    async with transaction() as db:
        await end_visit(db, live.id, now=LATER)
    with pytest.raises(VisitOverError):
        await take_acts_of(live, sent(act(2)), now=LATER)
    with pytest.raises(VisitOverError):
        await note_here(live, now=LATER)
    assert await seqs(live) == [1]


async def test_acts_are_told_to_whoever_looks_after_the_person_now(told):
    live = await open_live()
    async with transaction() as db:
        prospect = await make_prospect(db)
        other = await make_user(db)
        values = {"owner_id": other.id, "prospect_id": prospect.id}
        await db.execute(update(Visit).where(Visit.id == live.id).values(**values))
    await take_acts_of(live, sent(act(1)), now=LATER)
    await take_acts_of(live, sent(act(2)), now=LATER)
    assert {(fact.owner_id, fact.prospect_id) for fact in told if fact.name == "visit-acted"} == {
        (other.id, prospect.id)
    }


async def test_clicks_on_the_same_thing_are_marked_also_across_visits():
    live = await open_live()
    await take_acts_of(live, sent(act(1, target="a"), act(2, target="b")), now=LATER)
    await take_acts_of(live, sent(act(3, target="a")), now=LATER)
    again = await open_live(live.claims)
    await take_acts_of(again, sent(act(1, target="b"), act(2, target="c")), now=LATER)
    assert [row.is_repeat for row in await stored(live)] == [False, False, True]
    assert [row.is_repeat for row in await stored(again)] == [True, False]


async def test_repeats_are_found_also_beyond_what_is_remembered():
    live = await open_live()
    for first in range(1, MOST_CLICKED + 52, 50):
        acts = [act(seq, target=f"#{seq}") for seq in range(first, first + 50)]
        await take_acts_of(live, sent(*acts), now=LATER)
    last = live.stored
    assert live.clicked is None
    await take_acts_of(
        live, sent(act(last + 1, target="#3"), act(last + 2, target="new")), now=LATER
    )
    assert [row.is_repeat for row in (await stored(live))[-3:]] == [False, True, False]


async def test_a_heartbeat_is_noted_and_tells_the_last_act():
    live = await open_live()
    await take_acts_of(live, sent(act(1)), now=LATER)
    assert await note_here(live, now=LATER + timedelta(milliseconds=200)) == 1
    assert (await visit_of(live)).seen_at == LATER + timedelta(milliseconds=200)


async def test_too_much_waiting_is_told_to_slow_down_and_nothing_taken_is_lost(monkeypatch):
    live, other = await open_live(), await open_live()
    monkeypatch.setattr(grouping, "MOST_WAITING", 3)
    tasks = [asyncio.ensure_future(take_acts_of(live, sent(act(n)), now=LATER)) for n in (1, 2, 3)]
    await asyncio.sleep(0)
    with pytest.raises(SlowDownError):
        await take_acts_of(other, sent(act(1)), now=LATER)
    assert [receipt.last for receipt in await asyncio.gather(*tasks)] == [1, 2, 3]
    assert (await take_acts_of(other, sent(act(1)), now=LATER)).last == 1


@pytest.mark.sqlite_only
async def test_a_full_disk_acknowledges_nothing_and_heals():
    live, other = await open_live(), await open_live()
    await take_acts_of(live, sent(act(1)), now=LATER)
    ledger = groups()._ledger
    pages = await on_thread(ledger, "PRAGMA page_count")
    await on_thread(ledger, f"PRAGMA max_page_count={pages}")
    last = 1
    is_full = False
    while not is_full:
        acts = [act(last + n, details={"label": "x" * 3000}) for n in range(1, 11)]
        try:
            last = (await take_acts_of(live, sent(*acts), now=LATER)).last
        except NotStoredError:
            is_full = True
    assert await seqs(live) == list(range(1, last + 1))
    await on_thread(ledger, "PRAGMA max_page_count=1073741823")
    assert (
        await take_acts_of(live, sent(act(last + 1), act(last + 2)), now=LATER)
    ).last == last + 2
    assert await seqs(live) == list(range(1, last + 3))
    assert (await take_acts_of(other, sent(act(1)), now=LATER)).last == 1


async def on_thread(ledger, sql):
    def run():
        return ledger._db.execute(sql).fetchone()[0]

    return await asyncio.get_running_loop().run_in_executor(ledger._thread, run)


@pytest.mark.parametrize("seed", range(5))
async def test_any_mixture_ends_exactly_once_in_order(seed):
    """Two processes' worth of writers on the same visits, at random."""
    chance = random.Random(seed)
    lives = [await open_live() for _ in range(4)]
    goals = {live.id: 0 for live in lives}

    async def browse(live):
        last = 0
        while last < 30:
            count = chance.randint(1, 5)
            acts = sent(*(act(last + n) for n in range(1, count + 1)))
            if chance.random() < 0.3:
                receipt = await take_acts(acts, visit_id=live.id, claims=live.claims, now=LATER)
            else:
                receipt = await take_acts_of(live, acts, now=LATER)
            assert receipt.last >= last + count
            last = receipt.last - chance.choice([0, 0, 0, min(2, last)])
            goals[live.id] = max(goals[live.id], receipt.last)

    await asyncio.gather(*(browse(live) for live in lives))
    for live in lives:
        assert await seqs(live) == list(range(1, goals[live.id] + 1))


async def test_what_cannot_be_written_down_takes_nothing_with_it(monkeypatch):
    live = await open_live()
    good = live_visits.describe

    def describe(kind, name, target, *more):
        if target == "bad":
            raise RuntimeError
        return good(kind, name, target, *more)

    monkeypatch.setattr(live_visits, "describe", describe)
    with pytest.raises(RuntimeError):
        await take_acts_of(live, sent(act(1), act(2, target="bad")), now=LATER)
    assert (await take_acts_of(live, sent(act(1), act(2), act(3)), now=LATER)).last == 3
    assert await seqs(live) == [1, 2, 3]
