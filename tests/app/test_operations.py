"""The operations page: the state of the whole in plain words, for admins, without anybody's data."""

import asyncio
import re
import sqlite3
import time
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from sqlalchemy import text

from app import bus, clock, metrics
from app.accounts.models import Role
from app.bus import Announcement
from app.db import transaction
from app.jobs.commands import enqueue
from app.jobs.models import Job, JobState
from app.jobs.queries import Workload
from app.web import operations, watching
from app.web.roll import FORGOTTEN_AFTER_S, HERE, INSTALLATION, Roll
from app.web.samples import Hour, Samples, take_sample
from app.web.surroundings import Disk, Surroundings, forget_look
from app.web.verdict import (
    Redis,
    check_all,
    check_disk,
    in_words,
    quick_in_words,
    sum_up,
    time_in_words,
    worst,
)
from tests.make import NOW, make_prospect, make_user, make_workspace, sign_in

GB = 1_000_000_000
IDLE = Workload(waiting=0, running=0, dead=0, dead_kinds=(), due_since=None, done_at=None)
NO_REDIS = Redis(is_configured=False, is_connected=False)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Nobody has looked yet, and no other process is known."""
    forget_look()
    monkeypatch.setattr(watching, "samples", Samples())
    for place in (watching, operations):
        monkeypatch.setattr(place, "roll", Roll())


@pytest.fixture
async def admin(web_app, database):
    """The browser of an admin."""
    return await browser_of(web_app, Role.ADMIN)


async def browser_of(web_app, role):
    client = web_app.test_client()
    async with transaction() as db:
        await sign_in(client, db, await make_user(db, role=role))
    return client


async def page(client, path="/operations"):
    response = await client.get(path)
    assert response.status_code == 200
    return await response.get_data(as_text=True)


def words_of(html):
    """What a page says, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def tones_of(html):
    return dict(re.findall(r'data-check="([^"]+)" data-tone="(\w+)"', html))


def fill_disk(monkeypatch, share):
    monkeypatch.setattr(
        "app.web.surroundings.shutil.disk_usage",
        lambda _folder: SimpleNamespace(total=100 * GB, free=int(100 * GB * share)),
    )


def job(state, **fields):
    return Job(
        kind="send-letter", payload={"to": "grace@elsewhere.example"}, state=state, run_at=NOW,
        created_at=NOW, **fields,
    )  # fmt: skip


@pytest.mark.parametrize("path", ["/operations", "/operations/now"])
async def test_the_page_is_for_admins(web_app, database, path):
    for role in (Role.REP, Role.SUPPORT):
        assert (await (await browser_of(web_app, role)).get(path)).status_code == 403
    assert (await web_app.test_client().get(path)).status_code == 303


async def test_admins_find_it_in_the_navigation_and_others_do_not(web_app, admin):
    assert 'href="/operations"' in await page(admin, "/team")
    rep = await browser_of(web_app, Role.REP)
    assert 'href="/operations"' not in await page(rep, "/console")


async def test_a_fresh_installation_is_all_right(admin):
    html = await page(admin)
    assert set(tones_of(html)) == {"Database", "Disk space", "Jobs", "Redis", "Live stream"}
    assert set(tones_of(html).values()) == {"good"}
    said = words_of(html)
    assert "Everything is all right." in said
    assert "The line begins when this process is two minutes old." in said
    assert "Rapport 0." in said
    assert "this one" in said


async def test_jobs_that_gave_up_are_counted_by_kind_and_nothing_in_them_is_shown(admin):
    async with transaction() as db:
        for _ in range(2):
            db.add(job(JobState.DEAD, error="Mail to grace@elsewhere.example", finished_at=NOW))
    html = await page(admin)
    assert tones_of(html)["Jobs"] == "warn"
    assert "2 jobs have given up: send-letter (2)" in words_of(html)
    assert "rapport jobs list" in html
    assert "elsewhere.example" not in html


async def test_jobs_that_nobody_begins_are_an_alarm(admin):
    async with transaction() as db:
        await enqueue(db, "send-letter", {}, now=clock.now() - timedelta(minutes=5))
    html = await page(admin)
    assert tones_of(html)["Jobs"] == "bad"
    assert "Something is wrong: jobs." in words_of(html)
    assert "due for 5 minutes" in words_of(html)


