"""Tokens, passwords and SMTP credentials stay out of logs, figures and headers.

Everything is said at the most talkative level, through the logging that production uses.
"""

import io
import logging
import re
import sys
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import text

from app import clock
from app.accounts.commands import make_account_link
from app.accounts.models import LinkPurpose
from app.config import settings
from app.db import reading, transaction
from app.jobs.runner import run_due_jobs
from app.logs import set_up_logs
from app.sites.links import make_personal_link
from app.tokens import make_token
from tests.app.accounts_door import ANOTHER, PASSWORD, mailed_path, make_person, post
from tests.app.mail_server import Post, mail_server
from tests.make import make_campaign, make_prospect
from tests.visiting import make_page

OURS = {"Sec-Fetch-Site": "same-origin"}
WRONG = "an entirely wrong password"
SMTP_PASSWORD = "the-relay-password-7351"
SMTP_USER = "relay-user-7351"


class Watched:
    """A browser that notes the headers of every answer and the secrets it was given."""

    def __init__(self, client, secrets):
        self.client, self.secrets, self.headers, self.pages = client, secrets, [], []

    async def open(self, path, method="GET", **form):
        if method == "POST":
            response = await post(self.client, path, **form)
        else:
            response = await self.client.open(path, method=method, headers=OURS)
        for name, value in response.headers:
            if name.lower() != "set-cookie":
                self.headers.append(f"{name}: {value}")
        for cookie in self.client.cookie_jar:
            self.secrets.update(part for part in (cookie.value or "").split(".") if len(part) > 20)
        return response


