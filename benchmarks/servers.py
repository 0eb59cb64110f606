"""Installations of our own: a fresh demo in a temporary folder, served on a free port.

Where there are two cores or more, measured servers sit alone on one and the load on another.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
RAPPORT = ["-c", "from app.cli import rapport; rapport()"]
START_S, STOP_S = 30, 15
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
LOAD_CORE, SERVER_CORE = (CORES[0], CORES[-1]) if len(CORES) > 1 else (None, None)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers."""

    url: str
    pid: int

    def cpu_s(self) -> float:
        """Return the processor seconds this process has used so far; NaN where not told."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Demo:
    """A fresh installation with the demo in it; `facts` is what demo.json tells."""

    port: int
    facts: dict[str, object]

    @contextmanager
    def serving(self, core: int | None = None) -> Iterator[Server]:
        """Serve it the way `make run` does."""
        with _started(
            ["-c", "from app.cli import rapport; rapport()", "serve"], self.port, core
        ) as server:
            yield server


@contextmanager
def fresh_demo() -> Iterator[Demo]:
    """Build the demo anew; this process gets its settings too, and may use its database."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        port = _free_port()
        ours = {"VAR_DIR": folder, "PORT": str(port), "HOST": HOST, "LOG_LEVEL": "ERROR"}
        os.environ.update(ours | {"BASE_URL": "", "DATABASE_URL": "", "SMTP_URL": ""})
        for command in ("migrate", "demo"):
            _run([*RAPPORT, command])
        yield Demo(port, json.loads((Path(folder) / "demo.json").read_text()))


@contextmanager
def bare_server(name: str, core: int | None = None) -> Iterator[Server]:
    """Serve a peer from bare.py by the same server with the same settings."""
    with _started(["-m", "benchmarks.bare", name], _free_port(), core) as server:
        yield server


def keep_to_core(core: int | None) -> None:
    """Keep this process, and what it starts from now on, to one core; None: to all."""
    if CORES:
        os.sched_setaffinity(0, CORES if core is None else {core})


def pinning() -> str:
    """Say in words who sits where."""
    if SERVER_CORE is None:
        return "One core for server and load together: read the ratios only."
    return "The server is on one core, the load on another."


def _run(arguments: list[str]) -> None:
    """Run one Python command to its end. Raises CalledProcessError with what it said."""
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def _started(arguments: list[str], port: int, core: int | None) -> Iterator[Server]:
    """Start a server on a core and stop it again; it inherits the core from us."""
    before = os.sched_getaffinity(0) if CORES else None
    keep_to_core(core)
    process = subprocess.Popen(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL,
        env=os.environ | {"PORT": str(port)},
    )  # fmt: skip
    if before is not None:
        os.sched_setaffinity(0, before)
    try:
        _wait_for(port, process)
        yield Server(f"http://{HOST}:{port}", process.pid)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server listens. Raises RuntimeError if it ends or takes too long."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection((HOST, port), timeout=1):
            return
        time.sleep(0.1)
    raise RuntimeError("The server did not start; what it said stands above.")


def _free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
