"""Figures for Prometheus: named once, written down, without a name in them, and read from inside."""

import asyncio
import re
import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from quart.datastructures import Headers

from app import clock, metrics
from app.config import settings
from app.db import transaction
from app.jobs.commands import enqueue
from app.jobs.registry import _handlers
from app.jobs.runner import run_due_jobs
from app.metrics import buckets_of, value_of
from app.web.health import is_inside
from app.web.samples import Hour, Sample, Samples, draw_line, quantile, take_sample
from app.web.surroundings import forget_look

ROOT = Path(__file__).parent.parent.parent
MOST_SERIES = 12
"""Values one label may take."""


@pytest.fixture
def scrape(client):
    """Read /metrics as Prometheus does; returns samples by name and labels."""

    async def read(**headers):
        forget_look()
        response = await client.get("/metrics", headers=headers)
        assert response.status_code == 200
        text = await response.get_data(as_text=True)
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    return read


@pytest.fixture
def token(monkeypatch):
    """Set METRICS_TOKEN for one test."""
    monkeypatch.setenv("METRICS_TOKEN", "a-token-for-figures")
    settings.cache_clear()
    yield "a-token-for-figures"
    monkeypatch.delenv("METRICS_TOKEN")
    settings.cache_clear()


async def families(client):
    response = await client.get("/metrics")
    return list(text_string_to_metric_families(await response.get_data(as_text=True)))


async def test_every_figure_of_ours_has_a_help_text_a_unit_and_few_labels(client):
    ours = [each for each in await families(client) if each.name.startswith("rapport_")]
    assert len(ours) > 30
    for family in ours:
        assert len(family.documentation) > 15, family.name
        assert family.type != "unknown", family.name
        if family.type == "histogram":
            assert re.search(r"_(seconds|rows)$", family.name), family.name
        labels = {(key, value) for one in family.samples for key, value in one.labels.items()}
        assert len([1 for key, _ in labels if key != "le"]) <= MOST_SERIES, family.name


async def test_the_docs_list_exactly_the_figures_there_are(client):
    exported = {each.name for each in await families(client) if each.name.startswith("rapport_")}
    docs = (ROOT / "docs" / "operations.md").read_text()
    listed = set(re.findall(r"^\| `(rapport_\w+?)(?:_total)?(?:\{\w+\})?`", docs, re.MULTILINE))
    assert listed == exported


async def test_counters_begin_at_zero_for_every_reason(scrape):
    found = await scrape()
    for reason in metrics.REFUSALS:
        assert ("rapport_acts_refused_total", reason) in found


async def test_a_reason_nobody_thought_of_is_counted_as_another(scrape):
    before = (await scrape())["rapport_acts_refused_total", "other"]
    metrics.refuse_acts("made up by a browser", 3)
    metrics.refuse_acts("gap")
    after = await scrape()
    assert after["rapport_acts_refused_total", "other"] == before + 3
    assert ("rapport_acts_refused_total", "made up by a browser") not in after


async def test_jobs_the_database_and_the_disk_are_looked_at_when_somebody_reads(scrape):
    found = await scrape()
    assert found["rapport_jobs", "ready"] == 0
    async with transaction() as db:
        await enqueue(db, "of-no-kind", {}, now=clock.now())
    found = await scrape()
    assert found["rapport_jobs", "ready"] == 1
    assert found["rapport_jobs_overdue_seconds",] >= 0
    assert found["rapport_database_up",] == 1
    assert found["rapport_database_bytes",] > 10_000
    assert 0 < found["rapport_disk_free_ratio",] < 1
    assert found["rapport_disk_free_bytes",] > 0


async def test_one_look_serves_everybody_who_reads_within_seconds(client, database):
    forget_look()
    for number in range(3):
        response = await client.get("/metrics")
        text = await response.get_data(as_text=True)
        assert 'rapport_jobs{state="ready"} 0.0' in text, number
        async with transaction() as db:
            await enqueue(db, "of-no-kind", {}, now=clock.now())


