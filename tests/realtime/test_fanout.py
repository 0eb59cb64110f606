"""Consoles end up right whatever is announced: once, twice, late, or not at all."""

import asyncio
import random

import pytest
from sqlalchemy import update

from app import bus, clock
from app.bus import Announcement
from app.db import Writer, write_turn
from app.tracking.commands import record_acts
from app.tracking.intake import open_page, take_acts_of
from app.tracking.models import Visit
from app.tracking.visits import Opening, end_visit, note_away
from realtime import fanout
from tests.realtime.console import Console
from tests.visiting import act, new_visit, sent

SOON_S = 5


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr(fanout, "LOOK_EVERY_S", 0.1)
    monkeypatch.setattr(fanout, "LOOK_ALONE_EVERY_S", 0.1)


@pytest.fixture
async def console(url, here):
    """The owner's open console."""
    console = Console(url, *here.door("owner"))
    yield await console.open()
    await console.close()


async def elsewhere(work):
    """Write as a process does that nobody here hears of."""
    async with write_turn(), Writer() as db, db.begin():
        await work(db)


async def open_live(claims):
    opening = Opening(new_visit(), claims, "Firefox", "socket")
    return await open_page(opening, now=clock.now())


def told(console, live):
    """The numbers of the acts a console was told of a visit, as they came."""
    mine = [m for name, m in console.heard if name == "visit-acted" and m["visit"] == str(live.id)]
    for message in mine:
        seqs = [row["seq"] for row in message["acts"]]
        assert seqs == list(range(message["from_seq"], message["to_seq"] + 1))
    return [row["seq"] for message in mine for row in message["acts"]]


async def until(holds):
    async with asyncio.timeout(SOON_S):
        while not holds():  # noqa: ASYNC110  whatever is waited for, it is soon
            await asyncio.sleep(0.02)


async def record(live, *acts):
    async def work(db):
        await record_acts(db, sent(*acts), visit_id=live.id, claims=live.claims, now=clock.now())

    await elsewhere(work)


async def test_acts_that_nobody_announced_are_found(console, here):
    live = await open_live(here.claims)
    await until(lambda: console.heard)
    await take_acts_of(live, sent(act(1)), now=clock.now())
    await record(live, act(2), act(3))
    await until(lambda: told(console, live) == [1, 2, 3])
    await take_acts_of(live, sent(act(4)), now=clock.now())
    await until(lambda: told(console, live) == [1, 2, 3, 4])


async def test_a_visit_elsewhere_begins_goes_and_ends_on_the_console(console, here):
    live = await open_live(here.claims)
    await until(lambda: [name for name, _ in console.heard] == ["visit-began"])
    await elsewhere(lambda db: note_away(db, live.id, held_by="socket", now=clock.now()))
    await until(lambda: console.heard[-1][1].get("state") == "away")
    await record(live, act(1))
    await until(lambda: told(console, live) == [1])
    await until(lambda: console.heard[-1][1].get("state") == "here" or told(console, live) == [1])
    await elsewhere(lambda db: end_visit(db, live.id, now=clock.now()))
    await until(lambda: console.heard[-1][0] == "visit-ended")


async def test_what_is_announced_twice_or_late_is_told_once(console, here):
    live = await open_live(here.claims)
    await until(lambda: console.heard)
    await take_acts_of(live, sent(act(1), act(2), act(3)), now=clock.now())
    for first, last in ((1, 3), (2, 2), (1, 1), (1, 3)):
        facts = {"from_seq": first, "to_seq": last}
        again = Announcement(
            "visit-acted", live.claims.workspace_id, live.id, owner_id=live.owner_id,
            prospect_id=live.prospect_id, facts=facts, is_remote=True,
        )  # fmt: skip
        bus.publish(again)
    await take_acts_of(live, sent(act(4)), now=clock.now())
    await until(lambda: told(console, live) == [1, 2, 3, 4])
    await asyncio.sleep(0.3)
    assert told(console, live) == [1, 2, 3, 4]