async def test_a_job_that_waits_for_its_time_is_all_right(admin):
    async with transaction() as db:
        await enqueue(db, "send-letter", {}, now=NOW, run_at=clock.now() + timedelta(hours=1))
    html = await page(admin)
    assert tones_of(html)["Jobs"] == "good"
    assert "1 waits" in words_of(html)


async def test_a_database_that_fails_is_said_without_a_page_of_error(admin):
    async with transaction() as db:
        await db.execute(text("ALTER TABLE jobs RENAME TO lost_jobs"))
    html = await page(admin)
    async with transaction() as db:
        await db.execute(text("ALTER TABLE lost_jobs RENAME TO jobs"))
    assert tones_of(html)["Database"] == "bad"
    assert "nothing is lost" in words_of(html)


async def test_a_full_disk_keeps_nobody_from_reading_that_it_is_full(admin, monkeypatch):
    tried = []

    async def no_room(*_args, **_given):
        tried.append(1)
        raise sqlite3.OperationalError("database or disk is full")

    fill_disk(monkeypatch, 0)
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr("app.accounts.recognition.note_presence", no_room)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert tones_of(await page(admin))["Disk space"] == "bad"
    assert tried == [1]


@pytest.mark.parametrize(("share", "tone"), [(0.5, None), (0.09, "warn"), (0.015, "bad")])
async def test_admins_read_on_every_page_that_the_disk_fills_up(
    web_app, admin, monkeypatch, share, tone
):
    fill_disk(monkeypatch, share)
    rep = await browser_of(web_app, Role.REP)
    assert "Disk space" not in await page(rep, "/console")
    notice = re.search(
        r'<p class="notice (\w+)" role="status"><strong>Disk space', await page(admin, "/team")
    )
    assert (notice[1] if notice else None) == tone
    assert tones_of(await page(admin))["Disk space"] == (tone or "good")


async def test_the_changing_part_brings_the_verdict_only_when_it_is_news(admin):
    whole = await page(admin)
    (seen,) = re.findall(r"/operations/now\?seen=(\w+)", whole)
    same = await page(admin, f"/operations/now?seen={seen}")
    assert "hx-swap-oob" not in same
    assert f"seen={seen}" in same
    assert "<html" not in same
    async with transaction() as db:
        db.add(job(JobState.DEAD, finished_at=NOW))
    forget_look()
    changed = await page(admin, f"/operations/now?seen={seen}")
    assert "hx-swap-oob" in changed
    assert "wants your attention: jobs" in words_of(changed)


async def test_nothing_of_any_workspace_is_on_it(web_app, admin):
    async with transaction() as db:
        other = await make_workspace(db, name="Elsewhere Ltd")
        user = await make_user(
            db, workspace=other, name="Zoe Elsewhere", email="zoe@elsewhere.example"
        )
        await make_prospect(db, owner=user, name="Grace Elsewhere")
    html = await page(admin)
    assert "lsewhere" not in html
    assert str(other.id) not in html
    assert "Northwind" not in html


async def test_the_last_hour_is_drawn_and_read_out(admin):
    now = take_sample(time.monotonic())
    for minute in range(10, 0, -1):
        at = now.at - 60 * minute
        watching.samples.note(replace(now, at=at, stored=now.stored - 30 * minute))
    html = await page(admin)
    assert re.search(r'<path d="M0\.0 [\d.]+L', html)
    words = re.search(r'role="img" aria-label="([^"]+)"', html)[1]
    assert words == (
        "Acts stored per minute in the last 10 minutes: 30 now, 30 at most, 300 together."
    )


async def test_times_of_storing_stand_there_once_there_are_some(admin):
    watching.samples.note(take_sample(time.monotonic() - 60))
    assert "none yet" in words_of(await page(admin))
    for _ in range(20):
        metrics.COMMIT_SECONDS.observe(0.0015)
        metrics.TOLD_SECONDS.observe(0.0015)
    said = words_of(await page(admin))
    assert "1.5 ms half of the time; 95 of 100 within" in said


async def test_other_processes_stand_on_the_page_while_they_are_heard(admin):
    assert "2 known" not in await page(admin)
    facts = {"name": "web-2 <b>", "per_minute": 1180.4, "visitors": 12, "consoles": 3}
    operations.roll.hear(Announcement(HERE, INSTALLATION, uuid4(), facts=facts))
    html = await page(admin)
    assert "2 known" in html
    assert "web-2 &lt;b&gt;" in html
    assert "1,180" in html


