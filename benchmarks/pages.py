"""How many pages a core serves, beside Express, Flask and a bare ASGI answer of the same size."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.http_load import Ask, Load, ask_for, ask_once_each
from benchmarks.pages_peers import express, flask
from benchmarks.pages_people import Reader, invite_readers
from benchmarks.report import Report, middle, percentile
from benchmarks.rounds import Target, judge
from benchmarks.servers import (
    LOAD_CORE,
    SERVER_CORE,
    Server,
    bare_server,
    fresh_demo,
    keep_to_core,
    pinning,
)
from benchmarks.visitors import open_page

ROUNDS = 5
SECONDS = 1.2
CONNECTIONS = 8
PEOPLE = 100
COLUMNS = (
    "page", "server", "bytes on the wire", "requests/s", "p50 ms", "p99 ms", "CPU us/request",
)  # fmt: skip


@dataclass(slots=True)
class Side:
    """Pages of a server that is asked in turns with others, and what its turns gave."""

    page: str
    name: str
    server: Server
    asked: Sequence[Ask]
    loads: list[Load] = field(default_factory=list)
    cpu_s: float = 0.0

    def warm_up(self) -> None:
        """Let everything be there that is there once."""
        ask_for(self.asked, connections=CONNECTIONS, seconds=0.5)

    def take_turn(self) -> None:
        """Ask for a while."""
        before = cpu_s(self.server.pid)
        self.loads.append(ask_for(self.asked, connections=CONNECTIONS, seconds=SECONDS))
        self.cpu_s += cpu_s(self.server.pid) - before

    @property
    def per_second(self) -> float:
        """Answers per second in the middle round."""
        return middle(load.per_second for load in self.loads)

    def row(self) -> tuple[object, ...]:
        """Return the figures for COLUMNS."""
        return (
            self.page, self.name, self.loads[-1].page_bytes, self.per_second,
            *(middle(percentile(load.times, share) * 1000 for load in self.loads)
              for share in (0.5, 0.99)),
            self.cpu_s / sum(len(load.times) for load in self.loads) * 1_000_000,
        )  # fmt: skip


def measure() -> tuple[Report, ...]:
    """Ask everybody for a personal page of 30 KB in turns, and us for larger ones."""
    with fresh_demo() as demo:
        readers = invite_readers(str(demo.facts["rep"]["email"]), PEOPLE)
        with (
            demo.serving(SERVER_CORE) as ours,
            express(demo, SERVER_CORE) as node,
            flask(demo, SERVER_CORE) as python,
            bare_server("page", SERVER_CORE) as bare,
        ):
            keep_to_core(LOAD_CORE)
            first = ask_once_each(asked_of(ours, readers))
            size = ask_once_each(asked_of(ours, readers[:1], takes_gzip=False)).page_bytes
            sides = [
                Side("30 KB, 100 people", "rapport", ours, asked_of(ours, readers)),
                Side("30 KB, 100 people, not compressed", "rapport", ours,
                     asked_of(ours, readers, takes_gzip=False)),
                Side("30 KB, 100 people", "Express + ejs", node, asked_of(node, readers)),
                Side("30 KB, 100 people", "Flask + gunicorn", python, asked_of(python, readers)),
                Side("nothing read or drawn", "bare ASGI", bare, [Ask(f"{bare.url}/{size}")]),
                *demo_sides(ours, demo.facts),
            ]  # fmt: skip
            for side in sides:
                side.warm_up()
            for _ in range(ROUNDS):
                for side in sides:
                    side.take_turn()
    return _tables(sides, first)


def asked_of(server: Server, readers: Sequence[Reader], *, takes_gzip: bool = True) -> list[Ask]:
    """Return what these readers ask a server for."""
    return [Ask(server.url + one.path, one.cookie, takes_gzip) for one in readers]


def demo_sides(ours: Server, facts: dict[str, object]) -> list[Side]:
    """Return the demo's own pages, which are larger and smaller."""
    personal = open_page(str(facts["personal_site_url"]))
    campaign = open_page(str(facts["campaign_site_url"]))
    return [
        Side("personal site of the demo", "rapport", ours, [Ask(personal.url, personal.cookie)]),
        Side("campaign site of the demo", "rapport", ours, [Ask(campaign.url)]),
    ]


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process and those it started; gunicorn has a worker."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_s(int(child)) for child in children)


def _tables(sides: Sequence[Side], first: Load) -> tuple[Report, ...]:
    """Return the figures, and what they come to."""
    ours, whole, node, python = (side.per_second for side in sides[:4])
    look = [percentile(first.times, share) * 1000 for share in (0.5, 0.99)]
    said = f"{ROUNDS} rounds of {SECONDS} s over {CONNECTIONS} connections, in turns. {pinning()}"
    notes = (
        said,
        "Figures are the middle of the rounds, CPU is over all of them.",
        "Peers read the same rows of the same SQLite file for every request, and draw a page of",
        "about the same size; they do not compress it, which costs them nothing.",
        "The same load takes bare pages at the rate of the bare row: it is not the limit.",
        f"First look at each of {len(first.times)} sites nobody had asked this process for:"
        + " p50 {:.1f} ms, p99 {:.1f} ms.".format(*look),
    )
    targets = (
        Target("requests/s beside Express + ejs", ours, node, 1.0),
        Target("requests/s beside Flask + gunicorn", ours, python, 4.0),
        Target("not compressed, beside Express + ejs", whole, node, 1.0),
    )
    return (
        Report("Pages: what a core serves", COLUMNS, tuple(side.row() for side in sides), notes),
        judge("Pages: targets", targets),
    )
