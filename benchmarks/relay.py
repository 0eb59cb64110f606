"""The durable relay of clicks on SQLite: sent, stored, acknowledged, shown on a console.

Beside Node (socket.io + better-sqlite3) with the same columns, unique key and durability, and
beside relays that store nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.crowd import Crowd, gather
from benchmarks.report import Report
from benchmarks.rounds import ROUNDS, Contender, Field, Target, judge
from benchmarks.servers import Demo, fresh_demo, pinning

VISITORS = 2000
SECONDS = 2.0
WINDOW = 128
NOTES = (
    (
        f"{VISITORS:,} visitors with a socket each, one console, {WINDOW} messages of one click"
        f" under way at any time; {ROUNDS} rounds of {SECONDS} s, in turns. {pinning()}"
    ),
    "Figures are the middle of the rounds; acts, lost, shown twice and refused are sums.",
)


def measure() -> tuple[Report, ...]:
    """Run both durabilities, each beside peers with the same."""
    with demo_with_crowd(VISITORS) as (demo, crowd):
        return (*_compare(demo, crowd, "NORMAL"), *_compare(demo, crowd, "FULL"))


@contextmanager
def demo_with_crowd(
    visitors: int, database_url: str = "", *, teams: int = 1
) -> Iterator[tuple[Demo, Crowd]]:
    """Build the demo and its crowd; nothing serves it yet."""
    with fresh_demo(database_url) as demo:
        yield demo, gather(demo, visitors, teams=teams)


def _compare(demo: Demo, crowd: Crowd, durability: str) -> tuple[Report, Report]:
    """Let ourselves and the peers take turns at one durability."""
    each = {"NORMAL": 1.7, "FULL": 5}[durability]
    is_first = durability == "NORMAL"
    with Field(crowd, visitors=VISITORS) as field:
        ours = field.rapport("rapport", demo, SQLITE_SYNCHRONOUS=durability)
        field.rapport("rapport, stock path", demo, SQLITE_SYNCHRONOUS=durability, FAST_LANE="false")
        single, group = (
            _node(field, demo.folder, mode, durability) for mode in ("single", "group")
        )
        bare = field.node("Node, bare relay", "relay")
        if is_first:
            field.bare("python-socketio, bare relay")
            field.echo("C, bare echo: the load's own limit")
        field.take_turns(seconds=SECONDS, window=WINDOW)
        table = field.report(f"Durable relay of clicks, SQLite {durability}", NOTES)
        targets = (
            beside(f"beside Node, a commit each, {durability}", ours, single, each),
            beside(f"beside Node, group commit, {durability}", ours, group, 1.0),
            beside(f"beside Node's bare relay, {durability}", ours, bare, 0.6),
        )
    return table, judge(f"Durable relay, SQLite {durability}: messages/s and targets", targets)


def _node(field: Field, folder: Path, mode: str, durability: str) -> Contender:
    """Add Node with better-sqlite3."""
    names = {"single": "a commit each", "group": "group commit"}
    database = str(folder / f"node-{mode}-{durability}.db")
    return field.node(
        f"Node, {names[mode]}", "sqlite", MODE=mode, SYNC=durability, DATABASE=database
    )


def beside(figure: str, ours: Contender, peer: Contender, goal: float) -> Target:
    """Compare messages a second."""
    return Target(figure, ours.per_second, peer.per_second, goal)
