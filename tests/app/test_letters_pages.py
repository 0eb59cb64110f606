"""The pages of letters, asked as browsers and mail programs ask them."""

import re

import pytest
from sqlalchemy import func, select

from app.accounts.models import Role
from app.config import settings
from app.db import transaction
from app.mail.commands import queue_mail
from app.mail.message import Outgoing
from app.mail.models import Mail, MailState, Suppression
from tests.app.mail_server import use_smtp
from tests.app.test_letters import begin, everything, welcome
from tests.make import NOW, make_user, sign_in

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def settings_again():
    yield
    settings.cache_clear()


async def written(**prospect):
    """Return the campaign, the person and the mail of a letter."""
    _, campaign, person = await begin(**prospect)
    await welcome(campaign, person, key="lead")
    (mail,) = await everything(Mail)
    return campaign, person, mail


async def enter(client, user_id):
    from app.accounts.models import User  # noqa: PLC0415

    async with transaction() as db:
        return await sign_in(client, db, await db.get_one(User, user_id))


async def suppressions():
    async with transaction() as db:
        return await db.scalar(select(func.count()).select_from(Suppression))


def way_out(mail):
    return re.search(rb"<http://[^/]+(/u/[^>]+)>", mail.content.replace(b"\r\n ", b""))[1].decode()


async def test_opening_the_unsubscribe_link_changes_nothing_and_posting_does(client):
    _, _, mail = await written()
    address = way_out(mail)
    page = await client.get(address)
    assert page.status_code == 200
    assert "Stop the letters" in await page.get_data(as_text=True)
    assert (await client.head(address)).status_code == 200
    assert await suppressions() == 0
    done = await client.post(address)
    assert "no more letters" in await done.get_data(as_text=True)
    assert await suppressions() == 1
    again = await client.post(f"{address}/again")
    assert "Welcome back" in await again.get_data(as_text=True)
    assert await suppressions() == 0


