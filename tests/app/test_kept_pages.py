"""Kept pages go to nobody but whose they are, whole, and take no more room than they may."""

import gzip
import re
from collections import Counter

import pytest
from sqlalchemy import update

from app import clock
from app.campaigns.models import Campaign
from app.db import transaction
from app.prospects.models import Prospect
from app.sites.kept import PER_ENTRY, Kept
from app.tracking.claims import read_claims
from app.web.holes import cut, mark
from tests.app.kept import (
    CSRF,
    TOKEN,
    campaign_of,
    change,
    pages,
    plain,
    reads,
    said,
    same_browser,
    views,
)
from tests.app.made_sites import made_site, opened, page, post

__all__ = ["pages", "views"]

GZIP = {"Accept-Encoding": "gzip"}


async def test_a_campaign_site_takes_two_reads_and_then_one(client, pages):
    campaign = await campaign_of(await made_site())
    counts = []
    for _ in range(3):
        with reads() as found:
            assert (await client.get(f"/c/{campaign.slug}")).status_code == 200
        counts.append(len(found))
    assert counts == [2, 1, 1]
    assert len(pages.drawn) == 1


@pytest.mark.parametrize("which", ["personal", "campaign"])
async def test_a_compressed_page_is_the_plain_one(client, which):
    site, path = await opened(client)
    path = path if which == "personal" else f"/c/{(await campaign_of(site)).slug}"
    zipped, bare = await client.get(path, headers=GZIP), await client.get(path)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in bare.headers
    assert zipped.headers["Vary"] == bare.headers["Vary"] == "Accept-Encoding"
    shown = gzip.decompress(await zipped.get_data(as_text=False)).decode()
    assert plain(shown) == plain(await bare.get_data(as_text=True))
    assert int(zipped.headers["Content-Length"]) < len(shown) / 2


@pytest.mark.parametrize("which", ["personal", "campaign"])
async def test_a_kept_page_is_what_its_view_draws(client, views, which):
    hostile = "<script>alert(1)</script>{{ 7*7 }}{% if %}\"'>" + mark("nothing")[:4]
    site = await made_site(offer={"headline": hostile, "pitch": hostile, "company": "<b>"})
    await change(update(Prospect).values(name=hostile, title=hostile))
    site, path = await opened(client, site)
    path = path if which == "personal" else f"/c/{(await campaign_of(site)).slug}?utm_source=x"
    await post(client, f"/s/{site.id}/modules/goals", {"own": hostile})
    there = await same_browser(views, site.id, client)
    for _ in range(2):
        kept, drawn = await client.get(path), await there.get(path)
        html = await kept.get_data(as_text=True)
        assert plain(html) == plain(await drawn.get_data(as_text=True))
        assert CSRF.findall(html) == CSRF.findall(await drawn.get_data(as_text=True))
        assert said(kept) == said(drawn)
        assert "<script>alert" not in html
        assert mark("x")[:36] not in html


async def test_a_module_that_is_shown_as_it_is_says_so_as_its_view_does(client, views):
    site, path = await opened(client)
    activation = re.search(r'data-activate="([^"]+)"', await page(client, path))[1]
    there = await same_browser(views, site.id, client)
    kept, drawn = await client.get(activation), await there.get(activation)
    assert (kept.status_code, drawn.status_code) == (204, 204)
    assert said(kept) == said(drawn)
    for other in (f"{path}modules/nowhere?fingerprint=x", activation.replace("=", "=0")):
        assert (await client.get(other)).status_code == (await there.get(other)).status_code


async def test_two_browsers_of_a_site_share_no_secret(client, web_app, pages):
    site, path = await opened(client)
    other = web_app.test_client()
    await opened(other, site)
    mine, theirs = await page(client, path), await page(other, path)
    assert len(pages.drawn) == 1
    assert plain(mine) == plain(theirs)
    assert set(CSRF.findall(mine)) & set(CSRF.findall(theirs)) == set()
    claims = [read_claims(TOKEN.search(html)[1]) for html in (mine, theirs)]
    assert claims[0].browser_id != claims[1].browser_id
    assert {claim.site_id for claim in claims} == {site.id}


async def test_a_cookie_of_one_site_opens_no_kept_page_of_another(client, web_app):
    _, mine = await opened(client)
    other = web_app.test_client()
    _, theirs = await opened(other)
    await page(client, mine)
    token = next(one.value for one in client.cookie_jar if one.name == "site")
    other.set_cookie("localhost", "site", token, path=theirs.rstrip("/"))
    assert (await other.get(theirs)).status_code == 404


async def test_every_form_of_a_campaign_site_has_a_key_of_its_own(client):
    campaign = await campaign_of(await made_site())
    found = [
        re.search(r'name="arrival" value="([^"]+)"', await page(client, f"/c/{campaign.slug}"))[1]
        for _ in range(3)
    ]
    assert max(Counter(found).values()) == 1
    assert "ETag" not in (await client.get(f"/c/{campaign.slug}")).headers


async def test_a_closed_campaign_shows_its_site_no_longer(client):
    campaign = await campaign_of(await made_site())
    assert (await client.get(f"/c/{campaign.slug}")).status_code == 200
    async with transaction() as db:
        (await db.get_one(Campaign, campaign.id)).close(clock.now())
    assert (await client.get(f"/c/{campaign.slug}")).status_code == 404


async def test_where_the_reader_came_from_is_read_for_each(client):
    campaign = await campaign_of(await made_site())
    sources = []
    for query, referrer in (("?utm_source=a&utm_source=b", ""), ("", "https://linkedin.com/x")):
        response = await client.get(f"/c/{campaign.slug}{query}", headers={"Referer": referrer})
        html = await response.get_data(as_text=True)
        sources.append(read_claims(TOKEN.search(html)[1]).source)
    assert sources[0]["utm"] == {"source": "a"}
    assert sources[1]["avenue"] == "social"


async def test_what_is_kept_stays_within_its_bytes(client, web_app, pages):
    site, path = await opened(client)
    await page(client, path)
    size = pages.drawn.bytes
    assert size > 50_000
    pages.drawn.most_bytes = int(size * 2.5)
    try:
        for _ in range(4):
            other = web_app.test_client()
            assert "Hello, Ada" in await page(other, (await opened(other))[1])
            assert pages.drawn.bytes <= pages.drawn.most_bytes
        assert len(pages.drawn) == 2
    finally:
        pages.drawn.most_bytes = 64_000_000
    assert site.id


@pytest.mark.no_database
def test_the_longest_unused_goes_first():
    kept = Kept(3 * (PER_ENTRY + 10))
    for name in "abc":
        kept.keep(name, name, 10)
    assert kept.find("a") == "a"
    kept.keep("d", "d", 10)
    assert [kept.find(name) for name in "abcd"] == ["a", None, "c", "d"]
    kept.keep("a", "A", 20)
    assert kept.bytes <= kept.most_bytes
    kept.keep("huge", "huge", 10_000)
    assert kept.find("huge") is None


@pytest.mark.no_database
@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_what_is_filled_in_may_have_any_size(size):
    html = "".join(("<p>ünd ✓" * 9_000, mark("page"), "<p>ünd" * 9_000, mark("csrf"), "</p>"))
    holed, values = cut(html), {"page": b"x" * size, "csrf": b"c" * 64}
    whole = html.replace(mark("page"), "x" * size).replace(mark("csrf"), "c" * 64).encode()
    assert holed.filled(values) == whole
    assert gzip.decompress(holed.filled_and_zipped(values)) == whole
    with pytest.raises(ValueError, match="csrf"):
        holed.filled_and_zipped(values | {"csrf": b"short"})
