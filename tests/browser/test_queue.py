"""The visitor's queue in a real browser: whatever fails between, each act is stored once, in order."""

import asyncio
import json
import re

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.trail import (
    ACTS_ON_DEVICE,
    END_LEASES,
    Trail,
    agree,
    crash,
    eventually,
    live,
    on_device,
    photograph,
    press,
    stored,
    until,
)

pytestmark = pytest.mark.no_database

REFUSED = {
    "forbidden": """Object.defineProperty(window, "indexedDB", {
      get() { throw new DOMException("forbidden", "SecurityError") } })""",
    "silent": "IDBFactory.prototype.open = () => ({})",
    "failing": """const open = IDBFactory.prototype.open
      IDBFactory.prototype.open = function (name) { return open.call(this, name, 0.5 + "") }""",
    "full": """IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError") }""",
}
WITHOUT_LOCKS = "delete Navigator.prototype.locks"
TURN = "(name) => window.dispatchEvent(new PageTransitionEvent(name, { persisted: true }))"


@pytest.fixture(autouse=True)
def running(server):
    """Each test finds the server running, whatever became of it in another."""
    if server.process.poll() is not None:
        server.start()


@pytest.fixture
def trail(server, running):
    return Trail(server)


@pytest_asyncio.fixture
async def context(chromium):
    """Somebody's browser; errors in our scripts fail the test."""
    context = await chromium.new_context()
    errors = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context
    await context.close()
    assert errors == []


async def test_a_reload_while_the_server_is_down_loses_nothing_and_keeps_the_visit(
    context, server, trail
):
    page = await agree(context, server)
    await press(page, 0, 1)
    await stored(trail, "clicked", 2)
    url = page.url
    server.kill()
    await press(page, 2, 3, 4)
    await on_device(page, 3)
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        await page.reload()
    server.start()
    await page.goto(url)
    await live(page)
    await press(page, 5)
    await trail.until_pressed(6)
    assert len(trail.visits()) == 1


async def test_a_reload_right_after_a_click_keeps_it(context, server, trail):
    page = await agree(context, server)
    for number in range(6):
        await press(page, number)
        await page.reload()
        await live(page)
    await trail.until_pressed(6)
    assert len(trail.visits()) == 1


async def test_what_a_crashed_tab_held_is_delivered_once_though_two_tabs_find_it(
    context, server, trail
):
    page = await agree(context, server)
    await press(page, 0)
    await stored(trail, "clicked")
    server.kill()
    await press(page, 1, 2, 3)
    await on_device(page, 3)
    await crash(page)
    server.start()
    await asyncio.gather(agree(context, server), agree(context, server))
    await trail.until_pressed(4)
    whose = {visit for visit, *_, target in trail.acts() if target.startswith("press-")}
    assert whose == {trail.visits()[0]}


async def test_what_a_crashed_tab_held_of_a_visit_that_is_over_opens_in_one_other(
    context, server, trail
):
    page = await agree(context, server)
    await press(page, 0)
    await stored(trail, "clicked")
    server.kill()
    await press(page, 1, 2, 3)
    await on_device(page, 3)
    await crash(page)
    trail.end_visits()
    server.start()
    pages = await asyncio.gather(agree(context, server), agree(context, server))
    await trail.until_pressed(4)
    await on_device(pages[0], 0)


async def test_a_crashed_tab_that_is_opened_again_goes_on_with_its_visit(context, server, trail):
    page = await agree(context, server)
    await press(page, 0, 1)
    kept = await page.evaluate("Object.entries(sessionStorage)")
    await stored(trail, "clicked", 2)
    await crash(page)
    again = await context.new_page()
    await again.add_init_script(
        f"for (const [k, v] of {json.dumps(kept)}) sessionStorage.setItem(k, v)"
    )
    await again.goto(server.demo["personal_site_url"])
    await live(again)
    await press(again, 2)
    await trail.until_pressed(3)
    assert len(trail.visits()) == 1


async def test_a_server_that_is_killed_while_acts_pour_in_has_each_once(context, server, trail):
    page = await agree(context, server)
    for start in (0, 20):
        for number in range(start, start + 20):
            await press(page, number)
        server.kill()
        server.start()
    await trail.until_pressed(40)


async def test_offline_is_said_calmly_and_so_is_being_back(context, server, trail):
    page = await agree(context, server)
    await stored(trail)
    line = page.locator("[data-offline]")
    await context.set_offline(True)
    await press(page, 0, 1, 2)
    server.kill()
    await expect(line).to_be_visible()
    await expect(line).to_contain_text("Nothing is lost")
    assert await page.locator("[data-keep-open]").is_hidden()
    await photograph(page, "offline")
    server.start()
    await context.set_offline(False)
    await expect(page.locator("[data-back]")).to_be_visible(timeout=15_000)
    await expect(line).to_be_hidden()
    await photograph(page, "back-online")
    await trail.until_pressed(3)
    await expect(page.locator("[data-back]")).to_be_hidden(timeout=10_000)


