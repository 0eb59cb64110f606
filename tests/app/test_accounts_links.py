import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app import clock
from app.accounts.commands import make_account_link, void_links
from app.accounts.jobs import mail_account_link
from app.accounts.limits import count_against
from app.accounts.models import AccountLink, LinkPurpose, SignInSession
from app.accounts.sign_in import BY_ADDRESS
from app.db import reading, transaction
from app.jobs.models import Job
from tests.app.accounts_door import (
    ANOTHER,
    has_cookie,
    mailed_path,
    make_person,
    post,
    read_mails,
    sign_in_with,
    text_of,
)
from tests.make import make_workspace

HOUR = timedelta(hours=1)
PAGES = {
    LinkPurpose.SIGN_IN: "/sign-in/link/",
    LinkPurpose.INVITATION: "/invitation/",
    LinkPurpose.RESET: "/reset/",
}


async def make_link(db, user, purpose=LinkPurpose.SIGN_IN, **fields):
    defaults = {"lifetime": HOUR, "now": clock.now()}
    token = await make_account_link(db, user_id=user.id, purpose=purpose, **defaults | fields)
    return PAGES[purpose] + token


async def do_mail_jobs():
    async with reading() as db:
        jobs = (await db.scalars(select(Job).where(Job.kind == "mail-account-link"))).all()
    for job in jobs:
        await mail_account_link(job.payload, clock.now())
    return jobs


async def test_a_mailed_link_signs_in_by_its_button_only_and_once(client):
    async with transaction() as db:
        path = await make_link(db, await make_person(db))
    for _ in range(3):
        page = await client.get(path)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
    assert not has_cookie(client)
    entered = await post(client, path)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/console")
    assert has_cookie(client)
    assert (await post(client, path)).status_code == 410


async def test_a_terminal_link_signs_in_by_opening_it_once(client, web_app):
    async with transaction() as db:
        path = await make_link(db, await make_person(db), needs_click=False)
    entered = await client.get(path + "?next=/prospects")
    assert (entered.status_code, entered.headers["Location"]) == (303, "/prospects")
    second = web_app.test_client()
    assert (await second.get(path)).status_code == 410
    assert not has_cookie(second)


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}],
)
async def test_loading_ahead_never_uses_a_link_up(client, headers):
    async with transaction() as db:
        path = await make_link(db, await make_person(db), needs_click=False)
    assert (await client.get(path, headers=headers)).status_code == 200
    assert (await client.head(path)).status_code == 200
    assert not has_cookie(client)
    assert (await client.get(path)).status_code == 303


@pytest.mark.parametrize("purpose", LinkPurpose)
async def test_used_expired_and_unknown_links_get_one_page(client, purpose):
    async with transaction() as db:
        user = await make_person(db)
        voided = await make_link(db, user, purpose)
        await void_links(db, user_id=user.id, now=clock.now())
        past = clock.now() - timedelta(hours=2)
        expired = await make_link(db, user, purpose, now=past)
        other = next(kind for kind in LinkPurpose if kind is not purpose)
        token = await make_account_link(
            db, user_id=user.id, purpose=other, lifetime=HOUR, now=clock.now()
        )
    answers = set()
    for path in (voided, expired, PAGES[purpose] + token, f"{PAGES[purpose]}unknown"):
        for response in (await client.get(path), await post(client, path, password=ANOTHER)):
            answers.add((response.status_code, await text_of(response)))
    assert [status for status, _ in answers] == [410]
    assert not has_cookie(client)


async def test_guessing_links_is_slowed_down(client):
    for _ in range(20):
        assert (await client.get("/reset/guess")).status_code == 410
    assert (await client.get("/reset/guess")).status_code == 429


async def test_a_reset_by_mail_ends_every_session_and_every_other_link(client, web_app):
    async with transaction() as db:
        user = await make_person(db)
        other = await make_link(db, user)
    await sign_in_with(client)
    forgetful = web_app.test_client()
    await post(forgetful, "/sign-in/forgotten", email="RITA@seller.example", wish="reset")
    await do_mail_jobs()
    path = await mailed_path("reset")
    assert (await forgetful.get(path)).status_code == 200
    refused = await post(forgetful, path, password="password123")
    assert refused.status_code == 422
    assert "password123" not in await text_of(refused)
    assert (await post(forgetful, path, password=ANOTHER)).status_code == 303
    assert (await forgetful.get("/account")).status_code == 200
    assert (await client.get("/account")).status_code == 303
    assert (await client.get(other)).status_code == 410
    assert (await client.get(path)).status_code == 410
    assert (await sign_in_with(client)).status_code == 422
    assert (await sign_in_with(client, password=ANOTHER)).status_code == 303


