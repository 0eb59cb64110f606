"""What every answer has in common: headers, foreign posts, error pages, health."""

import re
from base64 import b64encode
from hashlib import sha256
from io import BytesIO

import httpx
import pytest
from quart.datastructures import FileStorage
from sqlalchemy.exc import OperationalError

from app import clock
from app.accounts.cookies import SESSION_COOKIE
from app.accounts.models import Role
from app.config import settings
from app.db import close_database, transaction
from app.jobs.runner import run_due_jobs
from app.sites.links import make_personal_link
from app.web import create_app
from realtime.server import create_asgi
from tests.app.accounts_door import PASSWORD, mailed_path, make_person, read_mails
from tests.make import make_campaign, make_prospect, make_user, sign_in
from tests.visiting import make_page

OURS = {"Sec-Fetch-Site": "same-origin"}
BASE = "http://localhost"


@pytest.fixture
async def rep(client):
    """Somebody signed in, with a campaign and a prospect's site; returns what pages need."""
    async with transaction() as db:
        user = await make_user(db, role=Role.ADMIN)
        campaign = await make_campaign(db, owner=user)
        prospect = await make_prospect(db, owner=user)
        claims = await make_page(db, prospect=prospect, owner=user)
        link = await make_personal_link(
            db, site_id=claims.site_id, purpose="letter", now=clock.now()
        )
        await sign_in(client, db, user)
    return {"slug": campaign.slug, "site_id": claims.site_id, "link": link}


@pytest.fixture
def stranger(web_app):
    """A browser that brings nothing."""
    return web_app.test_client()


@pytest.fixture
async def guest(web_app, rep):
    """A browser that came by a personal link."""
    browser = web_app.test_client()
    assert (await browser.get(f"/p/{rep['link']}")).status_code == 303
    return browser


def policy_of(response):
    """The content security policy as a mapping from directive to its sources."""
    policy = response.headers["Content-Security-Policy"]
    parts = [part.split() for part in policy.split(";")]
    assert len(parts) == len({part[0] for part in parts}), "a directive is said once"
    return {part[0]: part[1:] for part in parts}


PAGES = ("/sign-in", "/sign-in/forgotten", "/reset/unknown", "/p/unknown", "/u/unknown", "/nowhere",
         "/healthz", "/readyz", "/metrics", "/static/icon.svg", "/c/{slug}", "/c/{slug}/thanks",
         "/s/{site_id}/", "/console", "/prospects", "/campaigns", "/team", "/outbox", "/account",
         "/prospects/people.csv")  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("who", ["client", "stranger", "guest"])
async def test_every_answer_carries_the_security_headers(
    client, stranger, guest, rep, path, who
):  # fmt: skip
    browser = {"client": client, "stranger": stranger, "guest": guest}[who]
    response = await browser.get(path.format(**{k: rep[k] for k in ("slug", "site_id")}))
    policy = policy_of(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert "unsafe" not in response.headers["Content-Security-Policy"]
    assert "*" not in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] in {"same-origin", "no-referrer"}
    assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Server" not in response.headers
    assert "X-Powered-By" not in response.headers


async def test_no_page_needs_what_the_policy_forbids(client, guest, rep):
    for path in PAGES:
        address = path.format(slug=rep["slug"], site_id=rep["site_id"])
        response = await (guest if path.startswith("/s/") else client).get(address)
        html = await response.get_data(as_text=True)
        assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", html), address
        assert not re.search(r"<[a-z][^>]*\s(?:style|on[a-z]+)=", html), address
        styles = re.findall(r"<style[^>]*>(.*?)</style>", html)
        assert policy_of(response)["style-src"] == ["'self'", *map(digest_of, styles)], address


def digest_of(style):
    return f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'"


async def test_the_one_style_of_a_page_is_admitted_by_its_digest(stranger, guest, rep):
    for browser, path in ((stranger, f"/c/{rep['slug']}"), (guest, f"/s/{rep['site_id']}/")):
        response = await browser.get(path)
        (style,) = re.findall(r"<style>(.*?)</style>", await response.get_data(as_text=True))
        assert style.startswith(":root{")
        assert digest_of(style) in policy_of(response)["style-src"]


