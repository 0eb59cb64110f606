"""The campaign site and its lead form: clear answers to bad input, one lead per person."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.accounts.queries import get_user
from app.campaigns.commands import capture_lead
from app.campaigns.models import CampaignState, Lead
from app.campaigns.shapes import Source
from app.db import reading, transaction
from app.jobs.models import Job
from app.prospects.models import Prospect, TimelineEntry
from app.prospects.shapes import Person
from app.tokens import digest
from tests.make import NOW, make_campaign, make_user, sign_in

HOSTILE = "<script>alert(1)</script>{{ 7*7 }}"
ADA = {"name": "Ada Lovelace", "email": "ada@engines.example", "company": "Analytical Engines"}


async def live(**fields):
    async with transaction() as db:
        return await make_campaign(db, slug="spring", **fields)


async def count(table):
    async with reading() as db:
        return await db.scalar(select(func.count()).select_from(table))


def arrival_in(html):
    return re.search(r'name="arrival" value="([^"]+)"', html)[1]


async def test_the_site_shows_the_offer_to_everybody_and_to_search_engines(client):
    await live()
    answer = await client.get("/c/spring")
    html = await answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert html.count("<h1") == 1
    for words in (
        "Ship faster",
        "Rita Sellers",
        'rel="canonical"',
        "og:title",
        'name="description"',
    ):
        assert words in html
    assert "noindex" not in html


@pytest.mark.parametrize("state", [CampaignState.DRAFT, CampaignState.CLOSED])
async def test_only_live_campaigns_have_a_site_and_closed_ones_say_so(client, state):
    await live(state=state)
    for path in ("/c/spring", "/c/spring/thanks"):
        answer = await client.get(path)
        assert answer.status_code == 404
        ended = "This offer has ended" in await answer.get_data(as_text=True)
        assert ended is (state == CampaignState.CLOSED)
    assert (await client.post("/c/spring/leads", form=ADA)).status_code == 404
    assert (await client.get("/c/nowhere")).status_code == 404


async def test_a_lead_becomes_a_person_a_line_on_the_timeline_and_a_welcome(client):
    await live(form_fields=[{"name": "erp", "label": "Your system", "is_required": True}])
    page = await client.get("/c/spring?utm_medium=email&utm_source=fair")
    arrival = arrival_in(await page.get_data(as_text=True))
    form = ADA | {"own-erp": "Exact", "employees": "1,200", "arrival": arrival}
    answer = await client.post("/c/spring/leads", form=form)
    assert answer.status_code == 303
    thanks = await (await client.get(answer.headers["Location"])).get_data(as_text=True)
    assert "a•••@engines.example" in thanks
    assert "/p/" not in thanks
    async with reading() as db:
        lead = (await db.scalars(select(Lead))).one()
        person = (await db.scalars(select(Prospect))).one()
        job = (await db.scalars(select(Job).where(Job.kind == "welcome-prospect"))).one()
        line = (await db.scalars(select(TimelineEntry).where(TimelineEntry.kind == "lead"))).one()
    assert (lead.avenue, lead.source["utm"]) == ("mail", {"medium": "email", "source": "fair"})
    assert person.custom == {"Your system": "Exact"}
    assert job.payload["prospect_id"] == str(person.id)
    assert ["Came by", "mail"] in line.details


async def test_everything_wrong_is_said_at_once_and_everything_typed_is_kept(client):
    await live(form_fields=[{"name": "erp", "label": "Your system", "is_required": True}])
    form = {
        "email": "not an address", "name": " ", "employees": "many", "company": HOSTILE,
        "phone": "9" * 100,
    }  # fmt: skip
    answer = await client.post("/c/spring/leads", form=form)
    html = await answer.get_data(as_text=True)
    assert answer.status_code == 422
    for name in ("name", "email", "own-erp", "employees", "phone"):
        assert f'id="lead-{name}-problem"' in html
    assert "not an address" in html
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert re.search(r'<details class="lead-more"\s+open', html)
    assert await count(Lead) == await count(Prospect) == 0


@pytest.mark.parametrize(
    "form",
    [
        {}, {"email": "a" * 10_000}, {"email": "a@b.example\nBcc: x@y.example", "name": "A"},
        ADA | {"employees": "-5"}, ADA | {"employees": "1e30"}, ADA | {"name": "x" * 5_000},
    ],
)  # fmt: skip
async def test_absurd_input_gets_a_clear_answer(client, form):
    await live()
    assert (await client.post("/c/spring/leads", form=form)).status_code == 422
    assert await count(Lead) == 0


async def test_sending_twice_is_one_lead(client):
    await live()
    for _ in range(2):
        assert (await client.post("/c/spring/leads", form=ADA)).status_code == 303
    assert (await count(Lead), await count(Job)) == (1, 1)


async def test_the_same_form_is_one_lead_for_ever_and_a_new_one_is_a_new_lead():
    campaign = await live()
    person = Person(email="ada@engines.example", name="Ada")
    later = NOW + timedelta(days=1)
    for key, moment in (("one", NOW), ("one", later), ("two", later)):
        async with transaction() as db:
            await capture_lead(
                db, campaign, person, source=Source(), form_key=key, now=moment,
                visitor_digest="abc",
            )  # fmt: skip
    assert (await count(Lead), await count(Prospect), await count(Job)) == (2, 1, 2)
    async with reading() as db:
        assert (await db.scalars(select(Job))).first().payload["visitor_digest"] == "abc"


async def test_the_visitor_is_passed_on_only_as_a_digest(client):
    await live()
    client.set_cookie("localhost", "visitor", "secret", path="/c/spring")
    page = await (await client.get("/c/spring")).get_data(as_text=True)
    csrf = re.search(r'name="csrf_token" value="(\w+)"', page)[1]
    await client.post("/c/spring/leads", form=ADA | {"csrf_token": csrf})
    async with reading() as db:
        assert (await db.scalars(select(Job))).one().payload["visitor_digest"] == digest("secret")


async def test_what_fills_in_the_hidden_field_is_thanked_and_forgotten(client):
    await live()
    answer = await client.post("/c/spring/leads", form=ADA | {"homepage": "https://spam.example"})
    assert answer.status_code == 303
    assert await count(Lead) == 0


async def test_one_network_address_sends_at_most_a_hundred_leads_in_ten_minutes(
    client, monkeypatch
):
    await live()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    for number in range(100):
        form = ADA | {"email": f"ada{number}@engines.example"}
        assert (await client.post("/c/spring/leads", form=form)).status_code == 303
    answer = await client.post("/c/spring/leads", form=ADA)
    assert answer.status_code == 429
    assert "Analytical Engines" in await answer.get_data(as_text=True)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=11))
    assert (await client.post("/c/spring/leads", form=ADA)).status_code == 303


async def test_reloading_the_address_of_the_sent_form_leads_back_to_it(client):
    await live()
    answer = await client.get("/c/spring/leads")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/c/spring")


async def test_the_logo_is_a_png_with_an_address_of_its_own(client):
    await live(logo=b"png", logo_digest="abc")
    assert 'src="/c/spring/logo?v=abc"' in await (await client.get("/c/spring")).get_data(
        as_text=True
    )
    answer = await client.get("/c/spring/logo?v=abc")
    assert (answer.content_type, await answer.get_data()) == ("image/png", b"png")
    assert (await client.get("/c/nowhere/logo")).status_code == 404


async def test_the_logo_of_a_draft_is_for_those_who_see_the_draft(client):
    campaign = await live(logo=b"png", logo_digest="abc", state=CampaignState.DRAFT)
    assert (await client.get("/c/spring/logo")).status_code == 404
    async with transaction() as db:
        await sign_in(
            client, db, await get_user(db, campaign.owner_id, workspace_id=campaign.workspace_id)
        )
    assert (await client.get("/c/spring/logo")).status_code == 200


async def test_text_of_the_rep_is_shown_as_text_everywhere(client):
    offer = dict.fromkeys(("headline", "pitch", "product", "product_text", "company_text"), HOSTILE)
    offer |= {"points": [{"title": HOSTILE, "text": HOSTILE}], "call_to_action": HOSTILE[:40]}
    fields = [{"name": "q", "label": HOSTILE, "is_required": True}]
    async with transaction() as db:
        owner = await make_user(db, name=HOSTILE, title=HOSTILE, phone=HOSTILE)
        await make_campaign(db, slug="spring", owner=owner, offer=offer, form_fields=fields)
        await sign_in(client, db, owner)
    for path in ("/c/spring", "/c/spring/thanks"):
        html = await (await client.get(path)).get_data(as_text=True)
        assert "<script>alert" not in html
        assert "{{ 7*7 }}" in html
