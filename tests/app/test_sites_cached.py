"""Kept pages: drawn once, and shown as long as they are true."""

import re

import pytest
from sqlalchemy import delete, select, update

from app import clock
from app.accounts.models import User, Workspace
from app.campaigns.models import Campaign
from app.db import reading, transaction
from app.prospects.models import Company, Prospect
from app.sites.commands import (
    propose_next_version,
    publish_version,
    revoke_links,
    roll_back,
)
from app.sites.models import Answer, Site, SiteBrowser
from app.tracking.claims import read_claims
from app.tracking.models import Consent
from tests.app.kept import TOKEN, campaign_of, change, pages, plain, reads, same_browser, views
from tests.app.made_sites import GOALS, opened, page, post
from tests.make import make_user, sign_in

__all__ = ["pages", "views"]


async def test_the_first_look_takes_two_reads_and_the_next_one(client, pages):
    _, path = await opened(client)
    with reads() as first:
        html = await page(client, path)
    with reads() as second:
        again = await page(client, path)
    assert (len(first), len(second)) == (2, 1)
    assert html == again
    assert len(pages.drawn) == 1
    assert "answers.answers" not in second[0]
    assert "composition" not in second[0]


async def test_a_module_that_comes_into_view_takes_one_read(client):
    _, path = await opened(client)
    activation = re.search(r'data-activate="([^"]+)"', await page(client, path))[1]
    with reads() as found:
        assert (await client.get(activation)).status_code == 204
    assert len(found) == 1


ALL = {
    "the offer": lambda _: update(Campaign).values(offer={"headline": "Changed", "company": "N"}),
    "the brand": lambda _: update(Campaign).values(brand={"logo_text": "Changed"}),
    "what is tracked": lambda _: update(Campaign).values(
        tracked={"kinds": ["opened"], "own": [{"name": "x", "label": "Changed"}]}
    ),
    "the person's name": lambda _: update(Prospect).values(name="Changed"),
    "the person's title": lambda _: update(Prospect).values(title="CFO"),
    "the company's name": lambda _: update(Company).values(name="Changed"),
    "the company's industry": lambda _: update(Company).values(industry="Banking"),
    "the company's size": lambda _: update(Company).values(employees=9_999),
    "the person's company": lambda _: update(Prospect).values(company_id=None),
    "the rep's name": lambda _: update(User).values(name="Changed"),
    "the rep's title": lambda _: update(User).values(title="Changed"),
    "the rep's photo": lambda _: update(User).values(photo="changed.jpg"),
    "the rep's phone": lambda _: update(User).values(phone="+49 changed"),
    "the rep's address": lambda _: update(User).values(email="changed@seller.example"),
    "the workspace's currency": lambda _: update(Workspace).values(currency="CHF"),
    "an answer": lambda _: update(Answer).values(answers={"chosen": [], "own": "Changed"}),
    "an answer taken away": lambda _: delete(Answer),
}


@pytest.mark.parametrize("what", ALL)
async def test_every_change_shows_at_once(client, views, pages, what):
    site, path = await opened(client)
    await post(client, f"/s/{site.id}/modules/goals", {"own": "Sleep at night"})
    here, there = await page(client, path), await same_browser(views, site.id, client)
    assert plain(here) == plain(await page(there, path))
    await change(ALL[what](site))
    after = await page(client, path)
    assert plain(after) == plain(await page(there, path))
    if what not in {"the company's size", "the company's industry", "what is tracked"}:
        assert plain(after) != plain(here)
    assert len(pages.drawn) == 2


async def test_the_workspaces_name_shows_where_the_offer_names_no_company(client):
    site, path = await opened(client, offer={"headline": "Ship faster"})
    await page(client, path)
    await change(update(Workspace).values(name="Changed"))
    assert "Changed made this page" in await page(client, path)
    campaign = await campaign_of(site)
    assert "of Changed will see" in await page(client, f"/c/{campaign.slug}")


async def test_a_new_owner_shows_at_once(client):
    site, path = await opened(client)
    await page(client, path)
    async with transaction() as db:
        owner = await make_user(db, workspace=await db.get_one(Workspace, site.workspace_id),
                                name="Otto Other")  # fmt: skip
        await db.execute(update(Prospect).values(owner_id=owner.id))
    html = await page(client, path)
    assert "Otto Other" in html
    assert read_claims(TOKEN.search(html)[1]).owner_id == owner.id


