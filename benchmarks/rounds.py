"""Servers that take turns under the same load, and how they come out of it."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Self

from benchmarks.crowd import Crowd
from benchmarks.load_generator import PROGRAMS, Load, Turn, connected
from benchmarks.report import Report, middle
from benchmarks.servers import (
    SERVER_CORE,
    Demo,
    Server,
    bare_server,
    free_port,
    node_server,
    started,
)

ROUNDS = 5
PATIENT = {"VISIT_SILENCE_S": "86400", "LOG_LEVEL": "ERROR"}
"""Visits outlast the turns of the others; the load sends no heartbeats in between."""
COLUMNS = (
    "server", "messages/s", "CPU us/message", "to the ack p50 ms", "p99 ms",
    "to the console p50 ms", "p99 ms", "load's CPU", "acts", "lost", "twice", "refused",
)  # fmt: skip


@dataclass(slots=True)
class Contender:
    """A server with its crowd connected, and what its turns gave."""

    name: str
    load: Load
    turns: list[Turn] = field(default_factory=list)

    def middle(self, figure: Callable[[Turn], float]) -> float:
        """Return the middle of the rounds of one figure."""
        return middle(figure(turn) for turn in self.turns)

    @property
    def per_second(self) -> float:
        """Messages done in a second."""
        return self.middle(lambda turn: turn.per_second)

    def row(self) -> tuple[object, ...]:
        """Return the figures for COLUMNS."""
        return (
            self.name,
            self.per_second,
            self.middle(lambda turn: turn.cpu_us),
            self.middle(lambda turn: turn.ack.p50),
            self.middle(lambda turn: turn.ack.p99),
            self.middle(lambda turn: turn.shown.p50),
            self.middle(lambda turn: turn.shown.p99),
            f"{self.middle(lambda turn: turn.load_cpu):.0%}",
            sum(turn.acts for turn in self.turns),
            sum(turn.lost for turn in self.turns),
            sum(turn.repeated for turn in self.turns),
            sum(turn.refused for turn in self.turns),
        )


class Field:
    """Where contenders are set up; they share a crowd and end with the `with`."""

    def __init__(self, crowd: Crowd, *, visitors: int) -> None:
        self._crowd, self._visitors = crowd, visitors
        self._stack = ExitStack()
        self.contenders: list[Contender] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    def rapport(self, name: str, demo: Demo, **config: str) -> Contender:
        """Add ourselves, on a copy of the demo of our own."""
        copy = self._stack.enter_context(demo.copied())
        return self._add(
            name, self._stack.enter_context(copy.serving(SERVER_CORE, **PATIENT, **config))
        )

    def rapport_on(self, name: str, demo: Demo, **config: str) -> Contender:
        """Add ourselves on the demo as it stands, which no other contender uses."""
        served = demo.serving(SERVER_CORE, **PATIENT, **config)
        return self._add(name, self._stack.enter_context(served))

    def node(self, name: str, script: str, **config: str) -> Contender:
        """Add a peer from the folder peers."""
        return self._add(
            name, self._stack.enter_context(node_server(script, SERVER_CORE, **config))
        )

    def bare(self, name: str) -> Contender:
        """Add python-socketio that stores nothing."""
        return self._add(name, self._stack.enter_context(bare_server("relay", SERVER_CORE)))

    def echo(self, name: str) -> Contender:
        """Add what shows the limit of the load itself."""
        port = free_port()
        command = [str(PROGRAMS / "echo"), str(port)]
        return self._add(name, self._stack.enter_context(started(command, port, SERVER_CORE, {})))

    def _add(self, name: str, server: Server) -> Contender:
        """Connect the crowd to a server that runs."""
        load = connected([server], self._crowd, visitors=self._visitors)
        contender = Contender(name, self._stack.enter_context(load))
        self.contenders.append(contender)
        return contender

    def take_turns(self, *, seconds: float, window: int = 0, rate: float = 0) -> None:
        """Let everybody run in turns, round after round."""
        for _ in range(ROUNDS):
            for contender in self.contenders:
                turn = contender.load.run(seconds=seconds, window=window, rate=rate)
                contender.turns.append(turn)

    def report(self, title: str, notes: Sequence[str]) -> Report:
        """Return a table of all of them."""
        rows = tuple(contender.row() for contender in self.contenders)
        return Report(title, COLUMNS, rows, tuple(notes))


TARGET_COLUMNS = ("figure", "rapport", "beside", "ratio", "target", "verdict")


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure is to come to, compared with another, or by itself where there is none."""

    figure: str
    ours: float
    beside: float
    goal: float
    is_most: bool = False

    def row(self) -> tuple[object, ...]:
        """Return the figures for TARGET_COLUMNS."""
        ratio = self.ours / self.beside if self.beside else self.ours
        is_met = ratio <= self.goal if self.is_most else ratio >= self.goal
        return (
            self.figure, self.ours, self.beside or "", ratio if self.beside else "",
            f"{'<=' if self.is_most else '>='} {self.goal:g}", "met" if is_met else "SHORT",
        )  # fmt: skip


def judge(title: str, targets: Sequence[Target], notes: Sequence[str] = ()) -> Report:
    """Return the table that holds figures against their targets."""
    return Report(title, TARGET_COLUMNS, tuple(target.row() for target in targets), tuple(notes))
