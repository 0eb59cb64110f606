"""The door before the framework: what is odd is the view's, what is in vain is said at once."""

import asyncio
import gzip
import re
import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from app import glance as glancing
from app.config import settings
from app.db import Table, close_database, engine, open_database
from app.tracking.claims import read_claims
from tests.app.kept import TOKEN, campaign_of, pages, plain, reads, said, same_browser, views
from tests.app.made_sites import made_site, opened
from tests.servers import PostgresServer

__all__ = ["pages", "views"]

REFUSED = ("gzip;q=0", "gzip; q=0.0, *", "*;q=0", "br", "identity", "")
TAKEN = ("gzip", "GZIP", "gzip;q=0.1", "*", "br, gzip;q=0.5")


async def ask(app, path, *, query=b"", headers=()):
    """Ask as a server does, with whatever bytes; returns the status and the headers."""
    asked, sent = [], []

    async def receive():
        if asked:
            await asyncio.get_running_loop().create_future()
        asked.append(1)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(),
        "query_string": query, "headers": [(b"host", b"localhost"), *headers], "scheme": "http",
        "http_version": "1.1", "client": ("127.0.0.1", 1), "root_path": "", "asgi": {},
    }  # fmt: skip
    await app(scope, receive, send)
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]).decode()


@pytest.mark.parametrize("cookie", [b"a=\xff\xfe", b"a=\xff; visitor=x", b"visitor=\xc3"])
async def test_a_cookie_that_is_no_text_breaks_no_page(client, web_app, cookie):
    site, path = await opened(client)
    campaign = await campaign_of(site)
    token = next(one.value for one in client.cookie_jar if one.name == "site")
    mine = cookie + b"; site=" + token.encode()
    for address, brought in ((f"/c/{campaign.slug}", cookie), (path, mine)):
        status, html = await ask(web_app, address, headers=[(b"cookie", brought)])
        assert status == 200
        assert "Hello" in html or campaign.name in html or "<main" in html


@pytest.mark.parametrize("query", [b"utm_source=\xc3\xa9", b"utm_source=%C3%A9", b"utm_source=\xff",
                                   b"utm_source=%FF", b"utm_source=a%20b+c"])  # fmt: skip
async def test_an_address_is_read_as_its_view_reads_it(web_app, views, query):
    campaign = await campaign_of(await made_site())
    sources = []
    for app in (web_app, views.asgi_app):
        quoted = query.replace(b"\xff", b"%FF") if app is not web_app else query
        status, html = await ask(app, f"/c/{campaign.slug}", query=quoted)
        assert status == 200
        sources.append(read_claims(TOKEN.search(html)[1]).source)
    assert sources[0] == sources[1]
    assert sources[0]["utm"]["source"]


async def test_forty_who_come_at_once_wait_for_one_drawing(web_app, pages):
    campaign = await campaign_of(await made_site())
    with reads() as found:
        browsers = [web_app.test_client() for _ in range(40)]
        answers = await asyncio.gather(*(one.get(f"/c/{campaign.slug}") for one in browsers))
    assert {answer.status_code for answer in answers} == {200}
    assert len(found) == 41
    assert len(pages.drawn) == 1


@pytest.mark.parametrize("which", ["personal", "campaign", "view", "asset"])
async def test_only_who_takes_gzip_gets_it(client, views, which):
    site, path = await opened(client)
    asker = await same_browser(views, site.id, client) if which == "view" else client
    path = {"campaign": f"/c/{(await campaign_of(site)).slug}", "asset": "/static/icon.svg"}.get(
        which, path
    )
    bare = await (await client.get(path)).get_data(as_text=False)
    for accepted in (*REFUSED, *TAKEN):
        answer = await asker.get(path, headers={"Accept-Encoding": accepted})
        body = await answer.get_data(as_text=False)
        is_zipped = answer.headers.get("Content-Encoding") == "gzip"
        assert is_zipped == (accepted in TAKEN), accepted
        assert answer.headers["Vary"] == "Accept-Encoding"
        shown = gzip.decompress(body) if is_zipped else body
        assert plain(shown.decode()) == plain(bare.decode())


async def test_a_page_and_its_view_vary_by_the_same(client, views):
    site, path = await opened(client)
    there = await same_browser(views, site.id, client)
    html = await (await client.get(path)).get_data(as_text=True)
    for address in (path, re.search(r'data-activate="([^"]+)"', html)[1]):
        assert said(await client.get(address)) == said(await there.get(address))


@pytest.mark.sqlite_only
async def test_a_file_that_is_locked_is_the_views_to_wait_for(client, monkeypatch):
    campaign = await campaign_of(await made_site())
    begun, shown = [], []

    def locked(_opened):
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))

    @event.listens_for(engine().sync_engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_rest):
        begun.append(statement.split()[:2])

    monkeypatch.setattr(glancing, "_beside", locked)
    with closing(sqlite3.connect(engine().url.database, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        shown.append((await client.get(f"/c/{campaign.slug}")).status_code)
        writer.execute("ROLLBACK")
    assert shown == [200]
    assert ["BEGIN"] in begun
    assert ["BEGIN", "IMMEDIATE"] not in begun


@pytest.fixture
async def postgres(tmp_path):
    """A PostgreSQL that may be stopped, with the tables in it, open in this process."""
    server = PostgresServer(tmp_path / "postgres").start()
    opened_engine = open_database(settings().model_copy(update={"database_url": server.url}))
    async with opened_engine.begin() as connection:
        await connection.run_sync(Table.metadata.create_all)
    yield server
    await close_database()
    server.stop()


@pytest.mark.no_database
async def test_while_the_database_is_away_visitors_are_told_to_come_back(client, postgres):
    site, path = await opened(client)
    paths = (path, f"/c/{(await campaign_of(site)).slug}", "/p/unknown")
    before = [(await client.get(each)).status_code for each in paths]
    postgres.stop()
    for each in paths:
        answer = await client.get(each)
        html = await answer.get_data(as_text=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert "Back in a moment" in html
    postgres.start()
    assert [(await client.get(each)).status_code for each in paths] == before


@pytest.mark.no_database
async def test_a_pool_that_is_empty_is_waited_for_once(client, postgres, monkeypatch):
    site, path = await opened(client)
    pool = engine().sync_engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.1)
    taken = [await engine().connect() for _ in range(15)]
    waits = []
    monkeypatch.setattr(pool, "_do_get", count_calls(pool._do_get, waits))
    for each in (path, f"/c/{site.id}"[:30]):
        assert (await client.get(each)).status_code == 503
    assert len(waits) == 2
    for connection in taken:
        await connection.close()
    assert (await client.get(path)).status_code == 200


def count_calls(real, calls):
    def counted():
        calls.append(1)
        return real()

    return counted
