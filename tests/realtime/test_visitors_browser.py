"""The visitor's side in a real browser: what is done is stored once, whatever happens between."""

import asyncio

import pytest
from playwright.async_api import async_playwright
from sqlalchemy import select

from app import clock
from app.db import reading, transaction
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.links import make_personal_link
from app.tracking.models import Act, Visit
from app.tracking.visits import end_visit
from tests.make import make_campaign, make_prospect, make_user

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture
async def address(server_process):
    """A personal link on a running server."""
    async with transaction() as db:
        owner = await make_user(db)
        prospect = await make_prospect(db, owner=owner)
        campaign = await make_campaign(db, owner=owner)
        now = clock.now()
        site = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=now
        )
        link = await make_personal_link(db, site_id=site.id, purpose="letter", now=now)
    await server_process.start()
    return f"{server_process.url}/p/{link}"


@pytest.fixture
async def context():
    """A browser of its own; errors in our scripts fail the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = await browser.new_context()
        errors = []
        context.on("weberror", lambda error: errors.append(str(error.error)))
        yield context
        await browser.close()
    assert errors == []


async def trail():
    """All acts as (visit, seq, kind), visits numbered as they began."""
    async with reading() as db:
        visits = list(await db.scalars(select(Visit.id).order_by(Visit.started_at)))
        acts = await db.scalars(select(Act).order_by(Act.id))
        return [(visits.index(each.visit_id), each.seq, each.kind) for each in acts]


async def until(holds):
    """Wait until the trail is as it should be; returns it."""
    async with asyncio.timeout(30):
        while not holds(found := await trail()):  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)
    return found


def clicks(found):
    return [each for each in found if each[2] == "clicked"]


def is_gap_free(found):
    by_visit = {}
    for visit, seq, _ in found:
        by_visit.setdefault(visit, []).append(seq)
    return all(sorted(seqs) == list(range(1, len(seqs) + 1)) for seqs in by_visit.values())


async def agree(context, address):
    page = await context.new_page()
    await page.goto(address)
    await page.click('[data-consent="yes"]')
    await until(lambda found: len(found) == 1)
    return page


async def press(page, number=0):
    await page.locator("summary:visible").nth(number).click()


async def test_a_yes_needs_no_reload_and_a_reload_keeps_the_visit(address, context):
    page = await agree(context, address)
    assert await page.evaluate("window.rapport.live") is True
    await press(page)
    await until(clicks)
    await page.reload()
    await press(page)
    found = await until(lambda found: len(clicks(found)) == 2)
    assert {visit for visit, _, _ in found} == {0}
    assert is_gap_free(found)


async def test_what_is_done_while_the_server_is_dead_arrives_once(address, context, server_process):
    page = await agree(context, address)
    for number in range(3):
        await press(page, number)
    await server_process.kill()
    for number in range(3):
        await press(page, number)
    await page.locator("[data-offline]").wait_for(state="visible")
    await server_process.start()
    found = await until(lambda found: len(clicks(found)) >= 6)
    await page.locator("[data-offline]").wait_for(state="hidden")
    assert len(clicks(found)) == 6
    assert {visit for visit, _, _ in found} == {0}
    assert is_gap_free(found)


async def test_a_duplicated_tab_is_a_visit_of_its_own(address, context):
    page = await agree(context, address)
    kept = await page.evaluate("Object.entries(sessionStorage)")
    other = await context.new_page()
    await other.add_init_script(f"for (const [k, v] of {kept}) sessionStorage.setItem(k, v)")
    await other.goto(page.url)
    await press(other)
    await press(page)
    found = await until(lambda found: len(clicks(found)) == 2)
    assert {visit for visit, _, _ in clicks(found)} == {0, 1}
    assert is_gap_free(found)


async def test_a_visit_that_ended_meanwhile_goes_on_as_a_new_one(address, context):
    page = await agree(context, address)
    async with transaction() as db:
        await end_visit(db, await db.scalar(select(Visit.id)), now=clock.now())
    await press(page)
    found = await until(clicks)
    assert [each for each in found if each[0] == 1][:2] == [(1, 1, "opened"), (1, 2, "clicked")]


async def test_where_websockets_are_blocked_posts_carry_the_acts(address, context):
    await context.route_web_socket("**/*", lambda socket: socket.close())
    page = await context.new_page()
    await page.goto(address)
    await page.click('[data-consent="yes"]')
    await press(page)
    found = await until(clicks)
    assert is_gap_free(found)


async def test_a_no_stops_everything_and_leaves_nothing_on_the_device(address, context):
    page = await agree(context, address)
    await page.click('[data-consent="no"]')
    await page.locator('#consent-choice [data-consent="yes"]').wait_for()
    before = await trail()
    await press(page)
    await page.reload()
    await press(page)
    assert await trail() == before
    assert await page.evaluate("window.rapport.live") is False
    keys = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
    assert [key for key in await page.evaluate(keys) if key.startswith("visit")] == []


async def test_scripted_clicks_and_typed_text_are_not_acts(address, context):
    page = await agree(context, address)
    await page.evaluate("document.querySelector('summary').click()")
    field = page.locator("#module-goals textarea, #module-goals input[type=text]").first
    await field.click()
    await field.type("my secret plan")
    await field.click()
    await press(page)
    await page.goto("about:blank")
    await until(lambda found: found[-1][2] == "left")
    async with reading() as db:
        told = list(await db.scalars(select(Act).where(Act.kind == "clicked")))
    assert not [each for each in told if "secret" in f"{each.text} {each.target} {each.details}"]
    assert len([each for each in told if each.target == "why"]) == 1
