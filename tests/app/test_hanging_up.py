"""Somebody who hangs up in the middle of a request leaves nobody else waiting."""

import asyncio
from urllib.parse import urlencode

import httpx
import pytest

from tests.browser.server import Server

pytestmark = pytest.mark.no_database

HANG_UPS = 60


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.run("migrate")
    server.run("demo")
    server.start()
    yield server
    server.stop()


async def hang_up(port, body, after_s):
    """Post a form and close the line before the answer."""
    _, line = await asyncio.open_connection("127.0.0.1", port)
    head = (
        "POST /c/ledgerline/leads HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    line.write(head.encode() + body)
    await line.drain()
    await asyncio.sleep(after_s)
    line.close()


def form_of(number):
    return {"name": "Ada Lovelace", "email": f"ada{number}@engines.example"}


async def test_writes_go_on_after_people_hang_up_in_the_middle_of_theirs(server):
    for number in range(HANG_UPS):
        await hang_up(server.port, urlencode(form_of(number)).encode(), (number % 30) / 1000)
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.post(
            f"{server.url}/c/ledgerline/leads",
            data=form_of("last"),
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    assert answer.status_code == 303
