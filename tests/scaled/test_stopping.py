"""A process that is asked to stop says so first, keeps what it promised, and is gone in time."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import pytest_asyncio

from app.db import transaction
from tests.faults.checker import Outcome, check_acts
from tests.faults.clients import Visitor
from tests.faults.line import Line
from tests.faults.people import opened, read_trails, settle_people
from tests.faults.rapport import RAPPORT, ROOT
from tests.make import make_user, make_viewer
from tests.servers import HOST, descendants, postgres_server

pytestmark = pytest.mark.no_database
__all__ = ["postgres_server"]

WITHIN_S = 15
FORM = "multipart/form-data; boundary=edge"
BEFORE = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="people.csv"\r\n\r\nemail,name\n'
AFTER = b"\r\n--edge--\r\n"


class Upload:
    """A file that comes slowly, or never quite."""

    def __init__(self, port, cookie):
        self.port, self.cookie = port, cookie
        self.answer = b""

    async def begin(self):
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port)
        self.writer.write(
            b"POST /prospects/imports HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\n"
            + f"Cookie: session={self.cookie}\r\nContent-Type: {FORM}\r\n".encode()
            + f"Content-Length: {len(BEFORE + AFTER) + 200}\r\n\r\n".encode()
            + BEFORE
        )
        await self.writer.drain()

    async def end(self):
        """Send the rest, in twenty pieces, and read the answer."""
        for _ in range(20):
            self.writer.write(b"x" * 10)
            await self.writer.drain()
            await asyncio.sleep(0.1)
        self.writer.write(AFTER)
        self.answer = await self.reader.read(64)

    async def hang_up(self):
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


@pytest_asyncio.fixture
async def begin_uploads():
    """Begin so many uploads; those that never end are hung up afterwards."""
    begun = []

    async def begin(port, cookie, number):
        begun.extend(Upload(port, cookie) for _ in range(number))
        await asyncio.gather(*(upload.begin() for upload in begun))
        return begun

    yield begin
    await asyncio.gather(*(upload.hang_up() for upload in begun))


async def a_rep(installation):
    """Somebody who may bring in files; returns their cookie."""
    async with opened(installation.database_url), transaction() as db:
        user = await make_user(db)
        return (await make_viewer(db, user))[0]


def readiness(url):
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def tell(server, sign):
    """Send a signal to all processes of a database."""
    for pid in [server.process.pid, *descendants(server.process.pid)]:
        os.kill(pid, sign)


def listens_to(pid, sign):
    """Whether a process has a handler for a signal by now."""
    status = dict(
        line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return bool(int(status["SigCgt"], 16) >> (sign - 1) & 1)


async def ended(process):
    """Wait until a process is gone, and not longer than it may take; returns its exit code."""
    return await asyncio.to_thread(process.wait, WITHIN_S)


async def test_a_stop_under_load_keeps_what_was_promised(install, http, crowd, begin_uploads):
    installation = install()
    people = await settle_people(installation.database_url, prospects=20)
    cookie = await a_rep(installation)
    web = installation.add_web().start()
    tabs = [
        crowd.add(Visitor(http, web.url, page, f"s{number}").start())
        for number, page in enumerate(people.pages)
    ]
    stalled = Line(http, web.url, "/visitors")
    await stalled.open({"page": people.pages[0], "visit": "00000000-0000-4000-8000-00000000000a"})
    stalled.stall()
    uploads = await begin_uploads(web.port, cookie, 50)
    clicking = [asyncio.create_task(tab.click_on(60, pause_s=0.1)) for tab in tabs]
    ending = [asyncio.create_task(upload.end()) for upload in uploads[:25]]
    web.process.terminate()
    while (said := await asyncio.to_thread(readiness, web.url))[0] == 200:
        pass
    assert said == (503, b'{"ok":false,"waiting_for":"stopping"}\n')
    async with http.get(f"{web.url}/sign-in") as page:
        assert page.status == 200
    assert await ended(web.process) == 0
    await asyncio.gather(*ending)
    assert {upload.answer.split(b"\r")[0] for upload in uploads[:25]} == {b"HTTP/1.1 303 See Other"}
    web.start()
    async with asyncio.timeout(60):
        await asyncio.gather(*clicking)
        await asyncio.gather(*(tab.settled() for tab in tabs))
    await stalled.close()
    trails = await read_trails(installation.database_url)
    own = {visit for tab in tabs for visit in tab.history.visits}
    kept = {visit: rows for visit, rows in trails.items() if visit in own}
    verdict = check_acts([tab.history for tab in tabs], kept)
    assert verdict.wrong == {}
    assert verdict.promised == verdict.stored == 20 * 60
    assert sum(tab.history.count(Outcome.UNKNOWN) for tab in tabs) == 0
    assert [tab.refusals for tab in tabs if tab.refusals] == []


async def test_pages_are_told_to_come_back_when_their_process_restarts(install, http):
    installation = install()
    people = await settle_people(installation.database_url, prospects=1)
    web = installation.add_web().start()
    line = Line(http, web.url, "/visitors")
    await line.open({"page": people.pages[0], "visit": "00000000-0000-4000-8000-00000000000b"})
    web.process.terminate()
    await line.closed.wait()
    assert line._socket.close_code == 1012
    assert await ended(web.process) == 0


async def test_asked_twice_a_process_goes_without_its_notice(install):
    installation = install(STOP_NOTICE_S="60")
    web = installation.add_web().start()
    web.process.terminate()
    while (await asyncio.to_thread(readiness, web.url))[0] == 200:
        pass
    web.process.terminate()
    assert await ended(web.process) == 0


async def test_a_database_that_hangs_keeps_nobody_from_leaving(install, postgres_server):
    installation = install(database_url=postgres_server.make_database("hanging"))
    web = installation.add_web().start()
    tell(postgres_server, signal.SIGSTOP)
    try:
        web.process.terminate()
        assert await ended(web.process) == 0
    finally:
        tell(postgres_server, signal.SIGCONT)


def test_a_worker_stops_when_asked(install):
    installation = install()
    worker = subprocess.Popen([RAPPORT, "worker"], cwd=ROOT, env=installation.env)
    while not listens_to(worker.pid, signal.SIGTERM):
        time.sleep(0.1)
    worker.terminate()
    assert worker.wait(WITHIN_S) == 0
