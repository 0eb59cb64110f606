"""How late clicks are at a steady 2,500 a second, beside a bare python-socketio relay."""

from benchmarks.relay import demo_with_crowd
from benchmarks.report import Report
from benchmarks.rounds import ROUNDS, Field, Target, judge
from benchmarks.servers import pinning

VISITORS = 1000
SECONDS = 3.0
RATE = 2500
NOTES = (
    (
        f"{VISITORS:,} visitors, one console, {RATE:,} clicks a second on schedule, whether or not"
        f" earlier ones were answered; times run from the schedule. {ROUNDS} rounds of {SECONDS} s,"
        f" in turns. {pinning()}"
    ),
    "Figures are the middle of the rounds; acts, lost, shown twice and refused are sums.",
)


def measure() -> tuple[Report, ...]:
    """Click on schedule here and there."""
    with demo_with_crowd(VISITORS) as (demo, crowd), Field(crowd, visitors=VISITORS) as field:
        ours = field.rapport("rapport", demo)
        field.rapport("rapport, stock path", demo, FAST_LANE="false")
        bare = field.bare("python-socketio, bare relay")
        field.node("Node, bare relay", "relay")
        database = str(demo.folder / "node.db")
        field.node("Node, group commit", "sqlite", MODE="group", SYNC="NORMAL", DATABASE=database)
        field.take_turns(seconds=SECONDS, rate=RATE)
        table = field.report(f"Clicks at a steady {RATE:,} a second, SQLite NORMAL", NOTES)
        p50 = ours.middle(lambda turn: turn.shown.p50)
        p99, bare_p99 = (side.middle(lambda turn: turn.shown.p99) for side in (ours, bare))
    targets = (
        Target("click to the console p50 ms", p50, 0, 3, is_most=True),
        Target(
            "click to the console p99 ms beside the bare relay", p99, bare_p99, 1.5, is_most=True
        ),
    )
    return table, judge(f"Latency at {RATE:,} clicks a second and targets", targets)