@pytest.fixture
def logs(monkeypatch, caplog):
    """Log as production does, only more; returns a function that reads what was logged."""
    before, said = structlog.get_config(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    set_up_logs("DEBUG")
    caplog.set_level(logging.INFO)
    yield lambda: said.getvalue() + caplog.text
    structlog.configure(**before)


async def sign_in_rightly_and_wrongly(browser):
    await browser.open("/sign-in", "POST", email="rita@seller.example", password=WRONG)
    await browser.open("/sign-in", "POST", email="rita@seller.example", password=PASSWORD)
    await browser.open("/account", "POST", name="", title="", phone="")
    old, new = {"old_password": WRONG}, {"password": ANOTHER}
    await browser.open("/account/password", "POST", **old, **new)
    await browser.open("/account/password", "POST", old_password=PASSWORD, password=ANOTHER)
    await browser.open("/sign-out", "POST")


async def use_mailed_links(browser, user_id):
    for wish, kind in (("reset", "reset"), ("sign-in", "sign-in/link")):
        await browser.open("/sign-in/forgotten", "POST", email="rita@seller.example", wish=wish)
        await run_due_jobs(clock.now())
        path = await mailed_path(kind)
        browser.secrets.add(path.rpartition("/")[2])
        await browser.open(path, "HEAD")
        await browser.open(path)
        await browser.open(path, "POST", password="123")
        await browser.open(path, "POST", password=PASSWORD)
        await browser.open(path)
    async with transaction() as db:
        token = await make_account_link(
            db, user_id=user_id, purpose=LinkPurpose.INVITATION, lifetime=timedelta(days=1),
            now=clock.now(),
        )  # fmt: skip
    browser.secrets.add(token)
    await browser.open(f"/invitation/{token}")
    await browser.open(f"/invitation/{token}", "POST", password="short")


async def follow_personal_links(browser, site_id, token):
    browser.secrets.update((token, "A" * 31))
    for path in (f"/p/{token}", f"/s/{site_id}/", f"/p/{'A' * 31}", f"/s/{site_id}/modules/goals"):
        await browser.open(path, "HEAD")
        await browser.open(path)
    await browser.open(f"/s/{site_id}/modules/goals", "POST", own="Sell more")
    await browser.open(f"/p/{token}/more")
    await browser.open(f"/p/{token}", "PUT")


async def fail_to_mail(browser, monkeypatch):
    """A relay that is down, then one that refuses our password."""
    refusing = Post()
    async with mail_server(refusing) as port:
        for where in (1, port):
            address = f"smtp://{SMTP_USER}:{SMTP_PASSWORD}@127.0.0.1:{where}"
            monkeypatch.setenv("SMTP_URL", address)
            settings.cache_clear()
            await browser.open("/sign-in/forgotten", "POST", email="rita@seller.example")
            await run_due_jobs(clock.now())
    monkeypatch.setenv("SMTP_URL", "")
    settings.cache_clear()
    async with reading() as db:
        replies = (await db.execute(text("SELECT reply FROM mails WHERE reply IS NOT NULL"))).all()
    assert len(replies) > 0
    assert SMTP_PASSWORD not in str(replies)


def found(secrets, lines):
    return {secret: line[:300] for line in lines for secret in secrets if secret in line}


@pytest.fixture
async def place(database):
    async with transaction() as db:
        user = await make_person(db)
        prospect = await make_prospect(db, owner=user)
        campaign = await make_campaign(db, owner=user)
        claims = await make_page(db, prospect=prospect, owner=user)
        token = await make_personal_link(
            db, site_id=claims.site_id, purpose="letter", now=clock.now()
        )
    return user, campaign, claims, token


async def test_no_secret_gets_into_logs_figures_or_headers(web_app, place, logs, monkeypatch):
    user, campaign, claims, token = place
    secrets = {PASSWORD, ANOTHER, WRONG, SMTP_PASSWORD, settings().secret_key}
    browser = Watched(web_app.test_client(), secrets)
    await sign_in_rightly_and_wrongly(browser)
    await use_mailed_links(browser, user.id)
    await follow_personal_links(browser, claims.site_id, token)
    await browser.open(f"/c/{campaign.slug}/leads", "POST", email="x@buyer.example", name="Xenia")
    await run_due_jobs(clock.now())
    await fail_to_mail(browser, monkeypatch)
    metrics = await (await browser.client.get("/metrics")).get_data(as_text=True)
    assert len(secrets) > 12, "cookies and links were seen"
    said = logs()
    assert "mail put off" in said, "the logs were listened to"
    assert found(secrets, said.splitlines()) == {}
    assert found(secrets, metrics.splitlines()) == {}
    assert found(secrets, browser.headers) == {}


async def fails_with_everything_in_hand(*args, **given):
    """A bug deep down, with passwords and tokens in the frames above it."""
    raise RuntimeError("something broke")


BROKEN = {
    "app.accounts.sign_in_routes.begin_sign_in": ("/sign-in", "POST"),
    "app.accounts.sign_in_routes.complete_sign_in": ("/sign-in", "POST"),
    "app.accounts.link_routes.find_link": ("/reset/{token}", "GET"),
    "app.sites.link_routes.open_link": ("/p/{token}", "GET"),
    "app.sites.page_routes.enter": ("/s/{site}/", "GET"),
    "app.web.application.recognise": ("/console", "GET"),
}


@pytest.mark.parametrize("where", BROKEN)
async def test_a_bug_logs_its_trace_without_the_secrets_in_hand(
    web_app, place, logs, monkeypatch, where
):
    _user, _campaign, claims, token = place
    cookie = make_token()
    client = web_app.test_client()
    client.set_cookie("localhost", "session", cookie)
    client.set_cookie("localhost", "site", cookie)
    monkeypatch.setattr(where, fails_with_everything_in_hand)
    monkeypatch.setitem(web_app.config, "PROPAGATE_EXCEPTIONS", False)
    path, method = BROKEN[where]
    path = path.format(token=token, site=claims.site_id)
    form = {"email": "rita@seller.example", "password": PASSWORD} if method == "POST" else {}
    response = await Watched(client, set()).open(path, method, **form)
    assert response.status_code == 500
    said = logs()
    assert "something broke" in said
    assert found({PASSWORD, token, cookie}, said.splitlines()) == {}


async def test_a_failing_database_does_not_log_what_was_to_be_stored(
    web_app, place, logs, monkeypatch
):
    """Errors of the database name the statement; its values are passwords' hashes, mail, people."""
    async with transaction() as db:
        await db.execute(text("ALTER TABLE mails RENAME COLUMN reply TO lost_column"))
        await db.execute(text("ALTER TABLE sign_in_sessions RENAME COLUMN browser TO lost_column"))
    monkeypatch.setitem(web_app.config, "PROPAGATE_EXCEPTIONS", False)
    client = web_app.test_client()
    form = {"email": "rita@seller.example", "password": PASSWORD}
    assert (await post(client, "/sign-in", **form)).status_code == 500
    await post(client, "/sign-in/forgotten", email="rita@seller.example")
    await run_due_jobs(clock.now())
    async with reading() as db:
        errors = (await db.execute(text("SELECT error FROM jobs WHERE error IS NOT NULL"))).all()
        assert await db.scalar(text("SELECT count(*) FROM mails")) == 0
    said = logs()
    for told in (said, str(errors)):
        assert "INSERT INTO" in told
        assert "/reset/" not in told
        assert not re.search(r"\b[0-9a-f]{64}\b", told), "a digest of a session or link"


def test_settings_do_not_show_their_secrets(monkeypatch):
    monkeypatch.setenv("SMTP_URL", f"smtp://{SMTP_USER}:{SMTP_PASSWORD}@mail.example")
    settings.cache_clear()
    shown = repr(settings()) + str(settings())
    monkeypatch.setenv("SMTP_URL", "")
    settings.cache_clear()
    assert SMTP_PASSWORD not in shown
    assert settings().secret_key not in shown
