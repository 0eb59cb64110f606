"""Consoles hear exactly what their viewer may see, and only while they may."""

import pytest
from socketio.exceptions import ConnectionError as RefusedError

from app import clock
from app.accounts.access import Viewer
from app.accounts.commands import end_session_of, set_password
from app.accounts.models import Role, User
from app.accounts.queries import find_viewer
from app.accounts.team import change_role, disable_user
from app.console.live import console_token
from app.db import reading, transaction
from app.jobs.runner import run_due_jobs
from app.prospects.sharing import assign_prospect, share_prospect
from app.tokens import seal
from app.tracking.intake import open_visit, take_acts
from app.tracking.visits import Opening
from tests.make import NOW, make_viewer
from tests.realtime.console import ROLES, Console
from tests.visiting import act, make_campaign_page, new_visit, sent


async def visit(claims):
    """Somebody opens a page and clicks; returns the visit's id."""
    visit_id = new_visit()
    await open_visit(Opening(visit_id, claims, "Firefox"), now=clock.now())
    await click(claims, visit_id, 1)
    return visit_id


async def click(claims, visit_id, seq):
    await take_acts(sent(act(seq)), visit_id=visit_id, claims=claims, now=clock.now())


async def listen_all(listen, place):
    return {role: await listen(*place.door(role)) for role in ROLES}


async def settled(consoles):
    """Answered calls come after everything that was put into the same socket before them."""
    for console in consoles.values():
        await console.call("anything")


async def test_admins_owner_and_granted_support_hear_a_visit_and_nobody_else(listen, here, there):
    mine, theirs = await listen_all(listen, here), await listen_all(listen, there)
    visit_id = await visit(here.claims)
    for role in ("admin", "owner", "granted"):
        await mine[role].hears("visit-acted")
    await settled(mine)
    await settled(theirs)
    hearing = {role for role, console in mine.items() if console.heard}
    assert hearing == {"admin", "owner", "granted"}
    assert [console.heard for console in theirs.values()] == [[]] * len(ROLES)
    for role in hearing:
        assert [event for event, _ in mine[role].heard] == ["visit-began", "visit-acted"]
        assert {message["visit"] for _, message in mine[role].heard} == {str(visit_id)}


async def test_an_anonymous_visit_is_heard_by_the_campaigns_rep_and_admins(listen, here, there):
    async with transaction() as db:
        claims = await make_campaign_page(db, campaign=here.campaign)
    mine, theirs = await listen_all(listen, here), await listen_all(listen, there)
    await visit(claims)
    for role in ("admin", "owner"):
        await mine[role].hears("visit-acted")
    await settled(mine)
    await settled(theirs)
    assert {role for role, console in mine.items() if console.heard} == {"admin", "owner"}
    assert not any(console.heard for console in theirs.values())


async def test_a_page_served_before_a_hand_over_tells_the_new_owner(listen, here):
    async with transaction() as db:
        await assign_prospect(
            db, here.prospect.id, owner_id=here.users["other"].id, viewer=here.viewers["admin"],
            now=NOW,
        )  # fmt: skip
    before, after = await listen(*here.door("owner")), await listen(*here.door("other"))
    await visit(here.claims)
    assert (await after.hears())[0][0] == "visit-began"
    await before.call("anything")
    assert before.heard == []


async def test_a_hand_over_moves_a_live_visit_to_the_new_owner(listen, here):
    before, after = await listen(*here.door("owner")), await listen(*here.door("other"))
    visit_id = await visit(here.claims)
    async with transaction() as db:
        await assign_prospect(
            db, here.prospect.id, owner_id=here.users["other"].id, viewer=here.viewers["admin"],
            now=NOW,
        )  # fmt: skip
    assert await before.is_closed_soon()
    assert await after.is_closed_soon()
    await run_due_jobs(clock.now())
    before, after = await listen(*here.door("owner")), await listen(*here.door("other"))
    await click(here.claims, visit_id, 2)
    assert [event for event, _ in await after.hears()] == ["visit-acted"]
    await before.call("anything")
    assert before.heard == []


async def test_support_stops_hearing_when_a_person_is_no_longer_shared(listen, here):
    granted, ungranted = await listen(*here.door("granted")), await listen(*here.door("ungranted"))
    rep = await listen(*here.door("owner"))
    async with transaction() as db:
        only = frozenset({here.users["ungranted"].id})
        await share_prospect(db, here.prospect.id, only, viewer=here.viewers["owner"], now=NOW)
    assert await granted.is_closed_soon()
    assert await ungranted.is_closed_soon()
    again = {role: await listen(*here.door(role)) for role in ("granted", "ungranted")}
    await visit(here.claims)
    await again["ungranted"].hears()
    await again["granted"].call("anything")
    assert again["granted"].heard == []
    assert not rep.closed.is_set()


async def sign_out(db, place, role):
    await end_session_of(db, token=place.cookies[role])


async def disable(db, place, role):
    await disable_user(db, place.users[role].id, viewer=place.viewers["admin"], now=NOW)


async def demote(db, place, role):
    user_id = place.users[role].id
    await change_role(db, user_id, role=Role.SUPPORT, viewer=place.viewers["admin"])


async def reset(db, place, role):
    user = await db.get_one(User, place.users[role].id)
    await set_password(db, user, password_hash="y", now=NOW)