@pytest.mark.parametrize(
    "path",
    ["/console", "/prospects", "/campaigns", "/team", "/outbox", "/account", "/workspace",
     "/prospects/people.csv", "/nowhere", "/prospects/imports/new"],
)  # fmt: skip
async def test_what_a_signed_in_person_sees_is_kept_by_no_cache(client, rep, path):
    assert (await client.get(path)).headers["Cache-Control"] == "no-store"


async def test_personal_pages_are_kept_by_nobody_and_found_by_no_search_engine(
    client, stranger, guest, rep
):  # fmt: skip
    site, versions = f"/s/{rep['site_id']}/", f"/sites/{rep['site_id']}"
    for browser, path, status in (
        (stranger, site, 404), (stranger, f"{site}modules/goals", 404), (guest, site, 200),
        (guest, f"{site}modules/goals", 200), (stranger, "/p/unknown", 404),
        (stranger, f"/p/{rep['link']}", 303), (client, versions, 200),
        (client, f"{versions}/versions/1/preview", 200),
    ):  # fmt: skip
        response = await browser.get(path)
        assert response.status_code == status, path
        assert response.headers["Cache-Control"] == "no-store", path
        assert "noindex" in response.headers["X-Robots-Tag"], path


@pytest.mark.parametrize("path", ["/reset/unknown", "/invitation/unknown", "/sign-in/link/unknown",
                                  "/u/unknown"])  # fmt: skip
async def test_a_page_whose_address_is_a_key_is_kept_by_no_cache(stranger, path):
    assert (await stranger.get(path)).headers["Cache-Control"] == "no-store"


async def test_a_campaign_site_may_be_found_but_is_shared_by_no_cache(stranger, rep):
    response = await stranger.get(f"/c/{rep['slug']}")
    assert "X-Robots-Tag" not in response.headers
    assert "private" in response.headers["Cache-Control"]


async def test_a_secure_site_says_so_and_marks_its_cookies(client, database, monkeypatch):
    secure = settings().model_copy(update={"base_url": "https://rapport.example"})
    for place in ("app.web.security", "app.accounts.cookies"):
        monkeypatch.setattr(f"{place}.settings", lambda: secure)
    async with transaction() as db:
        await make_person(db)
    form = {"email": "rita@seller.example", "password": PASSWORD}
    response = await client.post("/sign-in", form=form, headers=OURS)
    assert response.status_code == 303
    assert "max-age" in response.headers["Strict-Transport-Security"]
    cookie = response.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie


FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "something new"},
    {"Sec-Fetch-Site": "cross-site", "Origin": BASE},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "http://evil.example@localhost.evil.example"},
    {"Referer": "https://evil.example/localhost"},
    {"Referer": "https://evil.example/?http://localhost/"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_post_of_another_site_changes_nothing(client, rep, headers):
    response = await client.post("/workspace", form=WORKSPACE, headers=headers)
    assert response.status_code == 403
    assert "another site" in await response.get_data(as_text=True)
    assert "Stolen" not in await (await client.get("/workspace")).get_data(as_text=True)


WORKSPACE = {"name": "Stolen", "currency": "EUR", "postal_address": ""}
FRIENDLY = (
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": BASE},
    {"Origin": BASE},
    {"Referer": f"{BASE}/workspace"},
    {"Origin": "http://127.0.0.1:8000"},
)


@pytest.mark.parametrize("headers", FRIENDLY, ids=str)
async def test_our_own_forms_pass(client, rep, headers):
    response = await client.post("/workspace", form=WORKSPACE, headers=headers)
    assert response.status_code == 303


async def test_a_browser_that_says_nothing_passes_by_the_forms_token_and_only_its_own(
    client, web_app, rep
):
    html = await (await client.get("/workspace")).get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([0-9a-f]{64})"', html)[1]
    for sent in ("", "0" * 64, token[:-1], "é"):
        form = WORKSPACE | {"csrf_token": sent}
        assert (await client.post("/workspace", form=form)).status_code == 403, sent
    async with transaction() as db:
        other = web_app.test_client()
        await sign_in(other, db, await make_user(db, role=Role.ADMIN))
    assert (
        await other.post("/workspace", form=WORKSPACE | {"csrf_token": token})
    ).status_code == 403
    assert (
        await client.post("/workspace", form=WORKSPACE | {"csrf_token": token})
    ).status_code == 303
    as_header = await client.post("/workspace", form=WORKSPACE, headers={"X-CSRF-Token": token})
    assert as_header.status_code == 303


async def test_a_post_without_any_cookie_needs_no_token(stranger, database):
    response = await stranger.post("/sign-in", form={"email": "x@y.example", "password": "no"})
    assert response.status_code == 422


async def test_a_foreign_page_cannot_sign_a_browser_in(stranger, database):
    async with transaction() as db:
        await make_person(db)
    form = {"email": "rita@seller.example", "password": PASSWORD}
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    response = await stranger.post("/sign-in", form=form, headers=headers)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


async def test_mail_programs_may_unsubscribe_from_anywhere_and_nothing_else_may(stranger, database):
    form = {"List-Unsubscribe": "One-Click"}
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"}
    assert (await stranger.post("/u/unknown", form=form, headers=headers)).status_code == 200
    assert (await stranger.post("/u/unknown/again", headers=headers)).status_code == 403


def test_only_the_one_click_unsubscription_takes_foreign_posts(web_app):
    taking = {
        name
        for name, view in web_app.view_functions.items()
        if getattr(view, "accepts_foreign_posts", False)
    }
    assert taking == {"letters.end_letters"}


@pytest.mark.parametrize("path", ["/c/a%00b", "/p/a%00b", "/prospects?q=a%00b", "/reset/a%00b"])
async def test_a_nul_in_an_address_breaks_no_page(client, rep, path):
    assert (await client.get(path)).status_code < 500


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "evil.example:80"])
async def test_a_made_up_host_gets_into_no_link(stranger, rep, host):
    for path in ("/prospects", "/", f"/c/{rep['slug']}", "/sign-in", "/c/nowhere/leads"):
        headers = {"Host": host, "X-Forwarded-Host": host, "X-Forwarded-Proto": "https"}
        response = await stranger.get(path, headers=headers)
        assert host not in response.headers.get("Location", ""), path
        assert host not in await response.get_data(as_text=True), path


async def test_a_mailed_link_never_takes_its_host_from_the_request(stranger, database):
    async with transaction() as db:
        await make_person(db)
    headers = OURS | {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    await stranger.post(
        "/sign-in/forgotten", form={"email": "rita@seller.example"}, headers=headers
    )
    await run_due_jobs(clock.now())
    (mail,) = await read_mails()
    assert "evil.example" not in mail.as_string()
    assert settings().base_url in mail.get_body(("plain",)).get_content()
    assert await mailed_path("reset")


async def test_a_made_up_forwarding_address_is_not_believed(stranger, database):
    form = {"email": "nobody@seller.example", "password": "wrong"}
    for number in range(11):
        headers = OURS | {"X-Forwarded-For": f"10.0.0.{number}", "Forwarded": "for=10.1.1.1"}
        response = await stranger.post("/sign-in", form=form, headers=headers)
    assert response.status_code == 429


async def test_behind_proxies_guessing_is_counted_for_who_stands_before_ours(database, monkeypatch):
    with monkeypatch.context() as behind:
        behind.setenv("TRUSTED_PROXIES", "2")
        settings.cache_clear()
        server = create_asgi()
    settings.cache_clear()
    transport = httpx.ASGITransport(server)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as browser:

        async def guess(made_up, address):
            headers = {"X-Forwarded-For": f"{made_up}, {address}, 10.0.0.1"}
            return (await browser.get("/reset/unknown", headers=headers)).status_code

        for number in range(20):
            assert await guess(f"198.51.100.{number}", "203.0.113.9") == 410
        assert await guess("198.51.100.99", "203.0.113.9") == 429
        assert await guess("198.51.100.99", "203.0.113.10") == 410


@pytest.mark.parametrize("path", ["//evil.example", "//evil.example/console", "/%2fevil.example",
                                  "/\\evil.example", "///evil.example//x", "/console//",
                                  "/sign-in//"])  # fmt: skip
@pytest.mark.parametrize("query", ["", "?next=//evil.example"])
async def test_no_address_leads_to_another_site(client, stranger, rep, path, query):
    for browser in (client, stranger):
        response = await browser.get(path + query)
        location = response.headers.get("Location", "")
        assert response.status_code in {303, 307, 308, 404}
        assert not location or is_ours(location), location


def is_ours(location):
    """Whether a browser on our page that follows this stays with us."""
    if location.startswith(f"{BASE}/"):
        location = location.removeprefix(BASE)
    return location.startswith("/") and location[1:2] not in {"/", "\\"}


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
     "javascript:alert(1)", "/%0d%0aSet-Cookie:a=b", "/\r\nSet-Cookie: a=b", "http:/evil.example",
     "/console/../..//evil.example", "evil.example", "@evil.example", "/.evil.example"],
)  # fmt: skip
async def test_signing_in_leads_to_our_own_pages_only(stranger, client, rep, wanted):
    async with transaction() as db:
        await make_person(db)
    form = {"email": "rita@seller.example", "password": PASSWORD, "next": wanted}
    signed_in = await stranger.post("/sign-in", form=form, headers=OURS)
    already = await client.get("/sign-in", query_string={"next": wanted})
    for response in (signed_in, already):
        assert response.status_code == 303
        assert is_ours(response.headers["Location"]), wanted
        assert not any(name == "a" for name, _ in response.headers)
        assert "a=b" not in response.headers.get("Set-Cookie", "")


