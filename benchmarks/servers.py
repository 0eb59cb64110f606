"""Installations of our own: a fresh demo in a temporary folder, served on a free port.

Where there are two cores or more, measured servers sit alone on one and the load on another.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import settings

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

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.url.rpartition(":")[2])

    def cpu_s(self) -> float:
        """Return the processor seconds this process has used so far; NaN where not told."""
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return float("nan")
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self) -> float:
        """Return how much memory this process holds; NaN where not told."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except OSError:
            return float("nan")
        return pages * os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Demo:
    """An installation with the demo in it; `facts` is what demo.json tells."""

    folder: Path
    facts: dict[str, Any]
    database_url: str = ""

    @contextmanager
    def serving(self, core: int | None = None, *, port: int = 0, **config: str) -> Iterator[Server]:
        """Serve it the way `make run` does, with further settings; by another port if given."""
        port = port or int(self.facts["base_url"].rpartition(":")[2])
        env = {"VAR_DIR": str(self.folder), "DATABASE_URL": self.database_url, **config}
        with started([sys.executable, *RAPPORT, "serve"], port, core, env) as server:
            yield server

    @contextmanager
    def copied(self) -> Iterator["Demo"]:
        """Copy it as it stands on SQLite, people and sessions too, for another server."""
        with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
            shutil.copytree(self.folder, folder, dirs_exist_ok=True)
            yield Demo(Path(folder), self.facts | {"base_url": f"http://{HOST}:{free_port()}"})


@contextmanager
def fresh_demo(database_url: str = "") -> Iterator[Demo]:
    """Build the demo anew; this process gets its settings too, and may use its database."""
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        ours = {"VAR_DIR": folder, "PORT": str(free_port()), "HOST": HOST, "LOG_LEVEL": "ERROR"}
        os.environ.update(ours | {"BASE_URL": "", "DATABASE_URL": database_url, "SMTP_URL": ""})
        settings.cache_clear()
        for command in ("migrate", "demo"):
            _run([*RAPPORT, command])
        facts = json.loads((Path(folder) / "demo.json").read_text())
        yield Demo(Path(folder), facts, database_url)


@contextmanager
def bare_server(name: str, core: int | None = None) -> Iterator[Server]:
    """Serve a peer from bare.py by the same server with the same settings."""
    command = [sys.executable, "-m", "benchmarks.bare", name]
    with started(command, free_port(), core, {"FAST_LANE": "false"}) as server:
        yield server


@contextmanager
def node_server(name: str, core: int | None = None, **config: str) -> Iterator[Server]:
    """Serve a peer from the folder peers."""
    node = shutil.which("node") or str(ROOT / ".venv" / "bin" / "node")
    script = str(ROOT / "benchmarks" / "peers" / f"{name}.js")
    with started([node, script], free_port(), core, {"NODE_ENV": "production", **config}) as server:
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
def started(
    command: list[str], port: int, core: int | None, config: Mapping[str, str]
) -> Iterator[Server]:
    """Start a server on one core and a port; ends it afterwards."""
    before = os.sched_getaffinity(0) if core is not None else None
    if core is not None:
        os.sched_setaffinity(0, {core})
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL,
        env=os.environ | {"PORT": str(port), **config},
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


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