@pytest.mark.parametrize("ending", [sign_out, disable, demote, reset])
async def test_a_console_closes_when_its_session_ends(listen, here, ending):
    console, colleague = await listen(*here.door("owner")), await listen(*here.door("other"))
    async with transaction() as db:
        await ending(db, here, "owner")
    assert await console.is_closed_soon()
    assert not colleague.closed.is_set()
    with pytest.raises(RefusedError):
        await listen(*here.door("owner"))


async def test_a_new_password_leaves_the_browser_it_was_chosen_in_connected(listen, here):
    async with transaction() as db:
        cookie, viewer = await make_viewer(db, here.users["owner"])
    elsewhere, chosen = (
        await listen(*here.door("owner")),
        await listen(cookie, console_token(viewer)),
    )
    async with transaction() as db:
        user = await db.get_one(User, viewer.user_id)
        await set_password(db, user, password_hash="y", but=viewer.session_id, now=NOW)
    assert await elsewhere.is_closed_soon()
    assert (await chosen.call("anything"))["error"] == "unknown"


def forged(place, there):
    cookie, page = place.door("owner")
    viewer = place.viewers["owner"]
    other_session = Viewer(**{
        name: getattr(viewer, name) for name in ("user_id", "workspace_id", "role", "name", "email")
    }, session_id=place.viewers["admin"].session_id)  # fmt: skip
    return {
        "no cookie": ("", page),
        "no page": (cookie, None),
        "an empty page": (cookie, ""),
        "a page changed by a letter": (cookie, page[:-9] + ("A" if page[-9] != "A" else "B") + page[-8:]),
        "a page of a colleague": (cookie, place.door("admin")[1]),
        "a page of another session": (cookie, console_token(other_session)),
        "a page of another workspace": (cookie, there.door("owner")[1]),
        "a cookie of another workspace": (there.cookies["owner"], page),
        "a page sealed for visitors": (cookie, place.claims.seal()),
        "a page sealed for something else": (cookie, seal("page", {"session": str(viewer.session_id)})),
        "a made-up cookie": ("A" * 32, page),
        "a page that is no text": (cookie, {"session": str(viewer.session_id)}),
        "an endless page": (cookie, "A" * 5000),
    }  # fmt: skip


async def test_a_console_without_cookie_and_page_of_one_session_is_refused(url, here, there):
    refusals = {}
    for why, (cookie, page) in forged(here, there).items():
        console = Console(url, cookie, page)
        with pytest.raises(RefusedError):
            await console.open()
        refusals[why] = console.refusal["message"]
        await console.close()
    malformed = {"no page", "a page that is no text", "an endless page"}
    assert {why for why, said in refusals.items() if said == "malformed"} == malformed
    assert {said for why, said in refusals.items() if why not in malformed} == {"not_found"}


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://127.0.0.1:1"],
)
async def test_only_our_own_pages_open_a_console(url, here, origin):
    console = Console(url, *here.door("owner"), origin=origin)
    with pytest.raises(RefusedError):
        await console.open()
    await console.close()


async def test_a_console_cannot_make_anybody_hear_anything(listen, here):
    speaker, rep = await listen(*here.door("granted")), await listen(*here.door("owner"))
    for event in ("visit-acted", "visit_acted", "visit-began", "connect", "disconnect", "enter_room",
                  "join", "emit", "on_connect", "spend", "acts"):  # fmt: skip
        answer = await speaker.call(event, {"visit": "x", "room": "workspace:x"})
        assert answer["ok"] is False, event
    await rep.call("anything")
    assert rep.heard == []
    assert not speaker.closed.is_set()


async def test_a_visitor_reaches_no_console(listen, browse, here):
    rep = await listen(*here.door("owner"))
    page = await browse(here.claims, new_visit())
    await rep.hears()
    for event in ("visit-acted", "visit-began", "emit", "enter_room"):
        assert (await page.call(event, {"visit": "x"}))["ok"] is False
    await rep.call("anything")
    assert [event for event, _ in rep.heard] == ["visit-began"]


async def test_a_session_that_has_run_out_opens_no_console(url, here):
    cookie, page = here.door("owner")
    async with transaction() as db:
        await end_session_of(db, token=cookie)
    async with reading() as db:
        assert await find_viewer(db, token=cookie, now=clock.now()) is None
    console = Console(url, cookie, page)
    with pytest.raises(RefusedError):
        await console.open()
    await console.close()


async def test_text_of_a_visitor_arrives_as_text(listen, here):
    rep = await listen(*here.door("owner"))
    visit_id = new_visit()
    await open_visit(Opening(visit_id, here.claims, "<script>1</script>"), now=clock.now())
    evil = act(1, target="<script>2</script>", details={"label": "<img src=x onerror=alert(3)>"})
    await take_acts(sent(evil), visit_id=visit_id, claims=here.claims, now=clock.now())
    await rep.hears("visit-acted")
    card = dict(rep.heard)["visit-began"]["html"]
    assert "<script" not in card
    assert "&lt;script&gt;1" in card
    words = [row["text"] for row in dict(rep.heard)["visit-acted"]["acts"]]
    assert words == ["Clicked \u201c<img src=x onerror=alert(3)>\u201d"]