async def test_where_websockets_are_blocked_posts_carry_all_and_sockets_are_tried_again(
    context, server, trail
):
    tried = []

    async def block(socket):
        tried.append(socket)
        if len(tried) < 4:
            await socket.close()
        else:
            socket.connect_to_server()

    await context.route_web_socket(re.compile("socket.io"), block)
    page = await agree(context, server)
    for number in range(10):
        await press(page, number)
    await expect(page.locator("[data-offline]")).to_be_hidden()
    await eventually(lambda: len(tried) >= 4)
    await press(page, 10)
    await trail.until_pressed(11)
    assert len(trail.visits()) == 1


async def test_two_tabs_are_two_visits(context, server, trail):
    pages = await asyncio.gather(agree(context, server), agree(context, server))
    for number in range(6):
        await press(pages[number % 2], number)
    await trail.until_pressed(6)
    assert len(trail.visits()) == 2


@pytest.mark.parametrize("script", ["", WITHOUT_LOCKS], ids=["locks", "leases"])
async def test_a_duplicated_tab_is_a_visit_of_its_own(context, server, trail, script):
    await context.add_init_script(script)
    page = await agree(context, server)
    await press(page, 0)
    await stored(trail, "clicked")
    kept = await page.evaluate("Object.entries(sessionStorage)")
    other = await context.new_page()
    await other.add_init_script(
        f"for (const [k, v] of {json.dumps(kept)}) sessionStorage.setItem(k, v)"
    )
    await other.goto(page.url)
    await live(other)
    await press(other, 1)
    await press(page, 2)
    await trail.until_pressed(3)
    assert len(trail.visits()) == 2
    await page.reload()
    await live(page)
    await press(page, 3)
    await trail.until_pressed(4)
    assert len(trail.visits()) == 2


async def test_without_web_locks_a_crashed_tab_is_followed_when_its_lease_is_over(
    context, server, trail
):
    await context.add_init_script(WITHOUT_LOCKS)
    page = await agree(context, server)
    await stored(trail)
    server.kill()
    await press(page, 0, 1)
    await on_device(page, 2)
    await crash(page)
    server.start()
    page = await agree(context, server)
    await press(page, 2)
    await stored(trail, "clicked")
    assert trail.pressed() == [2]
    await page.evaluate(END_LEASES)
    await asyncio.gather(agree(context, server), agree(context, server))
    await trail.until_pressed(3)


@pytest.mark.parametrize("how", REFUSED)
async def test_a_device_that_keeps_nothing_is_no_obstacle(context, server, trail, how):
    await context.add_init_script(REFUSED[how])
    page = await agree(context, server)
    await press(page, 0)
    await stored(trail, "clicked")
    url = page.url
    server.kill()
    await press(page, 1, 2)
    if how != "full":
        await expect(page.locator("[data-keep-open]")).to_be_visible()
    with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
        await page.reload()
    server.start()
    await page.goto(url)
    await live(page)
    await press(page, 3)
    await trail.until_pressed(4)
    assert len(trail.visits()) == 1


async def test_too_much_of_little_value_is_dropped_and_counted_and_no_click_is(
    context, server, trail
):
    reported = []

    def hear(message):
        reported.extend(int(count) for count in re.findall(r'],"dropped":(\d+)', str(message)))

    page = await context.new_page()
    page.on("websocket", lambda socket: socket.on("framesent", hear))
    page.on("request", lambda request: hear(request.post_data))
    await page.goto(server.demo["personal_site_url"])
    await page.locator('.consent [data-consent="yes"]').click()
    await live(page)
    await stored(trail)
    server.kill()
    await expect(page.locator("[data-offline]")).to_be_visible()
    await page.evaluate(
        """() => { for (let number = 0; number < 2000; number += 1) {
          window.rapport.act({ kind: "moved", name: "test.moved", target: `moved-${number}`,
            details: { label: "x".repeat(3500) } })
          if (number % 50 === 0) window.rapport.act(
            { kind: "clicked", name: "test.press", target: `press-${number / 50}` })
        } }"""
    )
    await page.wait_for_timeout(500)
    kept = await page.evaluate(ACTS_ON_DEVICE)
    assert sum(len(json.dumps(each["act"])) for each in kept) < 1_000_000
    server.start()
    await trail.until_pressed(40)

    def moved():
        return [target for *_, target in trail.acts() if target.startswith("moved-")]

    await eventually(lambda: "moved-1999" in moved())
    assert 0 < len(moved()) < 300
    assert moved() == [f"moved-{number}" for number in range(2000 - len(moved()), 2000)]
    assert max(reported) == 2000 - len(moved())
    await page.goto("about:blank")
    await stored(trail, "left")
    assert trail.details_of_last() == {"dropped": 2000 - len(moved())}
    await trail.until_pressed(40)