@pytest.mark.parametrize("referer", ["https://evil.example//evil.example/x", "//evil.example//y"])
async def test_a_sign_in_page_never_leads_back_to_a_foreign_referer(stranger, database, referer):
    response = await stranger.post("/workspace", form={}, headers=OURS | {"Referer": referer})
    assert response.status_code == 303
    target = response.headers["Location"]
    page = await (await stranger.get(target)).get_data(as_text=True)
    wanted = re.search(r'name="next" value="([^"]*)"', page)
    assert wanted is None or is_ours(wanted[1])


async def test_asking_for_the_head_of_a_link_uses_nothing_up(stranger, rep):
    async with transaction() as db:
        token = await make_personal_link(
            db, site_id=rep["site_id"], purpose="letter", now=clock.now()
        )
    known, unknown = [await stranger.head(f"/p/{each}") for each in (token, "unknown")]
    assert known.status_code == unknown.status_code == 200
    assert "Set-Cookie" not in known.headers
    assert await known.get_data() == b""
    for path in ("/sign-in", "/console", f"/c/{rep['slug']}", "/healthz", "/nowhere"):
        got, head = await stranger.get(path), await stranger.head(path)
        assert head.status_code == got.status_code, path


async def test_what_is_too_large_is_refused_with_a_page(client, rep):
    most = settings().upload_max_bytes + 1_000_000
    file = FileStorage(BytesIO(b"x" * (most + 1)), filename="people.csv")
    response = await client.post("/prospects/imports", files={"file": file}, headers=OURS)
    assert response.status_code == 413
    assert "too large" in await response.get_data(as_text=True)
    typed = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/t/acts", f"/c/{rep['slug']}/leads"):
        response = await client.post(path, data=b"name=" + b"x" * most, headers=typed)
        assert response.status_code == 413, path


async def test_thousands_of_fields_are_refused(stranger, rep):
    fields = "&".join(f"f{number}=1" for number in range(50_000))
    headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    response = await stranger.post(f"/c/{rep['slug']}/leads", data=fields, headers=headers)
    assert 400 <= response.status_code < 500


@pytest.mark.parametrize("path", ["/prospects?q=%00", "/companies?q=a%00", "/c/%00", "/p/%00",
                                  "/prospects?source=%00", f"/outbox?page={10**30}"])  # fmt: skip
