"""Letters: each person once, in one transaction, and gone through the whole way."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from app.accounts.models import Role
from app.config import settings
from app.db import transaction
from app.errors import ConflictError
from app.jobs.commands import enqueue
from app.jobs.runner import run_due_jobs
from app.letters import jobs as letter_jobs
from app.letters.commands import order_letters, save_letter_text, send_letter
from app.letters.models import Letter
from app.letters.reading import read_message
from app.letters.shapes import LetterText
from app.mail.commands import suppress
from app.mail.models import Mail, MailState
from app.prospects.models import TimelineEntry
from app.sites.commands import open_site
from app.sites.composition import History
from app.sites.models import PersonalLink
from tests.app.mail_server import Post, mail_server, use_smtp
from tests.make import NOW, make_campaign, make_prospect, make_user, make_viewer


@pytest.fixture(autouse=True)
def settings_again():
    yield
    settings.cache_clear()


async def begin(**prospect):
    """Return a rep, a live campaign and a person."""
    async with transaction() as db:
        rep = await make_user(db, name="Rita Sellers")
        campaign = await make_campaign(db, owner=rep)
        person = await make_prospect(db, owner=rep, **prospect)
        _, viewer = await make_viewer(db, rep)
    return viewer, campaign, person


async def welcome(campaign, person, *, key):
    async with transaction() as db:
        payload = {
            "campaign_id": str(campaign.id),
            "prospect_id": str(person.id),
            "visitor_digest": "",
        }
        await enqueue(db, "welcome-prospect", payload, key=key, now=NOW)
    await run_due_jobs(NOW)


async def everything(table):
    async with transaction() as db:
        return (await db.scalars(select(table))).all()


async def test_a_lead_is_welcomed_with_a_site_and_one_letter_however_often():
    _, campaign, person = await begin()
    await welcome(campaign, person, key="lead-1")
    await welcome(campaign, person, key="lead-2")
    (letter,), (mail,), (link,) = [await everything(t) for t in (Letter, Mail, PersonalLink)]
    assert letter.mail_id == mail.id
    assert mail.state == MailState.KEPT
    assert (link.purpose, link.site_id) == ("letter", letter.site_id)
    message = read_message(mail)
    assert message.subject == "Ada, your personal page about Flowboard"
    assert [one.is_personal for one in message.links] == [True, False]
    lines = [entry for entry in await everything(TimelineEntry) if entry.kind == "letter"]
    assert [line.title for line in lines] == [f"Letter in the outbox: {message.subject}"]


async def test_a_letter_that_fails_half_way_leaves_nothing_behind(monkeypatch):
    _, campaign, person = await begin()

    async def broken(*args, **kwargs):
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("app.letters.commands.queue_mail", broken)
        await welcome(campaign, person, key="lead")
    assert not await everything(Letter)
    assert not await everything(PersonalLink)


async def test_a_letter_for_a_campaign_that_is_gone_is_no_failure():
    _, campaign, person = await begin()
    campaign.id = uuid4()
    await welcome(campaign, person, key="lead")
    assert not await everything(Letter)


async def test_the_ledger_lets_one_letter_through():
    _, campaign, person = await begin()
    async with transaction() as db:
        site = await open_site(
            db, campaign=campaign, prospect_id=person.id, history=History(), now=NOW
        )
        given = {"campaign": campaign, "site": site, "prospect_id": person.id, "now": NOW}
        assert await send_letter(db, **given) is not None
        assert await send_letter(db, **given) is None
    assert len(await everything(Mail)) == 1


async def test_people_who_unsubscribed_are_recorded_and_not_mailed(monkeypatch):
    post = Post()
    _, campaign, person = await begin()
    async with transaction() as db:
        await suppress(
            db, workspace_id=person.workspace_id, email=person.email, reason="x", now=NOW
        )
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        await welcome(campaign, person, key="lead")
    (mail,), (letter,) = await everything(Mail), await everything(Letter)
    assert (mail.state, letter.mail_id) == (MailState.SUPPRESSED, mail.id)
    assert not post.received


async def test_a_letter_goes_out_with_one_click_unsubscribe(monkeypatch):
    post = Post()
    _, campaign, person = await begin(name="{{7*7}} <script>")
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        await welcome(campaign, person, key="lead")
    (mail,) = await everything(Mail)
    assert mail.state == MailState.ACCEPTED
    content = post.received[0][2]
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in content
    message = read_message(mail)
    assert "{{7*7}}" in message.subject
    assert "<script>" not in message.html


async def test_a_hostile_name_cannot_add_a_header():
    _, campaign, person = await begin(name="=?utf-8?q?a=0aBcc:_evil@x.example?=")
    await welcome(campaign, person, key="lead")
    (mail,) = await everything(Mail)
    assert b"\nBcc:" not in mail.content


async def test_an_address_that_cannot_be_mailed_is_told_on_the_timeline():
    _, campaign, person = await begin(email="strange address@x.example")
    await welcome(campaign, person, key="lead")
    (letter,) = await everything(Letter)
    assert letter.mail_id is None
    titles = [entry.title for entry in await everything(TimelineEntry)]
    assert any(title.startswith("Letter could not be written") for title in titles)


async def test_chosen_people_get_their_letter_and_those_who_had_it_are_skipped():
    viewer, campaign, first = await begin()
    async with transaction() as db:
        second = await make_prospect(db, owner=await db.get_one(type_of_owner(), viewer.user_id))
        foreign = await make_prospect(db)
    await welcome(campaign, first, key="lead")
    chosen = {first.id, second.id, foreign.id, uuid4()}
    async with transaction() as db:
        done = await order_letters(
            db, campaign=campaign, prospect_ids=chosen, viewer=viewer, now=NOW
        )
    assert (done.ordered, done.skipped) == (1, 1)
    await run_due_jobs(NOW)
    await run_due_jobs(NOW)
    assert {letter.prospect_id for letter in await everything(Letter)} == {first.id, second.id}


def type_of_owner():
    from app.accounts.models import User  # noqa: PLC0415

    return User


async def test_a_draft_campaign_writes_to_nobody():
    viewer, campaign, person = await begin()
    campaign.state = "draft"
    with pytest.raises(ConflictError):
        async with transaction() as db:
            await order_letters(
                db, campaign=campaign, prospect_ids={person.id}, viewer=viewer, now=NOW
            )


async def test_a_saved_letter_is_the_one_that_is_sent():
    _, campaign, person = await begin()
    async with transaction() as db:
        text = LetterText("News for {first_name}", "Dear {name},\n\nlook.")
        await save_letter_text(db, campaign, text, now=NOW)
    await welcome(campaign, person, key="lead")
    (mail,) = await everything(Mail)
    assert mail.subject == "News for Ada"
    assert "Dear Ada Lovelace," in read_message(mail).text


async def test_an_opened_link_proves_that_an_unclear_letter_arrived(monkeypatch):
    post = Post()
    post.drop = "after the dot"
    _, campaign, person = await begin()
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        await welcome(campaign, person, key="lead")
    assert await letter_jobs.settle_opened_letters(NOW) == 0
    async with transaction() as db:
        (link,) = (await db.scalars(select(PersonalLink))).all()
        link.opened_at = NOW.replace(hour=10)
    assert await letter_jobs.settle_opened_letters(NOW) == 1
    assert [mail.state for mail in await everything(Mail)] == [MailState.ACCEPTED]


def test_support_has_no_letters_of_its_own_to_send():
    from app.letters.editor_routes import save_letter  # noqa: PLC0415

    assert Role.SUPPORT not in save_letter.access.roles
