"""Personal links and the personal page, as browsers meet them."""

import re
from datetime import timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.config import settings
from app.db import reading, transaction
from app.sites import link_routes
from app.sites.links import make_personal_link, revoke_links
from app.sites.misses import MOST_NETWORKS, Misses, network_of
from app.sites.models import Answer, PersonalLink, Site, SiteBrowser
from modules.registry import all_modules
from tests.app.test_sites_versions import make_site, made_site
from tests.make import NOW, make_prospect, make_user, sign_in

ASKING = [kind for kind, module in all_modules().items() if module.answers.model_fields]


@pytest.fixture(autouse=True)
def _nobody_guessed_yet():
    link_routes.misses.forget()


async def link_to(site, now=None):
    async with transaction() as db:
        token = await make_personal_link(
            db, site_id=site.id, purpose="letter", now=now or clock.now()
        )
    return f"/p/{token}"


async def opened(client, site=None, **fields):
    """Follow a personal link; returns the site and its page's address."""
    site = site or await made_site(**fields)
    response = await client.get(await link_to(site))
    assert response.status_code == 303
    return site, response.headers["Location"]


async def post(client, path, form, **headers):
    """Post a form as the page's own browser does."""
    sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    return await client.post(path, data=urlencode(form, doseq=True), headers=sent | headers)


async def page(client, path):
    response = await client.get(path)
    return await response.get_data(as_text=True)


async def browsers():
    async with reading() as db:
        return (await db.scalars(select(SiteBrowser).order_by(SiteBrowser.created_at))).all()


async def answers_of(site):
    async with reading() as db:
        rows = await db.scalars(select(Answer).where(Answer.site_id == site.id))
        return {row.module_key: row.answers for row in rows}


async def test_a_link_swaps_its_token_for_a_cookie_and_a_clean_address(client):
    site = await made_site()
    link = await link_to(site)
    response = await client.get(link)
    assert response.status_code == 303
    assert response.headers["Location"] == f"/s/{site.id}/"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert "noindex" in response.headers["X-Robots-Tag"]
    cookies = SimpleCookie()
    for line in response.headers.getlist("Set-Cookie"):
        cookies.load(line)
    cookie = cookies["site"]
    assert cookie["path"] == f"/s/{site.id}"
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", "15552000")
    token = link.removeprefix("/p/")
    assert token not in str(response.headers)
    assert token not in await page(client, f"/s/{site.id}/")


async def test_the_cookie_is_secure_where_the_address_is(client, monkeypatch):
    safe = settings().model_copy(update={"base_url": "https://rapport.example"})
    monkeypatch.setattr(link_routes, "settings", lambda: safe)
    response = await client.get(await link_to(await made_site()))
    assert all("Secure" in line for line in response.headers.getlist("Set-Cookie"))


async def test_unknown_expired_and_revoked_links_answer_exactly_alike(client):
    site, other = await made_site(), await made_site()
    expired = await link_to(site, now=clock.now() - timedelta(days=400))
    revoked = await link_to(other)
    async with transaction() as db:
        await revoke_links(db, site=await db.get_one(Site, other.id), now=clock.now())
    answers = []
    for path in (expired, revoked, "/p/never-was-one", "/p/" + "x" * 5000, f"/s/{site.id}/"):
        response = await client.get(path)
        headers = {k: v for k, v in response.headers.items() if k.lower() != "date"}
        answers.append((response.status_code, await response.get_data(), headers))
    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)


async def test_looking_ahead_changes_nothing(client):
    site = await made_site()
    link = await link_to(site)
    head = await client.head(link)
    prefetch = await client.get(link, headers={"Sec-Purpose": "prefetch;prerender"})
    assert head.status_code == 200
    assert prefetch.status_code == 503
    assert "Set-Cookie" not in head.headers
    assert "Set-Cookie" not in prefetch.headers
    assert await browsers() == []
    async with reading() as db:
        assert await db.scalar(select(PersonalLink.opened_at)) is None


async def test_a_link_works_on_a_second_device_and_knows_the_first_one_again(client, web_app):
    site = await made_site()
    link = await link_to(site)
    await client.get(link)
    await client.get(link)
    assert len(await browsers()) == 1
    await web_app.test_client().get(link)
    assert len(await browsers()) == 2