async def test_two_thousand_acts_and_no_more_wait_on_a_device(context, server):
    page = await agree(context, server)
    await context.set_offline(True)
    server.kill()
    await expect(page.locator("[data-offline]")).to_be_visible()
    await press(page, *range(20))
    await press(page, *range(20, 2500), act="scrolled")
    await press(page, *range(2500, 2520))
    await page.wait_for_timeout(500)
    kept = [each["act"] for each in await page.evaluate(ACTS_ON_DEVICE)]
    assert len(kept) == 2000
    assert len([1 for act in kept if act["kind"] == "clicked"]) == 40
    server.start()


async def test_a_server_that_asks_to_slow_down_gets_all_of_it_later(context, server, trail):
    page = await agree(context, server)
    await stored(trail)
    await press(page, *range(400))
    await trail.until_pressed(400)
    await expect(page.locator("[data-offline]")).to_be_hidden()
    assert len(trail.visits()) == 1


@pytest.mark.parametrize("error", ["not-stored", "internal", "slow-down"])
async def test_a_server_that_could_not_store_hears_of_it_again(context, server, trail, error):
    refused = []

    def answer(socket):
        upstream = socket.connect_to_server()

        def forward(message):
            acts = re.match(r'42/visitors,(\d+)\["acts"', str(message))
            if acts and len(refused) < 6:
                refused.append(message)
                told = {"ok": False, "error": error, "retry_ms": 100}
                socket.send(f"43/visitors,{acts[1]}[{json.dumps(told)}]")
            else:
                upstream.send(message)

        socket.on_message(forward)

    await context.route_web_socket(re.compile("socket.io"), answer)
    page = await agree(context, server)
    for number in range(8):
        await press(page, number)
        await press(page, 100 + number, act="scrolled")
        await page.wait_for_timeout(60)
    await eventually(lambda: len(trail.pressed()) >= 16)
    assert trail.pressed() == [n for each in range(8) for n in (each, 100 + each)]
    numbers = [seq for _, seq, *_ in trail.acts()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(refused) == 6


async def test_a_page_that_is_closed_at_once_tells_what_was_done(context, server, trail):
    page = await agree(context, server)
    await press(page, 0, 1)
    await page.goto("about:blank")
    await stored(trail, "left")
    await trail.until_pressed(2)


async def test_a_page_closed_offline_hands_over_to_the_next_one_each_act_once(
    context, server, trail
):
    page = await agree(context, server)
    await stored(trail)
    server.kill()
    await expect(page.locator("[data-offline]")).to_be_visible()
    await press(page, *range(120))
    await on_device(page, 120)
    server.start()
    await page.close(run_before_unload=True)
    await agree(context, server)
    await trail.until_pressed(120)


async def test_a_page_that_comes_back_out_of_the_browsers_cache_goes_on(context, server, trail):
    page = await agree(context, server)
    for number in range(4):
        await press(page, number)
        await page.evaluate(TURN, "pagehide")
        await page.evaluate(TURN, "pageshow")
        await live(page)
    await trail.until_pressed(4)
    assert len(trail.visits()) == 1
    assert [kind for _, _, kind, _ in trail.acts()].count("opened") == 5


async def test_a_visit_that_ended_meanwhile_goes_on_as_a_new_one(context, server, trail):
    page = await agree(context, server)
    await press(page, 0)
    await stored(trail, "clicked")
    server.kill()
    await press(page, 1, 2)
    trail.end_visits()
    server.start()
    await trail.until_pressed(3)
    assert [kind for _, seq, kind, _ in trail.acts() if seq == 1] == ["opened", "opened"]


async def test_nothing_lies_on_the_device_before_a_yes_and_nothing_after_a_no(context, server):
    databases = "indexedDB.databases().then((all) => all.map(({ name }) => name))"
    keys = "[...Object.keys(localStorage), ...Object.keys(sessionStorage)]"
    page = await context.new_page()
    await page.goto(server.demo["personal_site_url"])
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate(databases) == []
    assert [key for key in await page.evaluate(keys) if "visit" in key] == []
    await page.locator('.consent [data-consent="yes"]').click()
    await live(page)
    await press(page, 0)
    assert len(await page.evaluate(databases)) == 1
    other = await agree(context, server)
    await page.locator('[data-consent="no"]').click()
    await page.locator('#consent-choice [data-consent="yes"]').wait_for()
    await until(other, "window.rapport.live === false")
    await until(page, f"{databases}.then(({{ length }}) => length === 0)")
    assert [key for key in await page.evaluate(keys) if "visit" in key] == []
