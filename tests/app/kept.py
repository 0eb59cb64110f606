"""What tests of kept pages have in common."""

import re
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from app.campaigns.models import Campaign
from app.db import reading, transaction
from app.web import create_app

TOKEN = re.compile(r'data-page="([^"]+)"')
CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
OWN = re.compile(r'\b[0-9a-f]{64}\b|data-page="[^"]+"|name="(?:page|arrival)" value="[^"]+"')
UNLIKE = {"etag", "content-length"}


@contextmanager
def reads():
    """The SELECTs of this process meanwhile."""
    found = []

    def note(_connection, _cursor, statement, *_rest):
        if statement.lstrip().startswith(("SELECT", "WITH")):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield found
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def views():
    """The application without anything before its views."""
    app = create_app()
    del app.asgi_app
    return app


@pytest.fixture
def pages(web_app):
    """What the process keeps, nothing yet."""
    kept = web_app.extensions["front"].pages
    kept.drawn.forget()
    kept.filled.forget()
    return kept


async def same_browser(app, site_id, client):
    """A browser of another process with the same cookies."""
    other = app.test_client()
    for cookie in client.cookie_jar:
        other.set_cookie("localhost", cookie.name, cookie.value, path=cookie.path)
    return other


async def change(statement):
    async with transaction() as db:
        await db.execute(statement)


async def campaign_of(site):
    async with reading() as db:
        return await db.get_one(Campaign, site.campaign_id)


def plain(html):
    """A page without what is one browser's own."""
    return OWN.sub("", html)


def said(response):
    """The headers of an answer, but those that differ by nature."""
    headers = {name.lower(): value for name, value in response.headers.items()}
    return {name: value for name, value in headers.items() if name not in UNLIKE}