async def test_characters_no_database_keeps_break_nothing(client, rep, path):
    assert (await client.get(path)).status_code in {200, 400, 404}


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"%ED%A0%80=%00&email=%FF", b"=&&&=", b"email"])
async def test_a_form_that_is_no_text_is_refused_and_breaks_nothing(stranger, rep, body):
    headers = OURS | {"Content-Type": "application/x-www-form-urlencoded"}
    for path in (
        "/sign-in",
        "/sign-in/forgotten",
        f"/c/{rep['slug']}/leads",
        "/t/consent",
        "/t/acts",
    ):
        response = await stranger.post(path, data=body, headers=headers)
        assert response.status_code < 500, path


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=", "text/plain",
                                  "application/json", "multipart/form-data; boundary=x", "\x7f"])  # fmt: skip
async def test_a_form_of_another_kind_is_refused_and_breaks_nothing(stranger, rep, kind):
    for path in ("/sign-in", f"/c/{rep['slug']}/leads", "/t/consent", "/t/acts"):
        headers = OURS | {"Content-Type": kind}
        response = await stranger.post(path, data=b'--x\r\n{"a":\xff}', headers=headers)
        assert response.status_code < 500, path


async def test_addresses_nobody_knows_get_the_same_friendly_page(client, stranger, database):
    for path in (
        "/nowhere",
        "/prospects/not-an-id",
        "/c/nobody",
        "/%00",
        "/static/../app/db.py",
        "/static/%2e%2e%2fapp%2fdb.py",
        "/static/..%5capp",
        "/people/x/photo",
        "/c/%F0%9F",
    ):
        response = await stranger.get(path)
        assert response.status_code == 404, path
        html = await response.get_data(as_text=True)
        assert "There is nothing here" in html, path
        assert "Traceback" not in html


async def test_a_method_a_page_cannot_do_is_refused_with_those_it_can(client, rep):
    for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        response = await client.open("/workspace", method=method, headers=OURS)
        assert response.status_code == 405, method
        assert {"GET", "POST"} <= {each.strip() for each in response.headers["Allow"].split(",")}
        assert "cannot do that" in await response.get_data(as_text=True)


async def test_a_bug_tells_nothing_about_itself(web_app, client, rep, monkeypatch):
    async def broken(*_args, **_options):
        raise RuntimeError("the secret is hunter2")

    monkeypatch.setattr("app.accounts.workspace_routes.get_workspace", broken)
    monkeypatch.setitem(web_app.config, "PROPAGATE_EXCEPTIONS", False)
    response = await client.get("/workspace")
    html = await response.get_data(as_text=True)
    assert response.status_code == 500
    assert "hunter2" not in html
    assert "RuntimeError" not in html
    assert "written down" in html


async def test_a_view_that_declares_nothing_is_never_called(database):
    app = create_app()

    @app.get("/forgotten")
    async def forgotten():
        return "open to all by mistake"

    response = await app.test_client().get("/forgotten")
    assert response.status_code == 500
    assert "mistake" not in await response.get_data(as_text=True)


async def test_health_says_that_the_process_lives_and_nothing_else(stranger, database):
    response = await stranger.get("/healthz")
    assert (response.status_code, await response.get_json()) == (200, {"ok": True})
    ready = await stranger.get("/readyz")
    assert (ready.status_code, await ready.get_json()) == (200, {"ok": True})


async def test_a_process_without_its_database_lives_and_is_not_ready(
    stranger, database, monkeypatch
):
    def gone():
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("app.web.health.reading", gone)
    response = await stranger.get("/readyz")
    assert response.status_code == 503
    assert await response.get_json() == {"ok": False, "waiting_for": "database"}
    assert (await stranger.get("/healthz")).status_code == 200
    await close_database()


async def test_metrics_are_figures_in_the_prometheus_format(stranger, database):
    response = await stranger.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain")
    assert "# TYPE" in await response.get_data(as_text=True)


async def test_assets_are_for_everybody_and_set_no_cookie(client, rep):
    response = await client.get("/static/icon.svg")
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert response.content_type == "image/svg+xml"


async def test_an_absurd_cookie_is_nobody(web_app, database):
    for value in ("x" * 4000, "%00", "é", "a b", '"', "../../etc"):
        browser = web_app.test_client()
        browser.set_cookie("localhost", SESSION_COOKIE, value)
        assert (await browser.get("/console")).status_code == 303, value[:20]
        assert (await browser.get("/sign-in")).status_code == 200