async def test_a_mail_program_unsubscribes_with_one_click_and_without_a_cookie(client):
    _, person, mail = await written()
    answer = await client.post(
        way_out(mail), form=ONE_CLICK,
        headers={"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    (row,) = await everything(Suppression)
    assert (row.email, row.reason) == (person.email, "unsubscribed")


async def test_an_unknown_unsubscribe_link_gets_the_same_answers(client):
    _, _, mail = await written()
    for address in ("/u/forged", "/u/eyJtYWlsIjoiMTIzIn0.aaaaaa.bbbbb"):
        for ask in (client.get, client.post):
            known, unknown = await ask(way_out(mail)), await ask(address)
            assert known.status_code == unknown.status_code == 200
            bodies = [await one.get_data(as_text=True) for one in (known, unknown)]
            assert bodies[0].replace(way_out(mail), "") == bodies[1].replace(address, "")


async def test_the_outbox_shows_a_rep_their_letters_with_real_links(client):
    _, person, mail = await written()
    await enter(client, person.owner_id)
    outbox = await (await client.get("/outbox")).get_data(as_text=True)
    assert "No mail server is set: letters stay here." in outbox
    assert mail.subject in outbox
    page = await (await client.get(f"/outbox/{mail.id}")).get_data(as_text=True)
    assert re.search(r'<a href="http://[^"]+/p/[^"]+"[^>]* data-letter-link', page)
    preview = await client.get(f"/outbox/{mail.id}/preview")
    assert "sandbox allow-popups" in preview.headers["Content-Security-Policy"]
    assert "script-src" not in preview.headers["Content-Security-Policy"]
    for view in ("text", "source"):
        assert (await client.get(f"/outbox/{mail.id}?as={view}")).status_code == 200


async def test_letters_of_others_do_not_exist_for_a_rep_and_account_mails_neither(client):
    _, person, mail = await written()
    async with transaction() as db:
        colleague = await make_user(db)
        private = await queue_mail(
            db,
            Outgoing(person.workspace_id, "a@seller.example", "A", "Reset", "http://x/reset/T",
                     is_private=True, reader_id=person.owner_id),
            now=NOW,
        )  # fmt: skip
        admin = await make_user(db, role=Role.ADMIN)
        admin.workspace_id = person.workspace_id
    await enter(client, colleague.id)
    for path in (f"/outbox/{mail.id}", f"/outbox/{mail.id}/preview"):
        assert (await client.get(path)).status_code == 404
    await enter(client, person.owner_id)
    assert (await client.get(f"/outbox/{private.id}")).status_code == 404
    await enter(client, admin.id)
    assert "/reset/T" in await (await client.get(f"/outbox/{private.id}")).get_data(as_text=True)
    assert (await client.get(f"/outbox/{mail.id}")).status_code == 200


async def test_with_a_mail_server_account_mails_are_listed_without_their_content(
    client, monkeypatch
):
    use_smtp(monkeypatch, 9)
    async with transaction() as db:
        admin = await make_user(db, role=Role.ADMIN)
        mail = await queue_mail(
            db, Outgoing(admin.workspace_id, "a@seller.example", "A", "Reset", "http://x/reset/T",
                         is_private=True), now=NOW,
        )  # fmt: skip
    await enter(client, admin.id)
    assert "/reset/T" not in await (await client.get(f"/outbox/{mail.id}")).get_data(as_text=True)
    assert (await client.get(f"/outbox/{mail.id}/preview")).status_code == 404


async def test_the_outbox_says_that_smtp_is_down_and_when_it_tries_again(client):
    _, person, mail = await written()
    async with transaction() as db:
        stored = await db.get(Mail, mail.id)
        stored.put_off("ConnectionRefusedError", tries=1, until=NOW)
    await enter(client, person.owner_id)
    page = await (await client.get("/outbox?tab=waiting")).get_data(as_text=True)
    assert "SMTP is down: the letter waits and is retried at" in page
    assert "09:00" in page


async def test_a_rep_resolves_an_unclear_letter(client):
    _, person, mail = await written()
    async with transaction() as db:
        (await db.get(Mail, mail.id)).state = MailState.UNKNOWN
    await enter(client, person.owner_id)
    headers = {"Sec-Fetch-Site": "same-origin"}
    page = await (await client.get(f"/outbox/{mail.id}")).get_data(as_text=True)
    assert "It arrived" in page
    assert (await client.post(f"/outbox/{mail.id}/arrival", headers=headers)).status_code == 303
    assert (await client.post(f"/outbox/{mail.id}/arrival", headers=headers)).status_code == 409
    settled, *_ = await everything(Mail)
    assert (settled.state, settled.reply) == (MailState.ACCEPTED, "Rita Sellers says so.")


async def test_the_editor_saves_refuses_previews_and_tests(client):
    campaign, person, _ = await written()
    viewer = await enter(client, person.owner_id)
    headers = {"Sec-Fetch-Site": "same-origin"}
    url = f"/campaigns/{campaign.id}/letter"
    assert "your personal page about" in await (await client.get(url)).get_data(as_text=True)
    wrong = await client.post(
        url, form={"subject": "{frist_name}", "text": "<b>{{7*7}}</b>", "mjml": ""}, headers=headers
    )
    page = await wrong.get_data(as_text=True)
    assert wrong.status_code == 422
    assert "Did you mean {first_name}?" in page
    assert "&lt;b&gt;{{7*7}}&lt;/b&gt;" in page
    form = {"subject": "Hi {first_name}", "text": "Dear {name}", "mjml": "",
            "person": f"Ada <{person.email}>"}  # fmt: skip
    assert (await client.post(url, form=form, headers=headers)).status_code == 303
    preview = await client.post(f"{url}/preview", form=form, headers=headers)
    assert "Dear Ada Lovelace" in await preview.get_data(as_text=True)
    assert "default-src 'none'" in preview.headers["Content-Security-Policy"]
    text = await client.post(f"{url}/preview?as=text", form=form, headers=headers)
    assert "Subject: Hi Ada" in await text.get_data(as_text=True)
    tested = await client.post(f"{url}/test", form=form, headers=headers)
    assert "in the outbox, because no mail server is set" in await tested.get_data(as_text=True)
    tests = [mail for mail in await everything(Mail) if mail.to_email == viewer.email]
    assert [mail.subject for mail in tests] == ["Test: Hi Ada"]


async def test_recipients_are_found_chosen_and_told_apart(client):
    campaign, person, _ = await written()
    await enter(client, person.owner_id)
    headers = {"Sec-Fetch-Site": "same-origin"}
    url = f"/campaigns/{campaign.id}/letter/recipients"
    page = await (await client.get(f"{url}?q=lovelace")).get_data(as_text=True)
    assert "Has the letter" in page
    sent = await client.post(url, form={"prospect": str(person.id)}, headers=headers)
    assert sent.headers["Location"].endswith("?ordered=0&skipped=1")
    after = await (await client.get(sent.headers["Location"])).get_data(as_text=True)
    assert "1 person had this letter already" in after


async def test_a_persons_panel_shows_letters_and_offers_the_rest(client):
    _, person, mail = await written()
    await enter(client, person.owner_id)
    panel = await (await client.get(f"/prospects/{person.id}/letters")).get_data(as_text=True)
    assert mail.subject in panel
    assert "Send the letter of" not in panel
