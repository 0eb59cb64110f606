"""Eight acts in one message beside one: acts a second."""

from benchmarks.relay import demo_with_crowd
from benchmarks.report import Report, middle
from benchmarks.rounds import ROUNDS, Field, Target, judge
from benchmarks.servers import pinning

VISITORS = 4000
SECONDS = 2.0
WINDOW = 128
BATCH = 8
COLUMNS = (
    "server",
    "acts in a message",
    "acts/s",
    "messages/s",
    "CPU us/act",
    "load's CPU",
    "lost",
    "refused",
)


def measure() -> tuple[Report, ...]:
    """Send one and eight in turns to the same servers."""
    with demo_with_crowd(VISITORS) as (demo, crowd), Field(crowd, visitors=VISITORS) as field:
        ours = field.rapport("rapport", demo)
        database = str(demo.folder / "node.db")
        field.node("Node, group commit", "sqlite", MODE="group", SYNC="NORMAL", DATABASE=database)
        rows, rates = [], {}
        turns = {(side.name, size): [] for side in field.contenders for size in (1, BATCH)}
        for _ in range(ROUNDS):
            for side in field.contenders:
                for size in (1, BATCH):
                    turn = side.load.run(seconds=SECONDS, window=WINDOW, batch=size)
                    turns[side.name, size].append(turn)
    for (name, size), taken in turns.items():
        per_second = middle(turn.per_second for turn in taken)
        rates[name, size] = per_second * size
        rows.append((
            name, size, per_second * size, per_second, middle(turn.cpu_us for turn in taken) / size,
            f"{middle(turn.load_cpu for turn in taken):.0%}", sum(turn.lost for turn in taken),
            sum(turn.refused for turn in taken),
        ))  # fmt: skip
    notes = (
        (
            f"{VISITORS:,} visitors, one console, {WINDOW} messages under way; {ROUNDS} rounds of"
            f" {SECONDS} s, in turns. SQLite NORMAL. {pinning()}"
        ),
        "So many visitors that none reaches the 50 acts a second that one may send.",
    )
    target = Target(
        "acts/s, eight in a message beside one", rates[ours.name, BATCH], rates[ours.name, 1], 4
    )
    return (
        Report("Batches of eight acts", COLUMNS, tuple(rows), notes),
        judge("Batches and their target", (target,)),
    )