async def test_an_announcement_of_acts_far_ahead_brings_those_before_them(console, here):
    live = await open_live(here.claims)
    await until(lambda: console.heard)
    await record(live, *(act(seq) for seq in range(1, 61)))
    facts = {"from_seq": 60, "to_seq": 60}
    bus.publish(
        Announcement(
            "visit-acted",
            live.claims.workspace_id,
            live.id,
            owner_id=live.owner_id,
            prospect_id=live.prospect_id,
            facts=facts,
            is_remote=True,
        )
    )
    await until(lambda: told(console, live) == list(range(1, 61)))


async def test_the_end_of_a_visit_comes_after_its_last_acts(console, here, monkeypatch):
    monkeypatch.setattr(fanout, "LOOK_EVERY_S", 30)
    monkeypatch.setattr(fanout, "LOOK_ALONE_EVERY_S", 30)
    live = await open_live(here.claims)
    await until(lambda: console.heard)
    await record(live, *(act(seq) for seq in range(1, 1201)))
    await elsewhere(lambda db: end_visit(db, live.id, now=clock.now()))
    bus.publish(fact_of(live, "visit-ended"))
    await until(lambda: console.heard[-1][0] == "visit-ended")
    assert told(console, live) == list(range(1, 1201))


async def test_late_announcements_never_take_anything_back(console, here):
    live = await open_live(here.claims)
    await until(lambda: console.heard)
    await record(live, *(act(seq) for seq in range(1, 9)))
    for first, last in ((5, 8), (1, 4)):
        bus.publish(fact_of(live, "visit-acted", from_seq=first, to_seq=last))
    await until(lambda: told(console, live) == list(range(1, 9)))


async def test_a_visit_that_changes_hands_leaves_one_console_for_another(url, here, listen):
    owner, other = await listen(*here.door("owner")), await listen(*here.door("other"))
    admin = await listen(*here.door("admin"))
    live = await open_live(here.claims)
    await until(lambda: owner.heard)
    values = {"owner_id": here.users["other"].id}
    await elsewhere(lambda db: db.execute(update(Visit).where(Visit.id == live.id).values(values)))
    await until(lambda: owner.heard[-1][0] == "visit-ended")
    await until(lambda: other.heard and other.heard[0][0] == "visit-began")
    await take_acts_of(live, sent(act(1)), now=clock.now())
    await until(lambda: told(other, live) == [1])
    assert told(owner, live) == []
    assert [name for name, _ in admin.heard] == ["visit-began", "visit-began", "visit-acted"]


def fact_of(live, name, **facts):
    """An announcement as it comes from another process."""
    return Announcement(
        name, live.claims.workspace_id, live.id, owner_id=live.owner_id,
        prospect_id=live.prospect_id, facts=facts, is_remote=True,
    )  # fmt: skip


async def test_too_many_announcements_at_once_lose_nothing(console, here, monkeypatch):
    monkeypatch.setattr(fanout, "MOST_WAITING", 2)
    lives = [await open_live(here.claims) for _ in range(6)]
    for live in lives:
        await record(live, act(1))
        await take_acts_of(live, sent(act(1), act(2)), now=clock.now())
    for live in lives:
        # What the card already showed when it was drawn is not told again.
        await until(lambda live=live: last_known(console, live) == 2)


def last_known(console, live):
    """The last act a console knows of a visit, from its card or told after it."""
    cards = [
        m["html"] for n, m in console.heard if n == "visit-began" and str(live.id) in m["html"]
    ]
    shown = cards[-1].count("data-seq=") if cards else 0
    return max([shown, *told(console, live)])


@pytest.mark.parametrize("seed", range(4))
async def test_any_mixture_is_told_once_and_in_order(console, here, seed):
    chance = random.Random(seed)
    lives = [await open_live(here.claims) for _ in range(3)]
    await until(lambda: len(console.heard) >= len(lives))

    async def browse(live):
        last = 0
        while last < 40:
            acts = [act(last + n) for n in range(1, chance.randint(2, 6))]
            if chance.random() < 0.4:
                await record(live, *acts)
            else:
                await take_acts_of(live, sent(*acts), now=clock.now())
            last += len(acts)
            await asyncio.sleep(chance.random() / 100)
        return last

    lasts = await asyncio.gather(*(browse(live) for live in lives))
    for live, last in zip(lives, lasts, strict=True):
        await until(lambda live=live, last=last: told(console, live) == list(range(1, last + 1)))