async def test_revoking_closes_the_page_for_browsers_already_in(client):
    site, path = await opened(client)
    assert (await client.get(path)).status_code == 200
    async with transaction() as db:
        assert await revoke_links(db, site=await db.get_one(Site, site.id), now=clock.now()) == 1
    assert (await client.get(path)).status_code == 404


async def test_an_expired_link_lets_nobody_new_in_but_throws_nobody_out(client):
    site, path = await opened(client)
    async with transaction() as db:
        await db.execute(update(PersonalLink).values(expires_at=clock.now() - timedelta(days=1)))
    assert (await client.get(path)).status_code == 200


async def test_a_cookie_opens_its_own_site_only(client):
    one, path = await opened(client)
    other = await made_site()
    cookie = next(c for c in client.cookie_jar if c.name == "site")
    response = await client.get(f"/s/{other.id}/", headers={"Cookie": f"site={cookie.value}"})
    assert response.status_code == 404
    posted = await client.post(
        f"/s/{other.id}/modules/goals",
        form={"chosen": "cut-cost"},
        headers={"Cookie": f"site={cookie.value}", "Sec-Fetch-Site": "same-origin"},
    )
    assert posted.status_code == 404
    assert await answers_of(other) == {}


async def test_guessing_is_slowed_down(client):
    for _ in range(20):
        assert (await client.get("/p/guess")).status_code == 404
    assert (await client.get("/p/guess")).status_code == 429


def test_misses_are_counted_per_network_and_minute_in_bounded_memory():
    misses = Misses()
    for number in range(20):
        misses.note(f"2001:db8::{number:x}", NOW)
    assert misses.are_too_many("2001:db8::ffff", NOW)
    assert not misses.are_too_many("2001:db8:0:1::1", NOW)
    assert not misses.are_too_many("2001:db8::1", NOW + timedelta(minutes=1))
    for number in range(MOST_NETWORKS + 5):
        misses.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)
    assert len(misses._at) == MOST_NETWORKS
    assert network_of("not an address") == ""


async def test_the_page_is_whole_without_scripts_and_consent(client):
    site, path = await opened(client)
    html = await page(client, path)
    for kind in all_modules():
        assert f'data-module="{kind}"' in html
        assert f'id="module-{kind}"' in html
    assert html.count("<h1") == 1
    assert "Hello, Ada" in html
    assert "Rita Sellers" in html
    assert "Prepared for Ada Lovelace" in html
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert "onclick" not in html
    assert 'style="' not in html


@pytest.mark.parametrize("kind", ASKING)
async def test_every_asking_module_answers_by_a_plain_post(client, kind):
    site, path = await opened(client)
    html = await page(client, path)
    section = html.split(f'id="answers-{kind}"')[1].split("</form>")[0]
    form = {}
    for name in re.findall(r'<textarea[^>]*\bname="([^"]+)"', section):
        form[name] = "In our own words"
    for tag in re.findall(r"<input\b[^>]*>", section):
        name = re.search(r'\bname="([^"]+)"', tag)
        value = re.search(r'\bvalue="([^"]*)"', tag)
        if name and not (re.search(r'type="(checkbox|radio)"', tag) and "checked" not in tag):
            form[name[1]] = value[1] if value else ""
    response = await post(client, f"/s/{site.id}/modules/{kind}", form)
    assert response.status_code == 303, await response.get_data(as_text=True)
    assert response.headers["Location"] == f"/s/{site.id}/#module-{kind}"
    assert kind in await answers_of(site)
    assert (await client.get(path)).status_code == 200


async def test_answers_are_there_again_on_another_device(client, web_app):
    site, path = await opened(client)
    await post(client, f"/s/{site.id}/modules/goals", {"own": "Sleep at night"})
    second = web_app.test_client()
    await opened(second, site)
    assert "Sleep at night" in await page(second, path)


async def test_problems_come_back_with_the_page_and_the_input(client):
    site, _ = await opened(client)
    response = await post(
        client, f"/s/{site.id}/modules/goals", {"chosen": "nonsense", "own": "Kept words"}
    )
    html = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert "no longer here" in html
    assert "Kept words" in html
    assert await answers_of(site) == {}


async def test_too_many_choices_stay_ticked_beside_the_problem(client):
    site, _ = await opened(client)
    chosen = ["cut-cost", "pay-on-time", "close-faster", "stay-in-control"]
    response = await post(
        client, f"/s/{site.id}/modules/goals", {"chosen": chosen}, **{"HX-Request": "true"}
    )
    html = await response.get_data(as_text=True)
    assert response.status_code == 422
    assert html.startswith("<section")
    assert html.count(" checked") == 4


