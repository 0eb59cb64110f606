"""Figures of this process for Prometheus: every name in one place, called from where it happens.

`ACTS_STORED.inc(n)`, `COMMIT_SECONDS.observe(s)`, `ACTS_WAITING.set(n)`. Nothing here knows a
person, a workspace or an id, and every label has few values, all named here. docs/operations.md
lists them in words; a test keeps both equal.
"""

import asyncio
import platform
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, Metric, disable_created_metrics
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

disable_created_metrics()  # type: ignore[no-untyped-call]

FAST = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""Buckets in seconds for what should take milliseconds."""
SLOW = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Buckets in seconds for what may take a while."""
ROWS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
OTHER = "other"
NAMESPACES = ("/visitors", "/console")
REFUSALS = (
    "slow-down", "gap", "visit-over", "not-tracked", "no-consent", "not-stored", "not_found",
    "malformed", "internal", OTHER,
)  # fmt: skip
STATUSES = ("2xx", "3xx", "4xx", "5xx")
OUTCOMES = ("done", "again", "failed")
JOB_STATES = ("ready", "running", "dead")


class Reading(Collector):
    """A counter that somebody else counts: asked for when it is looked at, 0 until then."""

    def __init__(self, name: str, words: str) -> None:
        self._name, self._words = name, words
        self._read: Callable[[], float] = float
        REGISTRY.register(self)

    def read_from(self, read: Callable[[], float]) -> None:
        """Say who counts; it must only ever grow."""
        self._read = read

    def collect(self) -> Iterable[Metric]:
        """Return the present value, for Prometheus."""
        yield CounterMetricFamily(self._name, self._words, value=self._read())


# The way of an act: in, stored, acknowledged.
ACTS_STORED = Counter("rapport_acts_stored", "Acts written to the database and acknowledged.")
ACTS_REPEATED = Counter(
    "rapport_acts_repeated", "Acts sent again that were stored before; acknowledged, not counted."
)
ACTS_REFUSED = Counter(
    "rapport_acts_refused", "Messages of visitors and consoles not taken, by reason.", ["reason"]
)
ACTS_DROPPED = Counter(
    "rapport_acts_dropped",
    "Low-value acts (moves, scrolls) that browsers report to have dropped from a full queue.",
)
ACTS_WAITING = Gauge("rapport_acts_waiting", "Acts taken in and waiting for their commit.")
COMMIT_ROWS = Histogram("rapport_commit_rows", "Acts in one group commit.", buckets=ROWS)
COMMIT_SECONDS = Histogram("rapport_commit_seconds", "Seconds one group commit took.", buckets=FAST)
CHECKPOINT_SECONDS = Histogram(
    "rapport_checkpoint_seconds",
    "Seconds it took to copy SQLite's log into its file.",
    buckets=FAST,
)
COMMITS_FAILED = Counter(
    "rapport_commits_failed", "Group commits the database refused; their acts come again."
)

# Sockets.
SOCKETS_OPEN = Gauge("rapport_sockets_open", "Connected sockets, by namespace.", ["namespace"])
SOCKETS_SLOW = Reading(
    "rapport_sockets_closed_slow",
    "Sockets closed because they read too slowly; consoles come back and catch up.",
)

# From the commit to the consoles.
MESSAGES_TOLD = Counter("rapport_messages_told", "Messages put into a console's socket.")
FANOUT_WAITING = Gauge("rapport_fanout_waiting", "Announcements waiting to be told to consoles.")
TOLD_SECONDS = Histogram(
    "rapport_told_seconds", "Seconds from the commit to the consoles' sockets.", buckets=FAST
)
ACTS_FOUND_BY_POLL = Counter(
    "rapport_acts_found_by_poll", "Acts the poll found for consoles that no wake had announced."
)

# Between processes.
WAKES_PUBLISHED = Reading("rapport_wakes_published", "Wakes handed to Redis.")
WAKES_RECEIVED = Reading("rapport_wakes_received", "Wakes of other processes heard from Redis.")
WAKES_DROPPED = Reading(
    "rapport_wakes_dropped", "Wakes dropped because Redis was away; the poll finds what they meant."
)
REDIS_CONFIGURED = Gauge("rapport_redis_configured", "1 when this process should talk to Redis.")
REDIS_CONNECTED = Gauge("rapport_redis_connected", "1 while this process hears Redis.")

