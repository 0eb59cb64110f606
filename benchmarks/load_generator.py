"""The load generator (load/load.c) as a process that is asked for one run after another."""

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.crowd import Crowd
from benchmarks.servers import LOAD_CORE, ROOT, Server, keep_to_core

PROGRAMS = ROOT / "benchmarks" / "load" / "bin"
STOP_S = 5
CALM_S, CALM_SHARE, CALM_WITHIN_S = 1.0, 0.1, 60.0
"""A server is calm that uses less than a tenth of a core for a second."""


@dataclass(frozen=True, slots=True)
class Times:
    """Percentiles in milliseconds; negative where nothing was timed."""

    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True)
class Turn:
    """What one run saw. `load_cpu` is the generator's share of its core, `cpu_us` the server's
    processor time for a message, summed over its processes; `busiest_us` of the busiest of them.
    """

    per_second: float
    ack: Times
    shown: Times
    elsewhere: Times
    load_cpu: float
    cpu_us: float
    busiest_us: float
    acts: int
    lost: int
    repeated: int
    refused: int


class Load:
    """Visitors and consoles connected to one server, or to several doors of one."""

    def __init__(self, process: "subprocess.Popen[str]", servers: Sequence[Server]) -> None:
        self._process = process
        self._servers = servers

    def run(
        self, *, seconds: float, warm: float = 0.5, window: int = 0, rate: float = 0, batch: int = 1
    ) -> Turn:
        """Send for so long, keeping `window` messages under way, or `rate` acts a second."""
        before = [server.cpu_s() for server in self._servers]
        told = self._ask(f"run {seconds} {warm} {window} {rate} {batch}\n")
        used = [server.cpu_s() - then for server, then in zip(self._servers, before, strict=True)]
        messages = max(1, told["messages"])
        return Turn(
            per_second=told["messages_per_s"],
            ack=_times(told["ack"]),
            shown=_times(told["shown"]),
            elsewhere=_times(told["shown_elsewhere"]),
            load_cpu=told["load_cpu"],
            cpu_us=sum(used) / messages * 1e6,
            busiest_us=max(used) / messages * 1e6,
            acts=told["acts"],
            lost=told["missed"] + told["unsettled"] * batch,
            repeated=told["repeated"],
            refused=told["refused"],
        )

    def _ask(self, command: str) -> dict[str, Any]:
        """Send a command and return the answer. Raises RuntimeError if the generator has ended."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("The load generator has no pipes.")
        self._process.stdin.write(command)
        self._process.stdin.flush()
        return _read(self._process.stdout.readline())


@contextmanager
def connected(
    servers: Sequence[Server], crowd: Crowd, *, visitors: int, has_consoles: bool = True
) -> Iterator[Load]:
    """Open everybody's sockets, spread evenly over the servers; a console for each team."""
    ports = ",".join(str(server.port) for server in servers)
    command = [str(PROGRAMS / "load"), ports, str(visitors), str(crowd.visitors)]
    command += [str(crowd.teams if has_consoles else 0), str(crowd.consoles)]
    keep_to_core(LOAD_CORE)
    process = subprocess.Popen(
        [*command, "1" if has_consoles else "0"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        if process.stdout is not None:
            _read(process.stdout.readline())
        _await_calm(servers)
        yield Load(process, servers)
    finally:
        process.terminate()
        process.wait(STOP_S)


def _await_calm(servers: Sequence[Server]) -> None:
    """Wait until the servers have dealt with everybody's coming in."""
    deadline = time.monotonic() + CALM_WITHIN_S
    busy_s = float("inf")
    while busy_s > CALM_SHARE * CALM_S and time.monotonic() < deadline:
        before = sum(server.cpu_s() for server in servers)
        time.sleep(CALM_S)
        busy_s = sum(server.cpu_s() for server in servers) - before


def _read(line: str) -> dict[str, Any]:
    """Return what the generator said. Raises RuntimeError if it said nothing."""
    if not line:
        raise RuntimeError("The load generator has ended; what it said stands above.")
    told: dict[str, Any] = json.loads(line)
    return told


def _times(told: dict[str, float]) -> Times:
    """Take over percentiles, from microseconds."""
    return Times(told["p50"] / 1000, told["p95"] / 1000, told["p99"] / 1000)
