"""The notice, the choice and what a browser keeps of it, on the pages visitors get."""

import re
from html import unescape

import pytest
from sqlalchemy import func, select

from app import clock
from app.db import reading, transaction
from app.sites.blueprint import COOKIE
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.links import make_personal_link, open_link
from app.tracking.claims import read_claims
from app.tracking.models import Act, Consent, Visit, Visitor
from tests.make import make_campaign, make_prospect, make_user, sign_in
from tests.visiting import NOW, act, new_visit

OWN = {"Sec-Fetch-Site": "same-origin"}


async def count(model):
    async with reading() as db:
        return await db.scalar(select(func.count()).select_from(model))


async def consents():
    async with reading() as db:
        return list(await db.scalars(select(Consent).order_by(Consent.at)))


@pytest.fixture
async def campaign_path(database):
    async with transaction() as db:
        return f"/c/{(await make_campaign(db)).slug}"


@pytest.fixture
async def site_path(client):
    """A personal site whose cookie the client has."""
    async with transaction() as db:
        prospect = await make_prospect(db)
        campaign = await make_campaign(db, owner=await make_user(db))
        site = await open_site(
            db, campaign=campaign, prospect_id=prospect.id, history=History(), now=NOW
        )
        link = await make_personal_link(db, site_id=site.id, purpose="letter", now=clock.now())
        entry = await open_link(db, token=link, known=(), viewer=None, now=clock.now())
    path = f"/s/{site.id}/"
    client.set_cookie("localhost", COOKIE, entry.token, path=path)
    return path


