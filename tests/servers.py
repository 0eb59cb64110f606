"""A real Redis and a real PostgreSQL for tests, which may be killed and come back as they were."""

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

HOST = "127.0.0.1"
START_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def find_program(name):
    """Where a program is: in PATH, or where Debian keeps those of PostgreSQL."""
    found = shutil.which(name)
    if found is None:
        kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        found = str(kept[-1]) if kept else None
    if found is None:
        raise FileNotFoundError(f"{name} is not installed; deploy/test-needs says how to get it")
    return found


def descendants(pid):
    """Every process below this one (PostgreSQL gives each of its own a session of its own)."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, front = [], [pid]
    while front:
        front = [child for parent in front for child in parents.get(parent, [])]
        found += front
    return found


class DataServer:
    """One server over one folder and one port: both stay the same over restarts."""

    stop_signal = signal.SIGTERM

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None
        atexit.register(self.kill)

    @property
    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Start it and wait until it answers."""
        with (self.folder / "server.log").open("ab") as log:
            self.process = self._launch(log)
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "server.log").read_text()[-3000:])
            time.sleep(0.02)
        return self

    def kill(self):
        """Kill all its processes at once, as a power cut would."""
        if not self.is_running:
            return
        self.process.send_signal(signal.SIGSTOP)
        for pid in [*descendants(self.process.pid), self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()

    def stop(self):
        """Ask it to stop; what takes too long is killed."""
        if not self.is_running:
            return
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


class RedisServer(DataServer):
    """Redis, its data in an append-only file."""

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}/0"

    def _launch(self, log):
        command = [find_program("redis-server"), "--bind", HOST, "--port", str(self.port)]
        command += ["--dir", str(self.folder), "--save", "", "--appendonly", "yes"]
        return subprocess.Popen(command, stdout=log, stderr=log)

    def _answers(self):
        try:
            with socket.create_connection((HOST, self.port), 1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
        except OSError:
            return False


class PostgresServer(DataServer):
    """PostgreSQL with one database, `rapport`. Durable unless `settings` say otherwise.

    It refuses to run as root: then its data belongs to another user, outside the given folder,
    which that user could not enter.
    """

    stop_signal = signal.SIGINT

    def __init__(self, folder, *, settings=None):
        super().__init__(folder)
        self.settings = {"max_connections": 200, "shared_buffers": "64MB"} | (settings or {})
        self.data = self.folder / "data"
        self.identity = {}
        if os.getuid() == 0:
            self._become_somebody()

    @property
    def url(self):
        return self.url_of("rapport")

    def url_of(self, database):
        return f"postgresql+asyncpg://rapport@{HOST}:{self.port}/{database}"

    def make_database(self, name):
        """Make another, empty database and return its address."""
        self._tell("psql", "--quiet", "--command", f'CREATE DATABASE "{name}"', "postgres")
        return self.url_of(name)

    def _become_somebody(self):
        names = {user.pw_name: user for user in pwd.getpwall()}
        user = names.get("postgres") or names["nobody"]
        home = Path(tempfile.mkdtemp(prefix="rapport-postgres-"))
        os.chown(home, user.pw_uid, user.pw_gid)
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        atexit.register(self.kill)  # atexit goes backwards: killed before it is removed
        self.data = home / "data"
        self.identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def _launch(self, log):
        if not self.data.exists():
            self._create(log)
        command = [find_program("postgres"), "-D", str(self.data), "-h", HOST]
        command += ["-p", str(self.port), "-k", ""]
        for name, value in self.settings.items():
            command += ["-c", f"{name}={value}"]
        return self._run(subprocess.Popen, command, stdout=log, stderr=log)

    def _create(self, log):
        options = ["-U", "rapport", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        command = [find_program("initdb"), "-D", str(self.data), *options]
        self._run(subprocess.run, command, stdout=log, stderr=log, check=True)
        single = [find_program("postgres"), "--single", "-D", str(self.data), "postgres"]
        make = b"CREATE DATABASE rapport;\n"
        self._run(subprocess.run, single, input=make, stdout=log, stderr=log, check=True)

    def _answers(self):
        try:
            self._tell("pg_isready", "--quiet", "--dbname", "rapport")
        except subprocess.CalledProcessError:
            return False
        return True

    def _tell(self, program, *arguments):
        address = ["-h", HOST, "-p", str(self.port), "-U", "rapport"]
        subprocess.run([find_program(program), *address, *arguments], check=True, timeout=20)

    def _run(self, how, command, **options):
        """Run something as who we may be, in a folder they may be in, in plain English."""
        env = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"}
        return how(command, cwd=self.data.parent, env=env, **self.identity, **options)


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    server = PostgresServer(tmp_path_factory.mktemp("postgres")).start()
    yield server
    server.stop()
