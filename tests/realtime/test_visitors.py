"""The visitors' socket on a real server: stored once, refused plainly, closed in time."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import aiohttp
import pytest
from socketio.exceptions import ConnectionError as Refused
from sqlalchemy import func, select

from app import clock
from app.db import reading, transaction
from app.sites.links import revoke_links
from app.sites.models import Site
from app.tracking.models import Act, Visit
from app.tracking.sweeper import end_silent_visits
from tests.realtime.conftest import Browser
from tests.visiting import act, make_page, say, served_page


async def stored(visit_id):
    async with reading() as db:
        seqs = select(Act.seq).where(Act.visit_id == visit_id).order_by(Act.id)
        return list(await db.scalars(seqs))


async def count(model):
    async with reading() as db:
        return await db.scalar(select(func.count()).select_from(model))


async def refusal_of(url, claims, visit_id, **options):
    browser = Browser(url, claims, visit_id, **options)
    with pytest.raises(Refused):
        await browser.open()
    await browser.close()
    return browser.refusal


async def until(holds):
    async with asyncio.timeout(2):
        while not await holds():  # noqa: ASYNC110  the database has no event to wait for
            await asyncio.sleep(0.02)


async def test_a_click_is_stored_once_and_acknowledged(browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    assert await browser.send(act(1, "opened"), act(2)) == {"ok": True, "last": 2, "problems": {}}
    assert (await browser.send(act(1, "opened"), act(2), act(3)))["last"] == 3
    assert await browser.call("here") == {"ok": True, "last": 3}
    assert await stored(visit_id) == [1, 2, 3]


async def test_acts_sent_without_waiting_keep_their_order(browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    acks = await asyncio.gather(*(browser.send(act(seq)) for seq in range(1, 41)))
    assert [ack["last"] for ack in acks] == list(range(1, 41))
    assert await stored(visit_id) == list(range(1, 41))


async def test_a_gap_is_refused_with_the_last_act_stored(browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    await browser.send(act(1))
    assert await browser.send(act(3)) == {"ok": False, "error": "gap", "last": 1}
    assert (await browser.send(act(2), act(3)))["last"] == 3


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "acts",
        {"acts": "all"},
        {"acts": [{"seq": 1}]},
        {"acts": [act(1, seq_of="mine")]},
        {"acts": [act(0)]},
        {"acts": [act(True)]},
        {"acts": [act(1, "danced")]},
        {"acts": [act(1, name="Ask me")]},
        {"acts": [act(1, target="x" * 201)]},
        {"acts": [act(1, target="\x00")]},
        {"acts": [act(1, details={"label": "x" * 5000})]},
        {"acts": [act(1, details={"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}})]},
        {"acts": [act(1, details={"label": "\ud800"})]},
        {"acts": [act(1, "answered", details={"fields": [["own"]]})]},
        {"acts": [act(1, "answered", details={"other": 1})]},
        {"acts": [act(1, at="yesterday")]},
        {"acts": [act(1, at="2026-01-05T09:00:00")]},
        {"acts": [act(seq) for seq in range(1, 102)]},
        {"acts": [act(1)], "visit": str(uuid4())},
    ],
)
async def test_a_malformed_message_is_refused_and_the_connection_lives(browse, message):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    assert await browser.call("acts", message) == {"ok": False, "error": "malformed"}
    assert await count(Act) == 0
    assert (await browser.send(act(1)))["ok"]


async def test_unknown_events_and_a_pretended_farewell_are_refused(browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    for event in ("publish", "connect", "disconnect", "hear", "trigger_event", "__class__"):
        assert await browser.call(event, {}) == {"ok": False, "error": "unknown"}
    assert (await browser.send(act(1)))["ok"]
    async with reading() as db:
        assert (await db.get(Visit, visit_id)).away_at is None


async def test_a_page_without_a_yes_is_not_admitted(url):
    claims = await served_page(consents=False)
    refusal = await refusal_of(url, claims, uuid4())
    assert refusal["data"] == {"error": "no-consent"}
    assert (await count(Visit), await count(Act)) == (0, 0)


async def test_a_foreign_visit_looks_like_one_that_does_not_exist(url, browse):
    claims, stranger, visit_id = await served_page(), await served_page(), uuid4()
    await browse(claims, visit_id)
    foreign = await refusal_of(url, stranger, visit_id)
    forged = await refusal_of(url, "forged", uuid4())
    assert foreign == forged
    assert foreign["data"] == {"error": "not_found"}


async def test_what_opens_a_socket_must_have_its_shape(url):
    browser = Browser(url, await served_page(), uuid4())
    browser.auth["visit"] = "../etc"
    with pytest.raises(Refused):
        await browser.open()
    await browser.close()
    assert browser.refusal["data"] == {"error": "malformed"}


async def test_only_our_own_pages_open_sockets(url, browse):
    claims = await served_page()
    for origin in ("http://evil.example", "null", "http://127.0.0.1:8000.evil.example"):
        await refusal_of(url, claims, uuid4(), origin=origin)
    for origin in ("http://127.0.0.1:8000", "http://localhost:8000"):
        assert (await (await browse(claims, uuid4(), origin=origin)).send(act(1)))["ok"]


async def test_a_visit_that_is_over_says_what_was_stored_of_it(url, browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    await browser.send(act(1), act(2))
    assert await end_silent_visits(clock.now() + timedelta(minutes=1)) == 1
    async with asyncio.timeout(2):
        await browser.closed.wait()
    refusal = await refusal_of(url, claims, visit_id)
    assert refusal["data"] == {"error": "visit-over", "last": 2}


async def test_a_no_closes_the_socket_and_ends_the_visit(url, browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    await browser.send(act(1))
    async with aiohttp.ClientSession(headers={"Accept": "application/json"}) as http:
        form = {"page": claims.seal(), "choice": "no", "how": "footer"}
        answer = await (await http.post(f"{url}/t/consent", data=form)).json()
    assert answer["consent"] == "no"
    async with asyncio.timeout(2):
        await browser.closed.wait()
    async with reading() as db:
        visit = await db.get(Visit, visit_id)
    assert visit.ended_at is not None
    assert visit.summary["is_withdrawn"]
    assert (await refusal_of(url, claims, visit_id))["data"] == {"error": "no-consent"}


async def test_a_revoked_link_closes_the_socket(url, browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    async with transaction() as db:
        await revoke_links(db, site=await db.get_one(Site, claims.site_id), now=clock.now())
    async with asyncio.timeout(2):
        await browser.closed.wait()
    assert (await refusal_of(url, claims, visit_id))["data"] == {"error": "not_found"}


async def test_presence_follows_the_last_socket_of_a_visit(browse):
    claims, visit_id = await served_page(), uuid4()
    first, second = await browse(claims, visit_id), await browse(claims, visit_id)

    async def is_away():
        async with reading() as db:
            return (await db.get(Visit, visit_id)).away_at is not None

    await first.close()
    assert (await second.call("here"))["ok"]
    assert not await is_away()
    await second.close()
    await until(is_away)
    third = await browse(claims, visit_id)
    assert (await third.call("here"))["ok"]
    assert not await is_away()


async def test_too_many_acts_at_once_are_told_to_slow_down(browse):
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    # Heartbeats that cost next to nothing: no machine is slow enough to earn them meanwhile.
    answers = await asyncio.gather(*(browser.call("here") for _ in range(400)))
    refused = [answer for answer in answers if not answer["ok"]]
    assert {answer["error"] for answer in refused} == {"slow-down"}
    slow = await browser.send(*(act(seq) for seq in range(1, 91)))
    assert (slow["ok"], slow["error"]) == (False, "slow-down")
    assert 0 < slow["retry_ms"] <= 2000
    assert await stored(visit_id) == []


async def test_a_colleagues_visit_is_marked(browse):
    claims, visit_id = await served_page(is_staff=True), uuid4()
    await (await browse(claims, visit_id)).send(act(1))
    async with reading() as db:
        assert (await db.get(Visit, visit_id)).is_staff


async def test_a_post_stores_what_a_closing_page_could_not_send(url):
    claims, visit_id = await served_page(), uuid4()
    message = {"page": claims.seal(), "visit": str(visit_id)}
    async with aiohttp.ClientSession() as http:

        async def post(**more):
            answer = await http.post(f"{url}/t/acts", json=message | more)
            return answer.status, await answer.json()

        assert await post(acts=[act(1), act(2)]) == (200, {"ok": True, "last": 2, "problems": {}})
        assert await post(acts=[act(2), act(3, "left")]) == (
            200,
            {"ok": True, "last": 3, "problems": {}},
        )
        assert await post(acts=[act(5)]) == (409, {"ok": False, "error": "gap", "last": 3})
        assert (await post(acts=[{"seq": 4}]))[1]["error"] == "malformed"
        assert (await post(acts=[], page="forged"))[1] == {"ok": False, "error": "not_found"}
        evil = {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.example"}
        foreign = await http.post(f"{url}/t/acts", json=message | {"acts": []}, headers=evil)
        assert foreign.status == 403
    assert await stored(visit_id) == [1, 2, 3]


async def test_a_killed_server_loses_nothing_and_stores_nothing_twice(server_process):
    claims, visit_id = await served_page(), uuid4()
    total, kills = 200, {70, 140}
    last = 0
    await server_process.start()
    browser = None
    while last < total:
        try:
            browser = browser or await Browser(server_process.url, claims, visit_id).open()
            sending = browser.send(*(act(seq) for seq in range(max(1, last - 2), last + 6)))
            due = {kill for kill in kills if kill <= last}
            if due:
                kills -= due
                task = asyncio.create_task(sending)
                await asyncio.sleep(0.002)
                await server_process.kill()
                task.cancel()
                await task
            else:
                last = (await sending)["last"]
        except (Exception, asyncio.CancelledError):  # noqa: BLE001  gone: try again
            await browser.close()
            browser = None
            await server_process.start()
    await browser.close()
    assert kills == set()
    assert await stored(visit_id) == list(range(1, last + 1))


async def test_every_page_of_a_person_is_one_person(browse):
    async with transaction() as db:
        claims = await make_page(db)
        await say(db, claims, is_yes=True, now=clock.now())
    for visit_id in (uuid4(), uuid4()):
        await (await browse(claims, visit_id)).send(act(1))
    async with reading() as db:
        whose = set(await db.scalars(select(Visit.prospect_id)))
    assert whose == {claims.prospect_id}


async def test_a_batch_that_is_sent_again_at_once_gets_through_in_the_end(browse):
    """A browser with much to tell must not eat its own allowance by asking."""
    claims, visit_id = await served_page(), uuid4()
    browser = await browse(claims, visit_id)
    last = 0
    async with asyncio.timeout(20):
        while last < 260:
            acts = [act(seq) for seq in range(last + 1, last + 14)]
            answer = await browser.send(*acts)
            last = answer.get("last", last)
            if not answer["ok"]:
                await asyncio.sleep(answer["retry_ms"] / 4000)
    assert await stored(visit_id) == list(range(1, last + 1))
