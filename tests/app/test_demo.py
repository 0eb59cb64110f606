"""The demo as `make run` builds it, in a process of its own."""

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.app.mail_server import Post, mail_server

RAPPORT = Path(sys.executable).parent / "rapport"
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.no_database


async def test_the_letters_of_the_demos_made_up_people_never_leave_the_house(tmp_path):
    post = Post()
    async with mail_server(post) as port:
        given = {"VAR_DIR": str(tmp_path), "SMTP_URL": f"smtp://127.0.0.1:{port}"}
        for command in ("migrate", "demo"):
            running = await asyncio.create_subprocess_exec(
                RAPPORT, command, cwd=ROOT, env={"PATH": os.environ["PATH"], **given}
            )
            assert await running.wait() == 0
    with closing(sqlite3.connect(tmp_path / "rapport.db")) as db:
        states = db.execute("SELECT DISTINCT state FROM mails").fetchall()
    assert states == [("kept",)]
    assert post.received == []
