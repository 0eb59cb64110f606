"""The main job, in two browsers: a prospect's click stands in the rep's console."""

import re

import pytest
from playwright.async_api import expect

pytestmark = pytest.mark.no_database


async def fill_lead_form(page, server):
    """Come to the campaign site by a letter somebody forwarded, and ask for a personal site."""
    await page.goto(f"{server.demo['campaign_site_url']}?utm_source=newsletter&utm_medium=email")
    await page.locator('[data-consent="yes"]').click()
    for name, value in (("email", "Grace.Hopper@Compilers.example"), ("name", "Grace Hopper")):
        await page.locator(f'#lead [name="{name}"]').fill(value)
    await page.get_by_text("Tell us more").click()
    for name, value in (
        ("company", "Compilers Inc"),
        ("industry", "Software"),
        ("employees", "300"),
    ):
        await page.locator(f'#lead [name="{name}"]').fill(value)
    await page.locator('[data-act="lead.send"]').click()
    await expect(page).to_have_url(re.compile("thank"))


async def open_letter(rep, server):
    """Find the letter in the outbox and return the personal link in it."""
    await rep.goto(f"{server.url}/outbox")
    row = rep.locator("[data-mail]", has_text="grace.hopper@compilers.example")
    for _ in range(50):
        if await row.count():
            break
        await rep.wait_for_timeout(100)
        await rep.reload()
    await row.get_by_role("link").click()
    return await rep.locator("[data-letter-link]").first.get_attribute("href")


async def saved(page, module):
    """Wait until a module says that its answers are kept."""
    status = page.locator(f'[data-module="{module}"] [data-status]')
    await expect(status).to_have_text(re.compile("^Saved"))


async def tick(page, module, label):
    """Tick a choice and wait until it is kept."""
    await page.locator(f'[data-module="{module}"]').get_by_text(label).first.click()
    await saved(page, module)


async def walk_through(page):
    """Work through every module of the personal site."""
    await tick(page, "goals", "Close the books faster")
    await tick(page, "goals", "Spend less on handling invoices")
    await tick(page, "problems", "Invoices are typed in by hand")
    impacts = page.locator('[data-module="impacts"]')
    await impacts.locator('[name="number-typed-invoices"]').fill("1,500")
    await impacts.locator('[name="number-typed-invoices"]').blur()
    await saved(page, "impacts")
    outcomes = page.locator('[data-module="outcomes"]')
    await outcomes.locator('[name="confirmed"]').first.check(force=True)
    await saved(page, "outcomes")
    await page.locator('[data-module="roi"] [name="scenario"][value="conservative"]').check()
    await saved(page, "roi")
    solution = page.locator('[data-module="solution"]')
    await solution.locator('[name="interested"]').first.check(force=True)
    await saved(page, "solution")
    await page.locator('[data-module="testimonial"]').scroll_into_view_if_needed()
    await page.locator('[data-act="price-list.open"]').click(modifiers=["Control"])


async def feed(rep, visit):
    """Return the acts of a visit as the console shows them: (number, text) in their order."""
    rows = rep.locator(f'[data-visit="{visit}"] [data-seq]')
    return [
        (int(await row.get_attribute("data-seq")), await row.locator(".act-text").inner_text())
        for row in await rows.all()
    ]


