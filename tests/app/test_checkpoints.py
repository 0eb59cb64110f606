"""SQLite's log is copied into its file beside the writers, and failing to harms nobody."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from app import checkpoints
from app.checkpoints import Checkpoints
from app.db import sqlite_pragmas
from app.turns import Turns

pytestmark = pytest.mark.no_database
COPIES = "rapport_checkpoint_seconds_count"


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "kept.db")


@pytest.fixture
def writer(path):
    db = sqlite3.connect(path, isolation_level=None)
    for pragma in (*sqlite_pragmas("NORMAL"), "PRAGMA wal_autocheckpoint=0"):
        db.execute(pragma)
    db.execute("CREATE TABLE acts (words TEXT)")
    yield db
    db.close()


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Copy after ten acts, in turn with writers as on SQLite."""
    turns = Turns()
    monkeypatch.setattr(checkpoints, "COPY_AFTER", 10)
    monkeypatch.setattr(checkpoints, "write_turn", turns.take)
    return turns


def write(db, count):
    for number in range(count):
        db.execute("INSERT INTO acts VALUES (?)", (f"{number}" * 1000,))


def log_pages(db):
    """Return the pages in the log and how many of them are in the file already."""
    _, pages, copied = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    return pages, copied


def bytes_in_file(path):
    return Path(path).read_bytes().count(b"9" * 1000)


async def test_nothing_is_copied_until_enough_was_written(path, writer):
    keeper = Checkpoints(path)
    write(writer, 10)
    keeper.note_written(9)
    await keeper.close()
    assert bytes_in_file(path) == 0
    keeper.note_written(1)
    await keeper.close()
    assert bytes_in_file(path) == 1


async def test_the_log_begins_anew_after_it_was_copied(path, writer):
    keeper = Checkpoints(path)
    sizes = []
    for _ in range(4):
        write(writer, 20)
        keeper.note_written(20)
        await keeper.close()
        write(writer, 1)
        sizes.append(log_pages(writer)[0])
    assert max(sizes) < 10, "the log only grew"


async def test_the_bulk_is_copied_while_a_writer_has_the_turn(path, writer, few):
    keeper = Checkpoints(path)
    write(writer, 10)
    async with few.take(), asyncio.timeout(5):
        keeper.note_written(10)
        while not bytes_in_file(path):  # noqa: ASYNC110  a thread does it
            await asyncio.sleep(0.01)
    await keeper.close()


async def test_a_reader_with_an_old_view_keeps_nobody_waiting_and_loses_nothing(path, writer):
    keeper = Checkpoints(path)
    write(writer, 1)
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM acts").fetchone() == (1,)
    write(writer, 30)
    async with asyncio.timeout(5):
        keeper.note_written(30)
        await keeper.close()
        write(writer, 1)
    assert reader.execute("SELECT count(*) FROM acts").fetchone() == (1,)
    reader.close()
    keeper.note_written(30)
    await keeper.close()
    assert writer.execute("SELECT count(*) FROM acts").fetchone() == (32,)
    assert log_pages(writer)[0] == log_pages(writer)[1]


async def test_a_copy_that_fails_is_tried_again(path, writer, monkeypatch):
    keeper = Checkpoints(path + "/nowhere")
    keeper.note_written(10)
    await keeper.close()
    monkeypatch.setattr(keeper, "_path", path)
    write(writer, 10)
    before = REGISTRY.get_sample_value(COPIES)
    keeper.note_written(10)
    await keeper.close()
    assert bytes_in_file(path) == 1
    assert REGISTRY.get_sample_value(COPIES) == before + 1
