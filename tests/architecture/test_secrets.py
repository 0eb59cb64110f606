"""Tokens, passwords and SMTP credentials stay out of logs, figures and headers.

Everything is said at the most talkative level, through the logging that production uses.
"""

import io
import json
import logging
import re
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
import structlog
from pydantic import ValidationError
from sqlalchemy import text

from app import clock
from app.accounts.commands import make_account_link
from app.accounts.models import LinkPurpose
from app.config import Settings, settings
from app.db import reading, transaction
from app.jobs.commands import enqueue
from app.jobs.runner import run_due_jobs
from app.logs import BLANK, MOST_CHARS, about, hide, redact, set_up_logs
from app.sites.links import make_personal_link
from app.tokens import digest, make_token, seal
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


@pytest.fixture
async def failing_tables(place):
    """Lose a column of two tables, and find it again: the next test may have the same tables."""
    lost = (("mails", "reply"), ("sign_in_sessions", "browser"))
    async with transaction() as db:
        for table, column in lost:
            await db.execute(text(f"ALTER TABLE {table} RENAME COLUMN {column} TO lost_column"))
    yield
    async with transaction() as db:
        for table, column in lost:
            await db.execute(text(f"ALTER TABLE {table} RENAME COLUMN lost_column TO {column}"))


async def test_a_failing_database_does_not_log_what_was_to_be_stored(
    web_app, failing_tables, logs, monkeypatch
):
    """Errors of the database name the statement; its values are passwords' hashes, mail, people."""
    monkeypatch.setitem(web_app.config, "PROPAGATE_EXCEPTIONS", False)
    client = web_app.test_client()
    form = {"email": "rita@seller.example", "password": PASSWORD}
    assert (await post(client, "/sign-in", **form)).status_code in {500, 503}
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


def test_settings_that_are_wrong_are_refused_without_showing_what_they_hold(monkeypatch):
    monkeypatch.setenv("REDIS_URL", f"reddis://:{SMTP_PASSWORD}@cache.example")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "redis_url" in str(refused.value)
    assert SMTP_PASSWORD not in str(refused.value)


def test_settings_do_not_show_their_secrets(monkeypatch):
    monkeypatch.setenv("SMTP_URL", f"smtp://{SMTP_USER}:{SMTP_PASSWORD}@mail.example")
    settings.cache_clear()
    shown = repr(settings()) + str(settings())
    monkeypatch.setenv("SMTP_URL", "")
    settings.cache_clear()
    assert SMTP_PASSWORD not in shown
    assert settings().secret_key not in shown


@pytest.fixture
def every_request(monkeypatch):
    """Log every request, however quick."""
    monkeypatch.setenv("SLOW_REQUEST_MS", "0")
    settings.cache_clear()
    yield
    monkeypatch.delenv("SLOW_REQUEST_MS")
    settings.cache_clear()


def lines_of(said):
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


async def test_requests_are_logged_by_route_and_workspace_and_never_by_address(
    web_app, place, logs, every_request
):
    user, _campaign, claims, token = place
    browser = Watched(web_app.test_client(), set())
    await follow_personal_links(browser, claims.site_id, token)
    await browser.open("/sign-in", "POST", email="rita@seller.example", password=PASSWORD)
    await browser.open("/prospects?q=grace@buyer.example")
    await browser.open(f"/nowhere/{token}")
    await browser.open("/healthz")
    said = logs()
    assert found(browser.secrets | {"rita@", "grace@", token}, said.splitlines()) == {}
    lines = [line for line in lines_of(said) if line["event"] == "request slow"]
    routes = {line["route"]: line for line in lines}
    assert {"GET /p/<token>", "POST /sign-in", "GET /prospects", "GET unknown"} <= routes.keys()
    assert "GET /healthz" not in routes
    assert routes["GET /prospects"]["workspace"] == str(user.workspace_id)
    assert "workspace" not in routes["GET /p/<token>"]
    assert len({line["request"] for line in lines}) == len(lines)


async def test_a_failed_request_is_logged_however_quick_and_its_trace_bears_its_number(
    web_app, place, logs, monkeypatch
):
    monkeypatch.setattr("app.sites.page_routes.enter", fails_with_everything_in_hand)
    monkeypatch.setitem(web_app.config, "PROPAGATE_EXCEPTIONS", False)
    await web_app.test_client().get(f"/s/{place[2].site_id}/")
    trace, line = lines_of(logs())
    assert line["event"] == "request failed"
    assert (line["status"], line["level"]) == (500, "warning")
    assert "/<uuid:site_id>" in line["route"]
    assert trace["request"] == line["request"]


async def test_lines_of_a_job_say_which_job(database, logs):
    async with transaction() as db:
        await enqueue(db, "of-no-kind", {"email": "grace@buyer.example"}, now=clock.now())
    await run_due_jobs(clock.now())
    (line,) = lines_of(logs())
    assert (line["event"], line["kind"], line["error"]) == (
        "job failed", "of-no-kind", "UnknownKindError"
    )  # fmt: skip
    assert line["job"]