async def test_a_prospects_clicks_stand_in_the_console_in_order_and_survive_a_kill(
    chromium, rep, server
):
    prospect = await (await chromium.new_context()).new_page()
    await fill_lead_form(prospect, server)
    link = await open_letter(rep, server)
    await rep.goto(f"{server.url}/console")
    await expect(rep.locator("[data-console-link]")).to_have_text("Live")

    site = await (await chromium.new_context()).new_page()
    await site.goto(link)
    assert "/p/" not in site.url
    await site.locator('[data-consent="yes"]').click()
    where = rep.locator(".visit-where", has_text="personal site")
    card = rep.locator(".visit", has_text="Grace Hopper").filter(has=where)
    await expect(card).to_have_attribute("data-presence", "here", timeout=3000)
    visit = await card.get_attribute("data-visit")

    await walk_through(site)
    await expect(card.get_by_text("Opened the price list")).to_be_visible()
    live = await feed(rep, visit)
    numbers = [number for number, _ in live]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    texts = "\n".join(text for _, text in live)
    for said in ("Close the books faster", "typed in by hand", "€9,000", "price list"):
        assert said in texts

    server.kill()
    await site.locator('[data-act="price-list.open"]').click(modifiers=["Control"])
    server.start()
    await expect(card.get_by_text("Opened the price list again")).to_be_visible(timeout=20_000)
    await rep.goto(f"{server.url}/console/visits/{visit}")
    whole = await feed(rep, visit)
    assert [number for number, _ in whole] == list(range(1, len(whole) + 1))
    assert set(live) <= set(whole)

    await site.reload()
    assert await site.locator('[data-module="goals"] input:checked').count() == 2
    value = await site.locator('[name="number-typed-invoices"]').input_value()
    assert value.replace(",", "") == "1500"


async def test_the_console_after_an_update_equals_the_console_after_a_reload(chromium, rep, server):
    site = await (await chromium.new_context()).new_page()
    await site.goto(server.demo["personal_site_url"])
    await site.locator('[data-consent="yes"]').click()
    card = rep.locator(".visit", has_text="Chiara Ricci")
    await expect(card).to_be_visible()
    await tick(site, "goals", "Pay suppliers on time")
    await expect(card.get_by_text(re.compile("^Wants: Pay suppliers"))).to_be_visible()
    await site.wait_for_timeout(1500)
    drawn = "el => el.outerHTML.replace(/ class=\"(is-new)?\"/g, '').replace(/\\s+/g, ' ')"
    updated = await card.evaluate(drawn)
    await rep.reload()
    await expect(rep.locator("[data-console-link]")).to_have_text("Live")
    assert await card.evaluate(drawn) == updated
    await site.close()
    await expect(card).not_to_have_attribute("data-presence", "here", timeout=2500)


async def test_without_consent_nothing_is_seen_and_everything_works(chromium, rep, server):
    site = await (await chromium.new_context()).new_page()
    await site.goto(server.demo["personal_site_url"])
    await site.locator('[data-consent="no"]').click()
    await tick(site, "goals", "Know what we owe")
    await site.reload()
    assert await site.locator('[data-module="goals"] input:checked').count() >= 1
    assert await rep.locator('.visit[data-presence="here"]', has_text="Chiara Ricci").count() == 0


async def test_the_site_answers_without_javascript(chromium, server):
    context = await chromium.new_context(java_script_enabled=False)
    site = await context.new_page()
    await site.goto(server.demo["personal_site_url"])
    goals = site.locator('[data-module="goals"]')
    await goals.get_by_text("Spend less on handling").click()
    await goals.get_by_role("button", name="Save my answers").click()
    assert site.url.endswith("#module-goals")
    assert await goals.locator("input:checked").count() >= 1


async def test_a_colleagues_visit_is_marked_and_not_counted(chromium, rep, server):
    page = await rep.context.new_page()
    await page.goto(server.demo["personal_site_url"])
    await page.locator('[data-consent="yes"]').click()
    card = rep.locator(".visit", has_text="Colleague, not counted")
    await expect(card).to_be_visible()


async def test_the_simulated_prospects_bring_the_console_to_life(rep, server):
    walking = server.begin("demo", "--simulate")
    try:
        await expect(rep.locator('.visit[data-presence="here"]').first).to_be_visible(
            timeout=30_000
        )
        await expect(rep.locator("[data-seq]").nth(2)).to_be_visible(timeout=30_000)
    finally:
        walking.kill()
        walking.wait()