async def test_processes_tell_each_other_and_stop_when_asked(database):
    heard, stop, roll = [], asyncio.Event(), Roll()
    bus.listen(heard.append)
    keeping = asyncio.create_task(roll.keep(stop, lambda: {"visitors": 2.0}))
    await asyncio.sleep(0)
    stop.set()
    await keeping
    (word,) = heard
    assert (word.name, word.subject, word.facts["visitors"]) == (HERE, roll.id, 2.0)
    assert roll.others(time.monotonic()) == [], "it does not count itself twice"


@pytest.mark.no_database
def test_a_process_that_fell_silent_is_forgotten():
    roll, other = Roll(), Roll()
    roll.hear(Announcement(HERE, INSTALLATION, other.id, facts={"name": "web-2", "visitors": "x"}))
    roll.hear(Announcement(HERE, INSTALLATION, other.id, facts={"name": "web-2", "visitors": 4}))
    (known,) = roll.others(time.monotonic())
    assert (known.name, known.facts) == ("web-2", {"visitors": 4.0})
    assert roll.others(time.monotonic() + FORGOTTEN_AFTER_S) == []


def around(**fields):
    return Surroundings(**{"disk": Disk(100 * GB, 50 * GB), "database": "PostgreSQL",
                           "database_bytes": 5 * GB, "workload": IDLE} | fields)  # fmt: skip


def checks(surroundings, redis=NO_REDIS, hour=None):
    found = check_all(
        surroundings, hour or Hour([take_sample(0)]), redis, works_here=False, now=NOW
    )
    return found, {each.name: each for each in found}


@pytest.mark.no_database
def test_without_its_database_everything_else_is_still_said():
    found, by_name = checks(around(workload=None))
    assert by_name["Database"].tone == "bad"
    assert by_name["Jobs"].tone == "warn"
    assert sum_up(found) == "Something is wrong: database. Look at jobs too."


@pytest.mark.no_database
def test_redis_being_away_is_a_delay_and_no_alarm():
    found, by_name = checks(around(), Redis(is_configured=True, is_connected=False))
    assert by_name["Redis"].tone == "warn"
    assert "Nothing is lost" in by_name["Redis"].words
    assert worst(found) == "warn"
    assert sum_up(found) == "It works, and something wants your attention: Redis."
    assert checks(around(), Redis(is_configured=True, is_connected=True))[1]["Redis"].tone == "good"


@pytest.mark.no_database
def test_failed_and_slow_commits_are_noticed():
    before = take_sample(0)
    failed = replace(before, at=60, failed=before.failed + 2)
    assert (
        "2 commits failed" in checks(around(), hour=Hour([before, failed]))[1]["Live stream"].words
    )
    late = tuple((end, count + (9 if end > 1 else 0)) for end, count in before.told)
    slow = replace(before, at=60, told=late)
    assert "Showing clicks" in checks(around(), hour=Hour([before, slow]))[1]["Live stream"].words


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("free", "tone", "words"),
    [(50, "good", "50%"), (10, "good", "10%"), (9.9, "warn", "9.9%"), (2, "warn", "2.0%"),
     (1.9, "bad", "1.9%"), (0, "bad", "0.0%")],
)  # fmt: skip
def test_a_disk_is_low_below_a_tenth_and_almost_full_below_a_fiftieth(free, tone, words):
    check = check_disk(Disk(100 * GB, int(free * GB)))
    assert (check.tone, words in check.words) == (tone, True)
    assert bool(check.hint) == (tone != "good")


@pytest.mark.no_database
def test_figures_are_written_as_people_read_them():
    assert [in_words(size) for size in (0, 999, 1500, 12_340_000, 271 * GB)] == [
        "0 bytes", "999 bytes", "2 KB", "12.3 MB", "271 GB"
    ]  # fmt: skip
    assert [time_in_words(seconds) for seconds in (1, 59, 60, 7200, 90_000)] == [
        "1 second", "59 seconds", "1 minute", "2 hours", "1 day"
    ]  # fmt: skip
    assert [quick_in_words(each) for each in (None, 0.0032, 0.152, 2.5)] == [
        "none yet", "3.2 ms", "152 ms", "2.5 s"
    ]  # fmt: skip
