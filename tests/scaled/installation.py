"""Everything that `make scaled` starts, in a folder of its own, which tests may break."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from app.config import settings
from tests.servers import HOST, free_port

ROOT = Path(__file__).parent.parent.parent
RAPPORT = Path(sys.executable).parent / "rapport"
KEEP = ("PATH", "PYTHONPATH", "HOME", "LANG")
WEBS = ("web-1", "web-2")


class Scaled:
    """Two web processes, a worker, PostgreSQL, Redis and the proxy; what dies comes back."""

    def __init__(self, folder):
        self.root = Path(folder)
        self.folder = self.root / "scaled"
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = self.root / "scaled.log"
        self.process = None
        kept = {name: os.environ[name] for name in KEEP if name in os.environ}
        secret = {"SECRET_KEY": settings().secret_key, "SMTP_URL": ""}
        self.env = kept | secret | {"VAR_DIR": str(self.root), "PORT": str(self.port)}

    def launch(self):
        """Start all of it."""
        with self.log.open("ab") as log:
            command = [sys.executable, ROOT / "deploy" / "scaled.py"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.env, stdout=log, stderr=log)
        return self.start()

    def start(self):
        """Wait until every web process is in, and the proxy knows."""
        deadline = time.monotonic() + 120
        while not self.is_all_in():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-3000:])
            time.sleep(0.05)
        return self

    def is_all_in(self):
        try:
            with urllib.request.urlopen(f"{self.url}/all-in", timeout=2):
                return True
        except OSError:
            return False

    async def all_in(self):
        """Wait for the same while this loop goes on."""
        await asyncio.to_thread(self.start)

    def kill(self, *names):
        """Kill these (else every web process) as a power cut would; they come back."""
        killed = {name: self.pid(name) for name in names or WEBS}
        for pid in killed.values():
            os.kill(pid, signal.SIGKILL)
        while any(self.exit_code(name, pid) is None for name, pid in killed.items()):
            time.sleep(0.02)

    async def restart(self, name):
        """Stop one as an operator does; returns its exit code."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGTERM)
        while (code := self.exit_code(name, pid)) is None:  # noqa: ASYNC110  a log has no events
            await asyncio.sleep(0.05)
        return code

    def exit_code(self, name, pid):
        """What a process ended with, as the log says; None while it has not."""
        words = f"{name} (pid {pid}) ended with "
        said = [line for line in self.log.read_text().splitlines() if line.startswith(words)]
        return int(said[0].removeprefix(words)) if said else None

    def stop(self):
        """Ask all of it to stop; returns the exit code."""
        if self.process is None:
            return None
        self.process.terminate()
        code = self.process.wait(60)
        for note in self.folder.glob("postgresql-is-in"):
            shutil.rmtree(note.read_text(), ignore_errors=True)
        return code

    def pid(self, name):
        return self._processes[name]["pid"]

    def url_of(self, name):
        """The address of one web process, past the proxy."""
        return f"http://{HOST}:{self._processes[name]['port']}"

    @property
    def database_url(self):
        port = self._processes["postgres"]["port"]
        return f"postgresql+asyncpg://rapport@{HOST}:{port}/rapport"

    @property
    def demo(self):
        return json.loads((self.folder / "demo.json").read_text())

    def begin(self, *command):
        """Start a `rapport` command in this installation."""
        own = {
            "VAR_DIR": str(self.folder), "BASE_URL": self.url, "DATABASE_URL": self.database_url,
        }  # fmt: skip
        return subprocess.Popen([RAPPORT, *command], cwd=ROOT, env=self.env | own)

    @property
    def _processes(self):
        return json.loads((self.folder / "processes.json").read_text())
