"""How long the server works on a page, beside a bare ASGI answer of the same size."""

from dataclasses import dataclass, field

from benchmarks.http_load import Load, ask_for
from benchmarks.report import Report, middle, percentile
from benchmarks.servers import (
    LOAD_CORE,
    SERVER_CORE,
    Server,
    bare_server,
    fresh_demo,
    keep_to_core,
    pinning,
)
from benchmarks.visitors import open_link, open_page

ROUNDS = 5
SECONDS = 1.5
CONNECTIONS = (1, 8)
COLUMNS = (
    "page", "bytes on the wire", "connections", "server", "requests/s", "p50 ms", "p99 ms",
    "CPU ms/request", "times bare",
)  # fmt: skip


@dataclass(slots=True)
class Side:
    """One of two servers that are asked in turns, and what its turns gave."""

    name: str
    server: Server
    url: str
    cookie: str = ""
    loads: list[Load] = field(default_factory=list)
    cpu_s: float = 0.0

    def take_turn(self, connections: int) -> None:
        """Ask for a while."""
        before = self.server.cpu_s()
        load = ask_for(self.url, cookie=self.cookie, connections=connections, seconds=SECONDS)
        self.cpu_s += self.server.cpu_s() - before
        self.loads.append(load)

    def figures(self) -> tuple[float, float, float, float]:
        """Return requests/s, p50 and p99 (ms), each the middle of its rounds, and CPU (ms)."""
        asked = sum(len(load.times) for load in self.loads)
        return (
            middle(load.per_second for load in self.loads),
            middle(percentile(load.times, 0.5) * 1000 for load in self.loads),
            middle(percentile(load.times, 0.99) * 1000 for load in self.loads),
            self.cpu_s / asked * 1000,
        )


def measure() -> tuple[Report, ...]:
    """Ask for the personal page and the campaign site, and for bare pages as large."""
    rows: list[tuple[object, ...]] = []
    with (
        fresh_demo() as demo,
        demo.serving(SERVER_CORE) as ours,
        bare_server("page", SERVER_CORE) as bare,
    ):
        keep_to_core(LOAD_CORE)
        personal = open_link(str(demo.facts["personal_site_url"]))
        campaign = open_page(str(demo.facts["campaign_site_url"]))
        for name, page in (("personal site", personal), ("campaign site", campaign)):
            for connections in CONNECTIONS:
                a = Side("rapport", ours, page.url, page.cookie)
                b = Side("bare ASGI", bare, f"{bare.url}/{page.size}")
                rows += _compared(a, b, (name, page.size, connections))
    notes = (
        f"{ROUNDS} rounds of {SECONDS} s, the two servers in turns. {pinning()}",
        "Figures are the middle of the rounds; CPU is the server process's own, over all rounds.",
    )
    return (Report("Pages: time on the server", COLUMNS, tuple(rows), notes),)


def _compared(ours: Side, bare: Side, what: tuple[str, int, int]) -> list[tuple[object, ...]]:
    """Let both take their turns and return their two rows."""
    for side in (ours, bare):
        ask_for(side.url, cookie=side.cookie, connections=1, seconds=0.5)
    for _ in range(ROUNDS):
        ours.take_turn(what[2])
        bare.take_turn(what[2])
    a, b = ours.figures(), bare.figures()
    return [(*what, ours.name, *a, f"1/{b[0] / a[0]:.1f}"), (*what, bare.name, *b, "1")]
