"""Mail on its way: every answer a server can give, and the honest unknown."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from aiosmtplib import SMTPResponseException

from app.config import settings
from app.db import transaction
from app.errors import ConflictError
from app.jobs.runner import run_due_jobs
from app.mail import jobs as mail_jobs  # noqa: F401  registers send-mail
from app.mail.commands import queue_mail, resolve_as_arrived, send_again, suppress
from app.mail.models import Mail, MailState
from app.mail.queries import load_mail
from app.mail.smtp import MailServer, describe, read_smtp_url
from tests.app.mail_server import Post, mail_server, use_smtp
from tests.app.test_mail_message import outgoing
from tests.conftest import database_url
from tests.make import NOW, make_workspace

WORKER = """
import asyncio, sys
from datetime import UTC, datetime
from app import tables
from app.config import settings
from app.db import open_database
from app.jobs.runner import run_due_jobs
import app.mail.jobs

async def main():
    open_database(settings())
    await run_due_jobs(datetime.fromisoformat(sys.argv[1]))

asyncio.run(main())
"""


@pytest.fixture(autouse=True)
def settings_again():
    yield
    settings.cache_clear()


async def queue(**fields):
    async with transaction() as db:
        if "workspace_id" not in fields:
            fields["workspace_id"] = (await make_workspace(db)).id
        return await queue_mail(db, outgoing(**fields), now=NOW)


async def fetch(mail) -> Mail:
    async with transaction() as db:
        return await load_mail(db, mail.id)


async def test_without_a_mail_server_a_message_is_kept_and_nothing_is_queued():
    mail = await queue()
    assert mail.state == MailState.KEPT
    assert await run_due_jobs(NOW) == 0


async def test_an_accepted_message_is_sent_once(monkeypatch):
    post = Post()
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        assert mail.state == MailState.QUEUED
        await run_due_jobs(NOW)
        await run_due_jobs(NOW + timedelta(days=1))
    settled = await fetch(mail)
    assert (settled.state, settled.reply) == (MailState.ACCEPTED, "250 Stored as 1234")
    ((sender, recipients, content),) = post.received
    assert (sender, recipients) == ("rita@seller.example", ["ada@buyer.example"])
    assert content == mail.content


@pytest.mark.parametrize("stage", ["rcpt_answers", "data_answers"])
async def test_a_450_waits_and_is_tried_again(monkeypatch, stage):
    post = Post()
    setattr(post, stage, ["450 Greylisted, come back"])
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        await run_due_jobs(NOW)
        waiting = await fetch(mail)
        assert (waiting.state, waiting.tries) == (MailState.DEFERRED, 1)
        assert waiting.next_try_at == NOW + timedelta(seconds=10)
        assert "Greylisted" in waiting.reply
        await run_due_jobs(NOW + timedelta(seconds=9))
        assert not post.received
        await run_due_jobs(NOW + timedelta(seconds=10))
    assert (await fetch(mail)).state == MailState.ACCEPTED
    assert len(post.received) == 1


@pytest.mark.parametrize("stage", ["rcpt_answers", "data_answers"])
async def test_a_550_is_final(monkeypatch, stage):
    post = Post()
    setattr(post, stage, ["550 No such user here"])
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        await run_due_jobs(NOW)
        await run_due_jobs(NOW + timedelta(days=1))
    failed = await fetch(mail)
    assert failed.state == MailState.FAILED
    assert failed.reply == "550 No such user here"
    assert not post.received


async def test_a_mail_servers_answer_in_another_encoding_can_be_kept():
    for reply in ("550 Empf\udce4nger unbekannt", "550 No\0body"):
        mail = await queue()
        async with transaction() as db:
            kept = await load_mail(db, mail.id)
            kept.settle(MailState.FAILED, describe(SMTPResponseException(550, reply)), NOW)
    assert (await fetch(mail)).reply == "550 550 No?body"


async def test_a_letter_waits_while_the_mail_server_is_down_and_goes_when_it_is_up(monkeypatch):
    post = Post()
    async with mail_server(post) as port:
        pass
    use_smtp(monkeypatch, port)
    mail = await queue()
    now = NOW
    for wait_s in (10, 20, 60, 300, 900, 3600, 3600):
        await run_due_jobs(now)
        waiting = await fetch(mail)
        assert waiting.state == MailState.DEFERRED
        assert waiting.next_try_at == now + timedelta(seconds=wait_s)
        now = waiting.next_try_at
    async with mail_server(post, port=port):
        await run_due_jobs(now)
    assert (await fetch(mail)).state == MailState.ACCEPTED
    assert len(post.received) == 1


async def test_after_a_day_of_trying_a_message_has_failed(monkeypatch):
    async with mail_server(Post()) as port:
        pass
    use_smtp(monkeypatch, port)
    mail = await queue()
    await run_due_jobs(NOW + timedelta(hours=23, minutes=59))
    assert (await fetch(mail)).state == MailState.DEFERRED
    await run_due_jobs(NOW + timedelta(hours=24))
    assert (await fetch(mail)).state == MailState.FAILED


async def test_a_refused_sign_in_is_no_fault_of_the_message_and_tells_no_password(monkeypatch):
    async with mail_server(Post()) as port:
        monkeypatch.setenv("SMTP_URL", f"smtp://rita:s3cret@127.0.0.1:{port}")
        settings.cache_clear()
        mail = await queue()
        await run_due_jobs(NOW)
    waiting = await fetch(mail)
    assert waiting.state == MailState.DEFERRED
    assert "s3cret" not in waiting.reply


@pytest.mark.parametrize("drop", ["before the dot", "after the dot"])
async def test_a_connection_lost_during_data_is_unknown_and_never_resent(monkeypatch, drop):
    post = Post()
    post.drop = drop
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        await run_due_jobs(NOW)
        post.drop = ""
        await run_due_jobs(NOW + timedelta(days=2))
    assert (await fetch(mail)).state == MailState.UNKNOWN
    assert len(post.received) == (drop == "after the dot")


async def test_a_person_resolves_an_unknown_message_once(monkeypatch):
    post = Post()
    post.drop = "before the dot"
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        first, second = await queue(), await queue()
        await run_due_jobs(NOW)
        post.drop = ""
        async with transaction() as db:
            await resolve_as_arrived(db, await load_mail(db, first.id), why="Ada rang", now=NOW)
            await send_again(db, await load_mail(db, second.id), now=NOW)
        with pytest.raises(ConflictError):
            async with transaction() as db:
                await send_again(db, await load_mail(db, second.id), now=NOW)
        await run_due_jobs(NOW)
    assert (await fetch(first)).state == MailState.ACCEPTED
    assert (await fetch(second)).state == MailState.ACCEPTED
    assert [content for _, _, content in post.received] == [second.content]


async def test_an_unsubscription_during_the_run_stops_the_message(monkeypatch):
    post = Post()
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        workspace_id = mail.workspace_id

        async def unsubscribe():
            async with transaction() as db:
                await suppress(
                    db, workspace_id=workspace_id, email="ADA@buyer.example",
                    reason="unsubscribed", now=NOW,
                )  # fmt: skip

        post.on_rcpt = unsubscribe
        await run_due_jobs(NOW)
        later = await queue(workspace_id=workspace_id)
        private = await queue(workspace_id=workspace_id, is_private=True)
        post.on_rcpt = None
        await run_due_jobs(NOW)
    assert (await fetch(mail)).state == MailState.SUPPRESSED
    assert (await fetch(later)).state == MailState.SUPPRESSED
    assert (await fetch(private)).state == MailState.ACCEPTED
    assert len(post.received) == 1


async def test_a_worker_killed_after_the_dot_leaves_an_unknown_that_is_never_resent(
    monkeypatch, tmp_path
):
    post = Post()
    killed = asyncio.Event()
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()
        env = os.environ | {"DATABASE_URL": database_url(tmp_path)}
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WORKER, NOW.isoformat(), env=env
        )

        async def kill_instead_of_answering(server, session, envelope):
            post.received.append(envelope.content)
            worker.send_signal(signal.SIGKILL)
            killed.set()
            return "250 Stored"

        monkeypatch.setattr(post, "handle_DATA", kill_instead_of_answering)
        await asyncio.wait_for(killed.wait(), 20)
        await worker.wait()
        assert (await fetch(mail)).state == MailState.SENDING
        for minutes in (2, 4, 60, 3000):
            await run_due_jobs(NOW + timedelta(minutes=minutes))
    assert (await fetch(mail)).state == MailState.UNKNOWN
    assert len(post.received) == 1


@pytest.mark.parametrize(
    ("url", "port", "tls", "starttls", "checked"),
    [
        ("smtp://mail.example", 25, False, None, False),
        ("smtp://u:p%40ss@mail.example:2525", 2525, False, None, True),
        ("smtp+starttls://u:p@mail.example", 587, False, True, True),
        ("smtps://u:p@mail.example", 465, True, False, True),
    ],
)
def test_the_smtp_address_says_how_to_connect(url, port, tls, starttls, checked):
    server = read_smtp_url(url)
    assert (server.port, server.tls, server.starttls) == (port, tls, starttls)
    assert server.checks_certificates == checked


def test_a_wrong_smtp_address_is_refused_without_showing_it():
    with pytest.raises(ValueError, match="must look like") as refusal:
        read_smtp_url("http://user:secret@mail.example")
    assert "secret" not in str(refusal.value)


def test_a_mail_server_never_shows_its_password():
    server = MailServer("mail.example", 25, "u", "s3cret", tls=False, starttls=None)
    assert "s3cret" not in repr(server)


async def test_a_strange_mail_id_fails_the_job_visibly(monkeypatch):
    use_smtp(monkeypatch, 1)
    async with transaction() as db:
        from app.jobs.commands import enqueue  # noqa: PLC0415

        await enqueue(db, "send-mail", {"mail_id": str(uuid4())}, now=NOW)
    assert await run_due_jobs(NOW) == 1
