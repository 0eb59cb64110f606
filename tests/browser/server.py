"""A real Rapport in a process of its own, which tests may kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
RAPPORT = Path(sys.executable).parent / "rapport"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """One installation: a folder, a port, and at most one running server."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    @property
    def demo(self):
        return json.loads((self.folder / "demo.json").read_text())

    def run(self, *command):
        """Run a `rapport` command in this installation and wait for it."""
        subprocess.run([RAPPORT, *command], cwd=ROOT, env=self._env(), check=True, timeout=120)

    def begin(self, *command):
        """Start a `rapport` command in this installation."""
        return subprocess.Popen([RAPPORT, *command], cwd=ROOT, env=self._env())

    def start(self):
        """Start the server and wait until it is ready."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [RAPPORT, "serve"], cwd=ROOT, env=self._env(), stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text()[-3000:])

    def kill(self):
        """Kill the server as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ask the server to stop."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def _env(self):
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return keep | {"VAR_DIR": str(self.folder), "PORT": str(self.port)}
