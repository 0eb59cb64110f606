"""Two web processes with Redis and PostgreSQL beside one: what a message costs, and how late it is.

Where the machine has a core for each process, for the load and for the databases, the ratio is
that of messages a second. Where it has not, both processes share a core, and the ratio is worked
out from what a message costs the busier of the two: with a core each they would go until that one
is full. There are two workspaces with a console each, on different processes; the visitors of both
are spread evenly, so half of all messages are stored by the one and shown by the other.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.crowd import Crowd
from benchmarks.load_generator import connected
from benchmarks.relay import demo_with_crowd
from benchmarks.report import Report
from benchmarks.rounds import PATIENT, ROUNDS, Contender, Target, judge
from benchmarks.servers import CORES, LOAD_CORE, Demo, free_port, keep_to_core
from tests.servers import PostgresServer, RedisServer

VISITORS = 1000
SECONDS = 2.0
WINDOW = 128
RATE = 500
HAS_CORES = len(CORES) >= 4
WEB_CORES = (CORES[-1], CORES[-2] if HAS_CORES else CORES[-1]) if len(CORES) > 1 else (None, None)
DATA_CORE = CORES[1] if HAS_CORES else LOAD_CORE
COLUMNS = (
    "web processes", "messages/s", "CPU us/message", "of the busier one",
    f"same process, at {RATE}/s: p50 ms", "p95 ms", "other process: p50 ms", "p95 ms",
    "load's CPU", "lost", "twice",
)  # fmt: skip


def measure() -> tuple[Report, ...]:
    """Run one process and two in turns, first as fast as they go, then on schedule."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rapport-bench-")))
        keep_to_core(DATA_CORE)
        postgres = PostgresServer(folder / "postgres").start()
        stack.callback(postgres.stop)
        redis = RedisServer(folder / "redis").start()
        stack.callback(redis.stop)
        one = stack.enter_context(_one(postgres.url))
        two = stack.enter_context(_two(postgres.make_database("two"), redis.url))
        fast = {side.name: Contender(side.name, side.load) for side in (one, two)}
        steady = {side.name: Contender(side.name, side.load) for side in (one, two)}
        for _ in range(ROUNDS):
            for side in (one, two):
                fast[side.name].turns.append(side.load.run(seconds=SECONDS, window=WINDOW))
                steady[side.name].turns.append(side.load.run(seconds=SECONDS, rate=RATE))
    rows = tuple(_row(fast[side.name], steady[side.name]) for side in (one, two))
    return (
        Report("Two web processes with Redis and PostgreSQL", COLUMNS, rows, _notes()),
        judge("Two processes and targets", _targets(*fast.values(), steady[two.name])),
    )


@contextmanager
def _one(database_url: str) -> Iterator[Contender]:
    """Serve a demo by one process."""
    with (
        demo_with_crowd(VISITORS, database_url, teams=2) as (demo, crowd),
        demo.serving(WEB_CORES[0], **PATIENT) as server,
        connected([server], crowd, visitors=VISITORS) as load,
    ):
        yield Contender("one", load)


@contextmanager
def _two(database_url: str, redis_url: str) -> Iterator[Contender]:
    """Serve a demo by two processes that wake each other through Redis."""
    with demo_with_crowd(VISITORS, database_url, teams=2) as (demo, crowd):
        yield from _served_twice(demo, crowd, redis_url)


def _served_twice(demo: Demo, crowd: Crowd, redis_url: str) -> Iterator[Contender]:
    """Start both processes and spread everybody over them."""
    wakes = {**PATIENT, "REDIS_URL": redis_url}
    with (
        demo.serving(WEB_CORES[0], **wakes) as first,
        demo.serving(WEB_CORES[1], port=free_port(), **wakes) as second,
        connected([first, second], crowd, visitors=VISITORS) as load,
    ):
        yield Contender("two", load)


def _row(fast: Contender, steady: Contender) -> tuple[object, ...]:
    """Return the figures for COLUMNS."""
    turns = [*fast.turns, *steady.turns]
    has_other = all(turn.elsewhere.p95 >= 0 for turn in steady.turns)
    return (
        fast.name,
        fast.per_second,
        fast.middle(lambda turn: turn.cpu_us),
        fast.middle(lambda turn: turn.busiest_us),
        steady.middle(lambda turn: turn.shown.p50),
        steady.middle(lambda turn: turn.shown.p95),
        steady.middle(lambda turn: turn.elsewhere.p50) if has_other else "",
        steady.middle(lambda turn: turn.elsewhere.p95) if has_other else "",
        f"{fast.middle(lambda turn: turn.load_cpu):.0%}",
        sum(turn.lost for turn in turns),
        sum(turn.repeated for turn in turns),
    )


def _targets(one: Contender, two: Contender, steady: Contender) -> tuple[Target, ...]:
    """Hold throughput and added latency against what they are to be."""
    rates = [one.per_second, two.per_second]
    if not HAS_CORES:
        rates = [1e6 / side.middle(lambda turn: turn.busiest_us) for side in (one, two)]
    added = steady.middle(lambda turn: turn.elsewhere.p95 - turn.shown.p95)
    how = "messages/s" if HAS_CORES else "messages/s a full core would do, from CPU/message"
    return (
        Target(f"two processes beside one: {how}", rates[1], rates[0], 1.6),
        Target("added by the other process, to the console p95 ms", added, 0, 10, is_most=True),
    )


def _notes() -> tuple[str, ...]:
    """Say where everything ran."""
    where = (
        "Each web process had a core to itself, the load one, the databases one."
        if HAS_CORES
        else "Not enough cores: both web processes shared one, load and databases the other."
        " The ratio is worked out from the CPU a message costs the busier process."
    )
    return (
        (
            f"{VISITORS:,} visitors of two workspaces, spread evenly over the processes; a console"
            f" of each workspace, on different ones. {WINDOW} messages under way, then"
            f" {RATE} a second on schedule; {ROUNDS} rounds of {SECONDS} s each, in turns."
        ),
        where,
    )