async def test_a_new_version_shows_at_once_and_so_does_the_return_to_the_old_one(client):
    site, path = await opened(client)
    before = plain(await page(client, path))
    about = {"site_id": site.id, "now": clock.now()}
    async with transaction() as db:
        version = await propose_next_version(db, history=GOALS, because="x", **about)
    assert plain(await page(client, path)) == before
    about |= {"by_user_id": None}
    async with transaction() as db:
        await publish_version(db, number=version.number, **about)
    assert plain(await page(client, path)) != before
    async with transaction() as db:
        await roll_back(db, number=1, **about)
    assert plain(await page(client, path)) == before


async def test_answers_given_in_another_process_show_here(client, views):
    site, path = await opened(client)
    await page(client, path)
    there = await same_browser(views, site.id, client)
    await post(there, f"/s/{site.id}/modules/goals", {"own": "Sleep at night"})
    assert "Sleep at night" in await page(client, path)
    await post(there, f"/s/{site.id}/modules/goals", {"own": "Something else"})
    assert "Sleep at night" not in await page(client, path)


async def test_a_choice_shows_at_once_and_for_this_browser_only(client, web_app):
    site, path = await opened(client)
    other = web_app.test_client()
    await opened(other, site)
    for choice, state in (("yes", "yes"), ("no", "no"), ("yes", "yes")):
        html = await page(client, path)
        form = {"page": TOKEN.search(html)[1], "choice": choice, "how": "notice"}
        assert (await post(client, "/t/consent", form)).status_code == 303
        assert f'data-state="{state}"' in await page(client, path)
        assert 'data-state="asked"' in await page(other, path)


async def test_a_browser_that_asks_not_to_be_tracked_is_written_down_once(client):
    _, path = await opened(client)
    for _ in range(3):
        response = await client.get(path, headers={"Sec-GPC": "1"})
        assert 'data-state="signal"' in await response.get_data(as_text=True)
    async with reading() as db:
        assert [one.how for one in await db.scalars(select(Consent))] == ["signal"]


async def test_a_browser_that_becomes_staff_sees_its_own_page_at_once(client, pages):
    site, path = await opened(client)
    await page(client, path)
    await change(
        update(SiteBrowser).values(is_staff=True, staff_answers={"goals": {"own": "Only a try"}})
    )
    html = await page(client, path)
    assert "nothing here is counted" in html
    assert "Only a try" in html
    async with transaction() as db:
        owner = await db.get_one(User, (await db.get_one(Prospect, site.prospect_id)).owner_id)
        await sign_in(client, db, owner)
    assert f"signed in as {owner.name}" in await page(client, path)
    assert len(pages.drawn) == 1


async def test_a_revoked_link_closes_a_kept_page(client, web_app):
    site, path = await opened(client)
    tag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": tag})).status_code == 304
    async with transaction() as db:
        await revoke_links(db, site=await db.get_one(Site, site.id), now=clock.now())
    closed = await client.get(path, headers={"If-None-Match": tag})
    assert closed.status_code == 404
    assert "ETag" not in closed.headers
    stranger = web_app.test_client()
    for address in (path, path.replace(str(site.id)[:4], "0000")):
        refused = await stranger.get(address, headers={"If-None-Match": tag})
        assert refused.status_code == 404
        assert await refused.get_data() == await closed.get_data()


async def test_not_modified_is_said_until_something_changes(client):
    _, path = await opened(client)
    first = await client.get(path)
    tag = first.headers["ETag"]
    for said in (tag, f'"other", {tag}', tag.removeprefix("W/") + f", {tag}"):
        response = await client.get(path, headers={"If-None-Match": said})
        assert response.status_code == 304
        assert await response.get_data() == b""
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["ETag"] == tag
    assert (await client.get(path, headers={"If-None-Match": 'W/"other"'})).status_code == 200
    await change(update(Prospect).values(name="Changed"))
    after = await client.get(path, headers={"If-None-Match": tag})
    assert after.status_code == 200
    assert after.headers["ETag"] != tag


async def test_one_browsers_tag_is_not_anothers(client, web_app):
    site, path = await opened(client)
    other = web_app.test_client()
    await opened(other, site)
    tag = (await client.get(path)).headers["ETag"]
    assert (await other.get(path, headers={"If-None-Match": tag})).status_code == 200
