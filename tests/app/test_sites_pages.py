"""The personal page and its modules, as browsers meet them."""

import re
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update

from app.db import reading, transaction
from app.prospects.models import Prospect
from app.sites.models import Answer, SiteBrowser
from modules.registry import all_modules
from tests.app.made_sites import made_site, make_site, opened, page, post
from tests.make import make_user, sign_in

ASKING = [kind for kind, module in all_modules().items() if module.answers.model_fields]


async def browsers():
    async with reading() as db:
        return (await db.scalars(select(SiteBrowser).order_by(SiteBrowser.created_at))).all()


async def answers_of(site):
    async with reading() as db:
        rows = await db.scalars(select(Answer).where(Answer.site_id == site.id))
        return {row.module_key: row.answers for row in rows}


async def test_the_page_is_whole_without_scripts_and_consent(client):
    _, path = await opened(client)
    html = await page(client, path)
    for kind in all_modules():
        assert f'data-module="{kind}"' in html
        assert f'id="module-{kind}"' in html
    assert html.count("<h1") == 1
    assert "Hello, Ada" in html
    assert "Rita Sellers" in html
    assert "Prepared for Ada Lovelace" in html
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", html)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
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
    _, path = await opened(client)
    html = await page(client, path)
    activation = re.search(r'data-activate="([^"]*modules/goals[^"]*)"', html)[1]
    assert (await client.get(activation)).status_code == 204
    async with transaction() as db:
        await db.execute(update(Prospect).values(title="CFO"))
    response = await client.get(activation)
    assert response.status_code == 200
    assert "Report reliable numbers a week earlier" in await response.get_data(as_text=True)
    assert (await client.get(f"{path}modules/nowhere")).status_code == 404


async def test_hostile_text_is_text(client):
    hostile = "<script>alert(1)</script>{{ 7*7 }}\"'>"
    async with transaction() as db:
        site = await make_site(db, offer={"headline": hostile, "pitch": hostile, "company": "<b>"})
        prospect = await db.get_one(Prospect, site.prospect_id)
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
