"""The durable relay of clicks on PostgreSQL, beside Node (socket.io + pg) with the same columns."""

import tempfile
from pathlib import Path

from benchmarks.relay import SECONDS, VISITORS, WINDOW, beside, demo_with_crowd
from benchmarks.report import Report
from benchmarks.rounds import ROUNDS, Field, judge
from benchmarks.servers import LOAD_CORE, keep_to_core, pinning
from tests.servers import PostgresServer

NOTES = (
    (
        f"As on SQLite: {VISITORS:,} visitors, one console, {WINDOW} messages of one click under"
        f" way; {ROUNDS} rounds of {SECONDS} s, in turns. {pinning()}"
    ),
    (
        "PostgreSQL (synchronous_commit on) runs beside the load, the same for everybody; CPU is"
        " the web process alone."
    ),
)


def measure() -> tuple[Report, ...]:
    """Let ourselves and the peers take turns on databases of one PostgreSQL."""
    keep_to_core(LOAD_CORE)
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        postgres = PostgresServer(Path(folder)).start()
        try:
            return _compare(postgres)
        finally:
            postgres.stop()


def _compare(postgres: PostgresServer) -> tuple[Report, ...]:
    """Run everybody on a database of its own."""
    with (
        demo_with_crowd(VISITORS, postgres.url) as (demo, crowd),
        Field(crowd, visitors=VISITORS) as field,
    ):
        ours = field.rapport_on("rapport", demo)
        single, group = (
            field.node(f"Node, {name}", "postgres", MODE=mode, DATABASE=_plain(postgres, mode))
            for mode, name in (("single", "a commit each"), ("group", "group commit"))
        )
        field.node("Node, bare relay", "relay")
        field.take_turns(seconds=SECONDS, window=WINDOW)
        table = field.report("Durable relay of clicks, PostgreSQL", NOTES)
        targets = (
            beside("beside Node, a commit each", ours, single, 1.7),
            beside("beside Node, group commit", ours, group, 1.0),
        )
    return table, judge("Durable relay, PostgreSQL: messages/s and targets", targets)


def _plain(postgres: PostgresServer, mode: str) -> str:
    """Make a database for Node and return its address without the driver's name."""
    return str(postgres.make_database(f"node_{mode}")).replace("+asyncpg", "")
