"""Personal links: the way in, and what stays shut."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from sqlalchemy import select, update

from app import clock
from app.config import settings
from app.db import reading, transaction
from app.sites import link_routes
from app.sites.links import revoke_links
from app.sites.misses import MOST_NETWORKS, Misses
from app.sites.models import Answer, PersonalLink, Site, SiteBrowser
from modules.registry import all_modules
from tests.app.made_sites import link_to, made_site, opened, page
from tests.make import NOW

ASKING = [kind for kind, module in all_modules().items() if module.answers.model_fields]


@pytest.fixture(autouse=True)
def _nobody_guessed_yet():
    link_routes.misses.forget()


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
    _, path = await opened(client)
    async with transaction() as db:
        await db.execute(update(PersonalLink).values(expires_at=clock.now() - timedelta(days=1)))
    assert (await client.get(path)).status_code == 200


async def test_a_cookie_opens_its_own_site_only(client):
    await opened(client)
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
    assert not misses.are_too_many("::ffff:203.0.113.9", NOW)
    assert not misses.are_too_many("2001:db8::1", NOW + timedelta(minutes=1))
    for number in range(MOST_NETWORKS + 5):
        misses.note(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", NOW)
    assert len(misses._at) == MOST_NETWORKS
