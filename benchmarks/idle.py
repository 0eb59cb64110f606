"""What an open socket costs while nothing happens: memory of 5,000 visitors who only look."""

import time
from contextlib import ExitStack

from benchmarks.load_generator import connected
from benchmarks.relay import demo_with_crowd
from benchmarks.report import Report
from benchmarks.rounds import PATIENT, Target, judge
from benchmarks.servers import SERVER_CORE, Server, bare_server, node_server, pinning

VISITORS = 5000
FIRST = 100
SETTLE_S = 5
COLUMNS = ("server", "before MB", "with all MB", "kB/connection")


def measure() -> tuple[Report, ...]:
    """Open the sockets of one server after the other and look at its memory."""
    rows: list[tuple[object, ...]] = []
    with demo_with_crowd(VISITORS + FIRST) as (demo, crowd):

        def weigh(name: str, server: Server) -> float:
            """Return the bytes each connection took; some come first and warm everything up."""
            with ExitStack() as stack:
                stack.enter_context(connected([server], crowd, visitors=FIRST, has_consoles=False))
                time.sleep(SETTLE_S)
                before = server.resident_bytes()
                stack.enter_context(
                    connected([server], crowd, visitors=VISITORS, has_consoles=False)
                )
                time.sleep(SETTLE_S)
                after = server.resident_bytes()
            each = (after - before) / VISITORS / 1024
            rows.append((name, before / 1e6, after / 1e6, each))
            return each

        with demo.copied() as copy, copy.serving(SERVER_CORE, **PATIENT) as server:
            ours = weigh("rapport", server)
        with (
            demo.copied() as copy,
            copy.serving(SERVER_CORE, **PATIENT, FAST_LANE="false") as server,
        ):
            weigh("rapport, stock path", server)
        with bare_server("relay", SERVER_CORE) as server:
            weigh("python-socketio, bare relay", server)
        with node_server("relay", SERVER_CORE) as server:
            weigh("Node, bare relay", server)
    notes = (
        (
            f"Resident memory after {FIRST} connections and after {VISITORS:,} more, each with its"
            f" visit begun and stored where the server stores. {pinning()}"
        ),
    )
    target = Target("kB a connection", ours, 0, 40, is_most=True)
    return (
        Report(f"Idle connections: {VISITORS:,} visitors", COLUMNS, tuple(rows), notes),
        judge("Idle connections and their target", (target,)),
    )