TOKEN = "tGbSjCm9yN9hDvQpLUni0aQngNVbRjbY"
SHAPED = {
    "a personal link": f"GET /p/{TOKEN}?utm_source=x failed",
    "a token by itself": f"token {TOKEN}",
    "a token in a path nobody knew": f"/some/where/{TOKEN}",
    "a digest": digest(TOKEN),
    "an unsubscription": f"https://sites.example/u/{seal('unsubscribe', {'mail': 'x'})}",
    "a page token": seal("page", {"w": str(uuid4())}),
    "a mail address": "to Grace.Hopper+x@compilers.example: refused",
    "a mail server's password": "smtp://relay:hunter2-hunter2@mail.example:587",
    "a Redis password": "redis://:hunter2-hunter2@cache.example/0",
    "a cookie": "Cookie: session=hunter2-hunter2; site=abc",
    "a bearer": "Authorization: Bearer hunter2-hunter2",
    "a Redis password with signs in it": "redis://:hunter2/x@hunter2@cache.example/0",
    "a password in a query": "redis://cache.example:6379?password=hunter2&db=0",
    "a setting": "SECRET_KEY=hunter2",
    "a token in a query": "GET /x?token=hunter2 failed",
    "a cookie as JSON": '{"Cookie": "session=hunter2; site=hunter2"}',
    "a cookie of a request": "[(b'cookie', b'site=hunter2')]",
    "a password's hash": "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$hunter2-hunter2",
}
SECRET_PART = re.compile(
    rf"{TOKEN}|{digest(TOKEN)}|hunter2|Grace\.|[\w-]{{6}}\.[\w-]{{27}}(?![\w-])"
)


@pytest.mark.no_database
@pytest.mark.parametrize("what", SHAPED)
def test_what_looks_like_a_secret_is_blanked_wherever_it_stands_in_a_line(what):
    text = SHAPED[what]
    assert SECRET_PART.search(text)
    line = {
        "event": text, "exception": f"Traceback:\n  File x\n{text}\n", "nested": [{"a": (text,)}],
        text: 1, "error": ValueError(text),
    }  # fmt: skip
    cleaned = redact(None, "info", {key: value for key, value in line.items() if key != text})
    assert SECRET_PART.search(str(cleaned)) is None
    assert "Traceback" in str(cleaned)


@pytest.mark.no_database
def test_fields_named_like_secrets_are_blanked_whatever_they_hold():
    line = {"password": "x", "api_token": ["x"], "to_email": "x", "cookies": {"a": "x"}, "n": 3}
    assert redact(None, "info", line) == dict.fromkeys(line, BLANK) | {"n": 3}


@pytest.mark.no_database
def test_what_helps_to_find_a_mistake_stays():
    trace = (
        'File ".venv/lib/python3.11/site-packages/sqlalchemy/ext/asyncio/session.py", line 1137,'
        " in test_no_secret_gets_into_logs_figures_or_headers"
    )
    for said in (trace, str(uuid4()), "2026-11-22T19:00:00.123456Z", "GET /p/<token>", uuid4().hex,
                 "postgresql+asyncpg://db.example/rapport", "/prospects/x/sites"):  # fmt: skip
        assert hide(said) == said


@pytest.mark.no_database
def test_blanking_takes_no_longer_for_hostile_text():
    for piece in ("a", "aA1-", "a.a@", "a://", "aaaaaaaa.bbbbbb.", "bearer ", "cookie:",
                  "://", ":", "token=", "token ", " "):  # fmt: skip
        assert len(hide("x://" + piece * 30_000)) < 2 * MOST_CHARS


@pytest.mark.no_database
def test_what_is_very_long_loses_its_middle_and_no_part_of_a_secret_stays():
    words = [TOKEN] * 2_000
    shown = hide(" ".join(["begin", *words, "end"]))
    assert shown.startswith("begin [secret]")
    assert shown.endswith("[secret] end")
    assert not any(TOKEN[at : at + 6] in shown for at in range(len(TOKEN) - 6))


@pytest.mark.no_database
def test_what_a_block_is_about_ends_with_it(logs):
    log = structlog.get_logger()
    with about(visit=uuid4(), workspace=None):
        log.info("inside")
    log.info("outside")
    inside, outside = lines_of(logs())
    assert "visit" in inside
    assert "workspace" not in inside
    assert "visit" not in outside


@pytest.mark.no_database
def test_what_libraries_log_is_a_line_of_json_without_secrets_too():
    program = (
        "import logging; from app.logs import set_up_logs, bind; set_up_logs('INFO');"
        "bind(visit='v-1');"
        f"logging.getLogger('asyncio').error('failed for %s', '/p/{TOKEN}');"
        "logging.getLogger('asyncio').info('not this')"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    (line,) = (json.loads(each) for each in ran.stderr.splitlines())
    assert line["event"] == f"failed for /p/{BLANK}"
    assert (line["level"], line["logger"], line["visit"]) == ("error", "asyncio", "v-1")
