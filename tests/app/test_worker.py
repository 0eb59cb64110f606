"""The worker as a whole: jobs, chores, and a clean end."""

import asyncio

from app import worker
from app.db import transaction
from app.jobs.registry import registered
from app.mail.models import Mail, MailState
from app.mail.queries import load_mail
from app.worker import run_worker
from tests.app.mail_server import Post, mail_server, use_smtp
from tests.app.test_mail import queue, settings_again  # noqa: F401  a fixture, used by name


def test_every_kind_of_job_the_house_writes_has_somebody_who_does_it():
    written = {"send-mail", "welcome-prospect", "send-letter", "mail-account-link", "next-version"}
    assert written <= registered()


async def test_a_worker_sends_what_waits_and_leaves_when_told(monkeypatch):
    post, stop = Post(), asyncio.Event()
    async with mail_server(post) as port:
        use_smtp(monkeypatch, port)
        mail = await queue()

        async def watch(now):
            async with transaction() as db:
                stored: Mail = await load_mail(db, mail.id)
            if stored.state == MailState.ACCEPTED:
                stop.set()

        monkeypatch.setattr(worker, "CHORES", ((0.01, watch),))
        await asyncio.wait_for(run_worker(stop), 20)
    assert len(post.received) == 1


async def test_a_chore_that_fails_is_tried_again(monkeypatch):
    stop, tries = asyncio.Event(), []

    async def fails(now):
        tries.append(now)
        if len(tries) == 3:
            stop.set()
        raise RuntimeError

    monkeypatch.setattr(worker, "CHORES", ((0.0, fails),))
    await asyncio.wait_for(run_worker(stop), 20)
    assert len(tries) == 3