async def test_an_answer_brings_the_modules_that_follow_from_it(client):
    site, _ = await opened(client)
    response = await post(
        client, f"/s/{site.id}/modules/goals", {"chosen": "cut-cost"}, **{"HX-Request": "true"}
    )
    html = await response.get_data(as_text=True)
    sections = re.findall(r'<section class="module [^>]*data-key="([^"]+)"[^>]*>', html)
    assert sections[0] == "goals"
    assert "problems" in sections
    assert "text" not in sections
    tags = re.findall(r'<section class="module [^>]*>', html)
    assert "hx-swap-oob" not in tags[0]
    assert all('hx-swap-oob="true"' in tag for tag in tags[1:])
    assert f"1 of {len(ASKING)} answered" in html


async def test_after_a_live_answer_only_what_looks_new_is_sent(client):
    site, path = await opened(client)
    html = await page(client, path)
    shown = dict(re.findall(r'data-key="([^"]+)"\s+data-fingerprint="([^"]+)"', html))
    await post(client, f"/s/{site.id}/modules/goals", {"chosen": "cut-cost"})
    query = ",".join(f"{key}.{fingerprint}" for key, fingerprint in shown.items())
    fresh = await page(client, f"{path}modules/goals?after=answer&shown={query}")
    assert 'id="module-goals"' in fresh
    assert 'id="module-problems"' in fresh
    assert 'id="module-text"' not in fresh


async def test_a_module_is_read_again_only_when_the_person_is_better_known(client):
    site, path = await opened(client)
    html = await page(client, path)
    activation = re.search(r'data-activate="([^"]*modules/goals[^"]*)"', html)[1]
    assert (await client.get(activation)).status_code == 204
    async with transaction() as db:
        from app.prospects.models import Prospect

        await db.execute(update(Prospect).values(title="CFO"))
    response = await client.get(activation)
    assert response.status_code == 200
    assert "Report reliable numbers a week earlier" in await response.get_data(as_text=True)
    assert (await client.get(f"{path}modules/nowhere")).status_code == 404


async def test_hostile_text_is_text(client):
    hostile = '<script>alert(1)</script>{{ 7*7 }}"\'>'
    async with transaction() as db:
        site = await make_site(db, offer={"headline": hostile, "pitch": hostile, "company": "<b>"})
        prospect = await db.get_one(type(await make_prospect(db)), site.prospect_id)
        prospect.name = prospect.title = hostile
    site, path = await opened(client, site)
    await post(client, f"/s/{site.id}/modules/goals", {"own": hostile})
    html = await page(client, path)
    assert "<script>alert" not in html
    assert "{{ 7*7 }}" in html
    assert "49" not in re.findall(r"alert\(1\).{0,40}", html)[0]


async def test_an_oversized_post_is_refused_and_nothing_kept(client):
    site, _ = await opened(client)
    form = {f"field{number}": "x" for number in range(200)}
    assert (await post(client, f"/s/{site.id}/modules/goals", form)).status_code == 422
    response = await post(client, f"/s/{site.id}/modules/goals", {"own": "x" * 50_000})
    assert response.status_code == 422
    assert await answers_of(site) == {}


async def test_a_colleagues_answers_never_reach_the_prospects(client, web_app):
    async with transaction() as db:
        owner = await make_user(db)
        site = await make_site(db, owner=owner)
        await sign_in(client, db, owner)
    _, path = await opened(client, site)
    assert (await browsers())[0].is_staff
    assert "nothing here is counted or saved" in await page(client, path)
    await post(client, f"/s/{site.id}/modules/goals", {"own": "Only a try"})
    assert "Only a try" in await page(client, path)
    assert await answers_of(site) == {}
    guest = web_app.test_client()
    await opened(guest, site)
    assert "Only a try" not in await page(guest, path)
    assert "nothing here is counted" not in await page(guest, path)


async def test_a_stranger_from_another_workspace_is_a_visitor(client):
    site = await made_site()
    async with transaction() as db:
        await sign_in(client, db, await make_user(db))
    await opened(client, site)
    assert [one.is_staff for one in await browsers()] == [False]


async def test_there_is_one_row_per_module_after_a_double_submit(client):
    site, _ = await opened(client)
    for _ in range(2):
        await post(client, f"/s/{site.id}/modules/goals", {"chosen": "cut-cost"})
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(Answer)) == 1