async def test_asking_for_a_link_answers_known_and_unknown_addresses_alike(client):
    async with transaction() as db:
        await make_person(db)
    for wish in ("reset", "sign-in", "nonsense"):
        answers = set()
        for address in ("rita@seller.example", "nobody@seller.example"):
            response = await post(client, "/sign-in/forgotten", email=address, wish=wish)
            answers.add((response.status_code, (await text_of(response)).replace(address, "")))
        assert len(answers) == 1
        assert answers.pop()[0] == 200
    assert len(await do_mail_jobs()) == 6
    assert {mail["To"].addresses[0].addr_spec for mail in await read_mails()} == {
        "rita@seller.example"
    }


async def test_a_job_done_twice_mails_once():
    async with transaction() as db:
        await make_person(db)
    payload = {"email": "rita@seller.example", "purpose": "sign-in", "request_id": str(uuid4())}
    for _ in range(2):
        await mail_account_link(payload, clock.now())
    assert len(await read_mails()) == 1


async def test_an_address_of_two_workspaces_gets_a_link_for_each(client):
    async with transaction() as db:
        await make_person(db, workspace=await make_workspace(db, name="North"))
        await make_person(db, workspace=await make_workspace(db, name="South"))
    await post(client, "/sign-in/forgotten", email="rita@seller.example", wish="sign-in")
    await do_mail_jobs()
    subjects = {mail["Subject"] for mail in await read_mails()}
    assert subjects == {"Your sign-in link for North", "Your sign-in link for South"}


async def test_links_can_be_asked_for_five_times_an_hour(client):
    answers = set()
    async with transaction() as db:
        await make_person(db)
    for address in ("rita@seller.example", "nobody@seller.example"):
        for _ in range(5):
            asked = await post(client, "/sign-in/forgotten", email=address, wish="reset")
            assert asked.status_code == 200
        refused = await post(client, "/sign-in/forgotten", email=address, wish="reset")
        answers.add((refused.status_code, (await text_of(refused)).replace(address, "")))
    assert [status for status, _ in answers] == [429]


async def test_a_locked_address_still_gets_in_by_mail(client):
    async with transaction() as db:
        user = await make_person(db)
        for _ in range(10):
            await count_against(db, BY_ADDRESS, user.email, now=clock.now())
    assert (await sign_in_with(client)).status_code == 429
    await post(client, "/sign-in/forgotten", email=user.email, wish="sign-in")
    await do_mail_jobs()
    assert (await post(client, await mailed_path("sign-in/link"))).status_code == 303
    await post(client, "/sign-out")
    assert (await sign_in_with(client)).status_code == 303


async def test_a_closed_account_opens_by_no_link(client):
    async with transaction() as db:
        user = await make_person(db)
        path = await make_link(db, user)
        user.disable(clock.now())
    assert (await client.get(path)).status_code == 410
    assert (await post(client, path)).status_code == 410
    await post(client, "/sign-in/forgotten", email=user.email, wish="reset")
    await do_mail_jobs()
    assert await read_mails() == []


async def test_dead_links_are_swept_when_a_new_one_is_made():
    async with transaction() as db:
        user = await make_person(db)
        await make_link(db, user, now=clock.now() - timedelta(days=1))
        await make_link(db, user)
        assert await db.scalar(select(func.count()).select_from(AccountLink)) == 1


async def test_the_name_in_a_mail_and_on_its_page_is_text(client):
    async with transaction() as db:
        await make_person(
            db,
            name="=?utf-8?q?a=0aBcc:_evil@x.example?= {{ 7*7 }} <script>",
        )
    await post(client, "/sign-in/forgotten", email="rita@seller.example", wish="sign-in")
    await do_mail_jobs()
    [mail] = await read_mails()
    assert mail["Bcc"] is None
    assert "{{ 7*7 }} <script>" in mail.get_body(("plain",)).get_content()
    page = await text_of(await client.get(await mailed_path("sign-in/link")))
    assert "{{ 7*7 }} &lt;script&gt;" in page


async def test_a_link_used_in_three_tabs_at_once_opens_one_session(web_app):
    async with transaction() as db:
        path = await make_link(db, await make_person(db))
    tabs = [post(web_app.test_client(), path) for _ in range(3)]
    statuses = [response.status_code for response in await asyncio.gather(*tabs)]
    assert sorted(statuses) == [303, 410, 410]
    async with reading() as db:
        assert await db.scalar(select(func.count()).select_from(SignInSession)) == 1
