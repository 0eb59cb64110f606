"""The product as an operator runs it: processes over a database, which may be killed."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from app.config import settings
from tests.servers import HOST, free_port

ROOT = Path(__file__).parent.parent.parent
RAPPORT = Path(sys.executable).parent / "rapport"
DATABASE = "rapport.db"
KEEP = ("PATH", "PYTHONPATH", "HOME", "LANG", "FAST_LANE")


class Process:
    """One process of an installation on a port of its own."""

    def __init__(self, installation, command, env):
        self.installation, self.command, self.env = installation, command, env
        self.port = free_port()
        self.url = f"http://{HOST}:{self.port}"
        self.log = installation.folder / f"web-{self.port}.log"
        self.process = None

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self, *, wait=True):
        """Start it and wait until it is ready."""
        env = self.installation.env | self.env | {"PORT": str(self.port)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 60
        while wait and not self.is_ready():
            if not self.is_running or time.monotonic() > deadline:
                raise RuntimeError(self.log.read_text()[-3000:])
            time.sleep(0.02)
        return self

    def is_ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                return True
        except OSError:
            return False

    def kill(self):
        """Kill it as a power cut would."""
        if self.is_running:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self, *, within_s=20):
        """Ask it to stop; returns its exit code and how long it took."""
        began = time.monotonic()
        self.process.terminate()
        return self.process.wait(within_s), time.monotonic() - began

    async def restart(self, *, after_s=0.0):
        """Kill it, leave it dead for a moment, and start it again, while this loop goes on."""
        self.kill()
        await asyncio.sleep(after_s)
        await asyncio.to_thread(self.start)

    def limit_files(self, size):
        """Let no file of this process grow beyond `size` bytes; None lifts that."""
        limit = resource.RLIM_INFINITY if size is None else size
        hard = resource.RLIM_INFINITY
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (limit, hard))

    @property
    def memory(self):
        """Bytes of resident memory."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    @property
    def descriptors(self):
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    @property
    def said(self):
        return self.log.read_text(errors="replace")


class Installation:
    """A folder, a database and settings; its web processes are in `webs`."""

    def __init__(self, folder, *, database_url="", redis_url="", **env):
        self.folder = Path(folder)
        self.database_url = database_url or f"sqlite+aiosqlite:///{self.folder / DATABASE}"
        self.webs = []
        kept = {name: os.environ[name] for name in KEEP if name in os.environ}
        self.env = kept | {
            "VAR_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": settings().secret_key,
            "SMTP_URL": "",
            **env,
        }

    def migrate(self):
        """Bring the database to the newest version."""
        command = [RAPPORT, "migrate"]
        subprocess.run(command, cwd=ROOT, env=self.env, check=True, timeout=120)

    def add_web(self, *launcher, **env):
        """Add a web process; `launcher` is what starts it instead of `rapport serve`."""
        command = [sys.executable, *launcher] if launcher else [RAPPORT, "serve"]
        web = Process(self, command, env)
        self.webs.append(web)
        return web

    def stop(self):
        """End what runs."""
        for web in self.webs:
            web.kill()