async def test_runs_of_jobs_are_counted_by_what_came_of_them(monkeypatch):
    def runs():
        return [value_of(metrics.JOBS_RUN.labels(name)) for name in ("done", "again", "failed")]

    async def well(_payload, _now):
        return None

    async def badly(_payload, _now):
        raise ValueError("no")

    before = runs()
    monkeypatch.setitem(_handlers, "goes-well", well)
    monkeypatch.setitem(_handlers, "goes-badly", badly)
    now = clock.now()
    async with transaction() as db:
        await enqueue(db, "goes-well", {}, now=now)
        await enqueue(db, "goes-well", {}, now=now)
        await enqueue(db, "goes-badly", {}, now=now)
    await run_due_jobs(now)
    assert [new - old for new, old in zip(runs(), before, strict=True)] == [2, 0, 1]


async def test_answers_are_counted_by_class_and_health_checks_are_not(client, scrape):
    def answered():
        return value_of(metrics.REQUESTS)

    before = answered()
    await client.get("/sign-in")
    await client.get("/nowhere")
    assert answered() == before + 2
    await client.get("/healthz")
    await scrape()
    assert answered() == before + 2


async def test_a_blocked_event_loop_is_noticed(database):
    stop = asyncio.Event()
    watching = asyncio.create_task(metrics.watch_loop(stop))
    await asyncio.sleep(0)
    time.sleep(0.4)  # noqa: ASYNC251  this is what must not happen
    await asyncio.sleep(0.01)
    stop.set()
    await watching
    assert value_of(metrics.LOOP_STALL_MAX_SECONDS) > 0.3
    assert buckets_of(metrics.LOOP_LAG_SECONDS)[-1][1] > 0


@pytest.mark.no_database
@pytest.mark.parametrize(
    ("address", "inside"),
    [("127.0.0.1", True), ("::1", True), ("10.1.2.3", True), ("192.168.0.9", True),
     ("172.16.5.5", True), ("fd00::1", True), ("::ffff:10.0.0.1", True), ("fe80::1%eth0", True),
     ("<local>", True), (None, True), ("8.8.8.8", False), ("2606:4700::1111", False),
     ("::ffff:8.8.8.8", False), ("172.32.0.1", False), ("evil.example", False)],
)  # fmt: skip
def test_inside_is_this_machine_and_private_networks(address, inside):
    assert is_inside(address) == inside


@pytest.mark.parametrize(
    ("client_address", "headers", "status"),
    [("10.0.0.7", {}, 200), ("127.0.0.1", {}, 200), ("203.0.113.5", {}, 403),
     ("127.0.0.1", {"X-Forwarded-For": "203.0.113.5"}, 403),
     ("127.0.0.1", {"X-Forwarded-For": "10.0.0.1"}, 403),
     ("127.0.0.1", {"Forwarded": "for=203.0.113.5"}, 403),
     ("127.0.0.1", {"X-Real-IP": "203.0.113.5"}, 403),
     ("127.0.0.1", {"X-Forwarded-Proto": "https"}, 403),
     ("203.0.113.5", {"Authorization": "Bearer "}, 403)],
)  # fmt: skip
async def test_figures_are_read_from_inside_and_directly(
    web_app, client_address, headers, status
):  # fmt: skip
    response = await web_app.test_client().get(
        "/metrics", headers=headers, scope_base={"client": (client_address, 50_000)}
    )
    assert response.status_code == status


FOR = "X-Forwarded-For"