PROCESSES_KNOWN = Gauge(
    "rapport_processes_known", "Web processes this one has heard of lately, itself included."
)

# Jobs this process did, and what the whole installation has: asked when somebody looks.
JOBS = Gauge("rapport_jobs", "Jobs in the database, by state.", ["state"])
JOBS_OVERDUE_SECONDS = Gauge(
    "rapport_jobs_overdue_seconds", "How long the oldest job that is due has waited; 0 for none."
)
JOBS_RUN = Counter("rapport_jobs_run", "Runs of jobs here, by outcome.", ["outcome"])
JOB_SECONDS = Histogram("rapport_job_seconds", "Seconds one run of a job took.", buckets=SLOW)

# Where things are kept, looked at when somebody asks.
DATABASE_UP = Gauge("rapport_database_up", "1 when the database answered at the last look.")
DATABASE_BYTES = Gauge("rapport_database_bytes", "Size of the database.")
DISK_FREE_BYTES = Gauge("rapport_disk_free_bytes", "Free space where VAR_DIR is.")
DISK_FREE_RATIO = Gauge("rapport_disk_free_ratio", "The same as a share of the disk, 0 to 1.")

# Requests and the process itself.
REQUESTS = Counter("rapport_requests", "Answered requests, by class of status.", ["status"])
REQUEST_SECONDS = Histogram(
    "rapport_request_seconds", "Seconds until a request was answered.", buckets=FAST
)
LOOP_LAG_SECONDS = Histogram(
    "rapport_loop_lag_seconds",
    "Seconds the event loop came too late to a probe that runs 20 times a second.",
    buckets=FAST,
)
LOOP_STALL_MAX_SECONDS = Gauge(
    "rapport_loop_stall_max_seconds", "The longest such delay since the process started."
)
BUILD = Gauge("rapport_build_info", "Always 1; version and Python.", ["version", "python"])

PROBE_EVERY_S = 0.05
LONGEST_FINE_S = 0.01
"""Shorter delays are no stall."""


def refuse_acts(reason: str, count: int = 1) -> None:
    """Count what was not taken; `reason` is the code the browser was told."""
    ACTS_REFUSED.labels(reason if reason in REFUSALS else OTHER).inc(count)


def count_request(status: int, seconds: float) -> None:
    """Count an answered request."""
    REQUESTS.labels(f"{status // 100}xx").inc()
    REQUEST_SECONDS.observe(seconds)


def product_version() -> str:
    """Return the version of Rapport that runs."""
    try:
        return version("rapport")
    except PackageNotFoundError:
        return "unknown"


async def watch_loop(stop: asyncio.Event) -> None:
    """Measure how late the event loop is until `stop` is set: what blocks it delays everybody."""
    while not stop.is_set():
        due = time.perf_counter() + PROBE_EVERY_S
        await asyncio.sleep(PROBE_EVERY_S)
        note_lag(time.perf_counter() - due)


def note_lag(seconds: float) -> None:
    """Note one delay of the loop."""
    late = max(0.0, seconds)
    LOOP_LAG_SECONDS.observe(late)
    if late > LONGEST_FINE_S:
        LOOP_STALL_MAX_SECONDS.set(max(late, value_of(LOOP_STALL_MAX_SECONDS)))


def value_of(metric: Counter | Gauge | Reading) -> float:
    """Return the present value of a metric, summed over its labels."""
    return sum(sample.value for family in metric.collect() for sample in family.samples)


def buckets_of(metric: Histogram) -> tuple[tuple[float, float], ...]:
    """Return a histogram's buckets: the upper end, and how many observations lie below it."""
    return tuple(
        (float(sample.labels["le"]), sample.value)
        for family in metric.collect()
        for sample in family.samples
        if sample.name.endswith("_bucket")
    )


def _begin_at_zero() -> None:
    """Give every label its zero, so that a rate exists before the first event."""
    for reason in REFUSALS:
        ACTS_REFUSED.labels(reason)
    for namespace in NAMESPACES:
        SOCKETS_OPEN.labels(namespace)
    for status in STATUSES:
        REQUESTS.labels(status)
    for outcome in OUTCOMES:
        JOBS_RUN.labels(outcome)
    for state in JOB_STATES:
        JOBS.labels(state)
    BUILD.labels(product_version(), platform.python_version()).set(1)


_begin_at_zero()