async def look(client, path, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await client.get(path, headers=names)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


def page_token(html):
    return unescape(re.search(r'data-page="([^"]+)"', html)[1])


def state(html):
    return re.search(r'id="visit"[^>]*data-state="(\w+)"', html)[1]


async def choose(client, html, choice, *, accept="text/html"):
    form = {"page": page_token(html), "choice": choice, "how": "notice"}
    return await client.post("/t/consent", form=form, headers={"Accept": accept} | OWN)


async def test_the_notice_names_the_rep_and_offers_two_equal_buttons(client, campaign_path):
    html = await look(client, campaign_path)
    assert "May Rita Sellers see what you look at here?" in html
    buttons = re.findall(r'<button class="([^"]+)"[^>]*data-consent="(yes|no)"', html)
    assert buttons == [("button", "yes"), ("button", "no")]
    assert "12 months" in html


async def test_nothing_is_kept_before_a_choice(client, campaign_path):
    response = await client.get(campaign_path)
    assert not [each for each in response.headers.getlist("Set-Cookie") if "visitor" in each]
    html = await response.get_data(as_text=True)
    post = {"page": page_token(html), "visit": str(new_visit()), "acts": [act(1)]}
    refused = await client.post("/t/acts", json=post)
    assert (await refused.get_json())["error"] == "no-consent"
    assert [await count(each) for each in (Visitor, Consent, Visit, Act)] == [0, 0, 0, 0]


async def test_a_yes_on_a_campaign_site_gives_a_number_for_that_campaign_only(
    client, campaign_path
):
    response = await choose(client, await look(client, campaign_path), "yes")
    assert (response.status_code, response.headers["Location"]) == (303, campaign_path)
    (cookie,) = [each for each in response.headers.getlist("Set-Cookie") if "visitor=" in each]
    assert "HttpOnly" in cookie
    assert f"Path={campaign_path};" in f"{cookie};"
    html = await look(client, campaign_path)
    assert state(html) == "yes"
    async with reading() as db:
        visitor = (await db.scalars(select(Visitor))).one()
    assert read_claims(page_token(html)).browser_id == visitor.id
    (consent,) = await consents()
    assert (consent.is_yes, consent.how, consent.browser_id) == (True, "notice", visitor.id)


async def test_a_no_is_as_easy_and_never_asked_again(client, campaign_path):
    await choose(client, await look(client, campaign_path), "no")
    html = await look(client, campaign_path)
    assert state(html) == "no"
    assert "May Rita Sellers" not in html
    assert 'data-consent="yes"' in html
    assert await count(Visitor) == 0
    (consent,) = await consents()
    assert not consent.is_yes


async def test_a_choice_can_be_changed_in_the_footer_both_ways(client, campaign_path):
    for choice in ("yes", "no", "yes"):
        response = await choose(client, await look(client, campaign_path), choice)
        assert response.status_code == 303
        assert state(await look(client, campaign_path)) == choice
    assert [each.is_yes for each in await consents()] == [True, False, True]


async def test_our_script_gets_the_new_fragments_and_token(client, site_path):
    html = await look(client, site_path)
    response = await choose(client, html, "yes", accept="application/json")
    answer = await response.get_json()
    assert answer["consent"] == "yes"
    assert state(answer["notice"]) == "yes"
    assert "sees live what you do on this page" in answer["footer"]
    reloaded = await look(client, site_path)
    assert re.sub(r'"ey[^"]+"', "", answer["footer"]).strip() in re.sub(r'"ey[^"]+"', "", reloaded)


@pytest.mark.parametrize("signal", [{"Sec_GPC": "1"}, {"DNT": "1"}])
async def test_a_browsers_own_signal_is_a_no_that_stays(client, site_path, signal):
    html = await look(client, site_path, **signal)
    assert state(html) == "signal"
    assert "Your browser asks not to be tracked" in html
    assert "May Rita Sellers" not in html
    (consent,) = await consents()
    assert (consent.is_yes, consent.how) == (False, "signal")
    await look(client, site_path, **signal)
    assert len(await consents()) == 1
    assert state(await look(client, site_path)) == "signal"
    await choose(client, html, "yes")
    assert state(await look(client, site_path, **signal)) == "yes"


async def test_an_anonymous_browsers_signal_is_kept_without_a_number(client, campaign_path):
    response = await client.get(campaign_path, headers={"Sec-GPC": "1"})
    (cookie,) = [each for each in response.headers.getlist("Set-Cookie") if "consent=" in each]
    assert cookie.startswith("consent=signal;")
    assert state(await look(client, campaign_path)) == "signal"
    assert [await count(each) for each in (Visitor, Consent)] == [0, 0]


async def test_reading_a_page_consents_to_nothing(client, site_path):
    for _ in range(2):
        assert state(await look(client, site_path)) == "asked"
    assert (await client.get("/t/consent?choice=yes")).status_code == 405
    assert await count(Consent) == 0


async def test_a_choice_without_a_page_of_ours_is_refused(client, campaign_path):
    html = await look(client, campaign_path)
    forged = {"page": "forged", "choice": "yes"}
    assert (await client.post("/t/consent", form=forged)).status_code == 404
    unclear = {"page": page_token(html), "choice": "perhaps"}
    assert (await client.post("/t/consent", form=unclear)).status_code == 422
    evil = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    form = {"page": page_token(html), "choice": "yes"}
    assert (await client.post("/t/consent", form=form, headers=evil)).status_code == 403
    assert await count(Consent) == 0


async def test_a_reps_own_browser_is_sealed_as_staff(client):
    async with transaction() as db:
        owner = await make_user(db)
        campaign = await make_campaign(db, owner=owner)
        await sign_in(client, db, owner)
    html = await look(client, f"/c/{campaign.slug}")
    assert read_claims(page_token(html)).is_staff


async def test_the_page_says_what_may_be_recorded(client):
    async with transaction() as db:
        tracked = {"kinds": ["opened", "clicked"], "own": [{"name": "ask.price", "label": "Asked"}]}
        campaign = await make_campaign(db, tracked=tracked)
    html = await look(client, f"/c/{campaign.slug}")
    assert 'data-kinds="opened clicked"' in html
    claims = read_claims(page_token(html))
    assert claims.kinds == ("opened", "clicked")
    assert dict(claims.own) == {"ask.price": "Asked"}