@pytest.mark.parametrize(("hops", "headers", "status"), [
    (1, [(FOR, "203.0.113.5")], 200), (2, [(FOR, "203.0.113.5")], 403),
    (2, [(FOR, "203.0.113.5, 10.0.0.2")], 200),
    (2, [(FOR, "203.0.113.5"), (FOR, "10.0.0.2")], 200),
    (1, [(FOR, "")], 403), (1, [(FOR, "203.0.113.5,")], 403), (2, [(FOR, ",10.0.0.2")], 403),
    (1, [("Forwarded", "for=203.0.113.5")], 403), (1, [("Via", "1.1 edge")], 403),
    (1, [("X-Real-IP", "203.0.113.5")], 403), (1, [("X-Forwarded-Proto", "https")], 403),
    (1, [], 200),
])  # fmt: skip
async def test_a_trusted_proxy_is_believed_once_all_its_hops_have_spoken(
    web_app, monkeypatch, hops, headers, status
):
    """Which address that is, the middleware has settled before; here it stands as the client's."""
    monkeypatch.setenv("TRUSTED_PROXIES", str(hops))
    settings.cache_clear()
    response = await web_app.test_client().get(
        "/metrics", headers=Headers(headers), scope_base={"client": ("10.0.0.9", 0)}
    )
    monkeypatch.delenv("TRUSTED_PROXIES")
    settings.cache_clear()
    assert response.status_code == status


async def test_with_a_token_exactly_its_holder_reads(web_app, token):
    for said, address, status in (
        (f"Bearer {token}", "203.0.113.5", 200), (f"Bearer {token}", "127.0.0.1", 200),
        ("", "127.0.0.1", 403), ("Bearer wrong", "127.0.0.1", 403), (token, "127.0.0.1", 403),
        ("Bearer é", "127.0.0.1", 403),
    ):  # fmt: skip
        response = await web_app.test_client().get(
            "/metrics", headers={"Authorization": said}, scope_base={"client": (address, 50_000)}
        )
        assert response.status_code == status, (said, address)


def sample_at(at, stored, commits=((0.001, 0), (0.01, 0), (float("inf"), 0))):
    zero = dict.fromkeys(("repeated", "refused", "dropped", "slow_closed", "failed"), 0.0)
    return Sample(at, stored=stored, **zero, commits=commits, told=commits)


@pytest.mark.no_database
def test_acts_per_minute_are_read_off_the_samples():
    hour = Hour([sample_at(15.0 * each, 10.0 * each) for each in range(13)])
    assert hour.stored_per_minute() == pytest.approx([40, 40, 40])
    assert hour.lately() == pytest.approx(40)
    assert hour.grown("stored") == 120


@pytest.mark.no_database
def test_a_process_in_its_first_seconds_has_a_rate_and_no_line():
    assert Hour([sample_at(0, 0)]).lately() == 0
    young = Hour([sample_at(0, 0), sample_at(20, 10)])
    assert young.lately() == pytest.approx(30)
    assert young.stored_per_minute() == []


@pytest.mark.no_database
def test_samples_forget_what_is_older_than_an_hour():
    samples = Samples()
    for each in range(400):
        samples.note(sample_at(15.0 * each, each))
    hour = samples.until(sample_at(15.0 * 400, 400))
    assert 3585 <= hour.seconds <= 3600
    assert len(hour.stored_per_minute()) in {59, 60}


@pytest.mark.no_database
def test_a_share_of_the_observations_is_read_off_the_buckets():
    before = ((0.001, 5.0), (0.01, 5.0), (float("inf"), 5.0))
    after = ((0.001, 5.0), (0.01, 105.0), (float("inf"), 105.0))
    assert quantile(after, before, 0.5) == pytest.approx(0.0055)
    assert quantile(before, before, 0.5) is None
    beyond = ((0.001, 5.0), (0.01, 5.0), (float("inf"), 9.0))
    assert quantile(beyond, before, 0.95) == 0.01


@pytest.mark.no_database
def test_the_line_runs_from_edge_to_edge_and_never_out_of_the_picture():
    assert draw_line([0, 5, 10], wide=100, high=50) == "M0.0 50.0L50.0 25.0L100.0 0.0"
    assert draw_line([0, 0], wide=100, high=50) == "M0.0 50.0L100.0 50.0"
    assert draw_line([3], wide=100, high=50) == ""


@pytest.mark.no_database
def test_a_sample_notes_the_counters_as_they_are():
    before = take_sample(0)
    metrics.ACTS_STORED.inc(7)
    metrics.COMMIT_SECONDS.observe(0.002)
    after = take_sample(1)
    assert after.stored - before.stored == 7
    assert after.commits[-1][1] - before.commits[-1][1] == 1
