"""Rapport on more than one process, on this machine: `make scaled`.

Starts PostgreSQL, Redis, two web processes, a worker and the proxy (haproxy.cfg), builds the demo
once, and keeps them running: what ends is started again. Ctrl-C or SIGTERM stops everything. Data,
logs and who is who (processes.json) are in VAR_DIR/scaled; the proxy listens on PORT.
"""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
START_WITHIN_S = 60
STOP_WITHIN_S = 20
BREATH_S = 1.0
"""What fails at once is not started more often than this."""


class MissingError(Exception):
    """Something is not installed, or will not start."""


@dataclass
class Program:
    """One of the processes: how it is started, and the process it is now."""

    name: str
    command: list[str]
    port: int = 0
    env: dict[str, str] = field(default_factory=dict)
    owner: pwd.struct_passwd | None = None
    stop_by: signal.Signals = signal.SIGTERM
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0

    def start(self, logs: Path) -> None:
        """Start it, away from the terminal's Ctrl-C: we stop it in our order."""
        identity: dict[str, object] = {}
        if self.owner:
            ids = {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
            identity = {**ids, "cwd": "/"}
        with (logs / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                **{"cwd": ROOT, **identity},
                env={**os.environ, **self.env},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started_at = time.monotonic()

    def is_gone(self) -> bool:
        """Whether it has ended (or never began)."""
        return self.process is None or self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Tell it to end; it may take a moment."""
        if self.process and not self.is_gone():
            self.process.send_signal(self.stop_by)

    def wait(self, seconds: float) -> None:
        """Wait until it has ended; what takes too long is killed."""
        if self.process:
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Installation:
    """Everything that runs, in the order of its start."""

    def __init__(self, var_dir: Path, port: int) -> None:
        self.folder = var_dir / "scaled"
        self.logs = self.folder / "logs"
        self.logs.mkdir(parents=True, exist_ok=True)
        self.url = f"http://{HOST}:{port}"
        self.is_stopping = False
        ports = _free_ports(4)
        self.postgres = _postgres(self.folder, ports[0])
        self.redis = _redis(self.folder, ports[1])
        self.env = {
            "VAR_DIR": str(self.folder),
            "BASE_URL": self.url,
            "DATABASE_URL": f"postgresql+asyncpg://rapport@{HOST}:{ports[0]}/rapport",
            "REDIS_URL": f"redis://{HOST}:{ports[1]}/0",
            "WORKER_IN_WEB": "false",
            "TRUSTED_PROXIES": "1",
        }
        self.webs = [self._web(number, ports[1 + number]) for number in (1, 2)]
        self.worker = Program("worker", [_rapport(), "worker"], env=self.env)
        addresses = {f"WEB_{n}": f"{HOST}:{web.port}" for n, web in enumerate(self.webs, 1)}
        self.proxy = Program(
            "proxy",
            [_find("haproxy"), "-db", "-f", str(ROOT / "deploy" / "haproxy.cfg")],
            port,
            {"BIND": f"{HOST}:{port}", **addresses},
        )

    @property
    def programs(self) -> list[Program]:
        """Return all of them, those that others need first."""
        return [self.postgres, self.redis, *self.webs, self.worker, self.proxy]

    def run(self) -> None:
        """Start everything, say where to click, and keep it running until told to stop."""
        for program in (self.postgres, self.redis):
            self.begin(program)
        for command in ("migrate", "demo"):
            self._rapport_does(command)
        for program in (*self.webs, self.worker, self.proxy):
            self.begin(program)
        self._until("the proxy finds a web process", self._is_served)
        print(self._where_to_click(), flush=True)
        while not self.is_stopping:
            self._heal()
            time.sleep(0.1)

    def begin(self, program: Program) -> None:
        """Start one and wait until its port is open."""
        program.start(self.logs)
        if program.port:
            self._until(f"{program.name} listens", lambda: self._listens(program))
        self._note()
        print(f"{program.name:9} pid {program.process.pid:<8}", program.port or "", flush=True)

    def stop(self) -> None:
        """Stop everything: those that serve first, what they stand on last."""
        for group in ([*self.webs, self.worker], [self.proxy], [self.redis, self.postgres]):
            for program in group:
                program.ask_to_stop()
            for program in group:
                program.wait(STOP_WITHIN_S)
                if program.process:
                    print(f"{program.name} ended with {program.process.returncode}", flush=True)

    def _heal(self) -> None:
        """Start again what has ended by itself."""
        for program in self.programs:
            if program.is_gone() and time.monotonic() - program.started_at > BREATH_S:
                code = program.process.returncode
                print(f"{program.name} (pid {program.process.pid}) ended with {code}", flush=True)
                program.start(self.logs)
                self._note()
                print(f"{program.name} is back, pid {program.process.pid}", flush=True)

    def _web(self, number: int, port: int) -> Program:
        env = {**self.env, "PORT": str(port)}
        return Program(f"web-{number}", [_rapport(), "serve"], port, env)

    def _rapport_does(self, command: str) -> None:
        with (self.logs / f"{command}.log").open("ab") as log:
            env = {**os.environ, **self.env}
            done = subprocess.run(
                [_rapport(), command], cwd=ROOT, env=env, stdout=log, stderr=log, check=False
            )
        if done.returncode:
            raise MissingError(f"rapport {command} failed: {self._last_words(command)}")

    def _note(self) -> None:
        """Write down who is who, in one move."""
        running = {
            each.name: {"pid": each.process.pid, "port": each.port}
            for each in self.programs
            if each.process
        }
        fresh = self.folder / "processes.json.new"
        fresh.write_text(json.dumps(running, indent=1))
        fresh.replace(self.folder / "processes.json")

    def _until(self, what: str, is_so: object) -> None:
        """Wait for something. Raises MissingError when it takes too long."""
        deadline = time.monotonic() + START_WITHIN_S
        while not is_so():
            if time.monotonic() > deadline:
                raise MissingError(f"waited too long until {what}; see {self.logs}")
            time.sleep(0.05)

    def _listens(self, program: Program) -> bool:
        """Whether its port is open. Raises MissingError if it has ended instead."""
        if program.is_gone():
            raise MissingError(f"{program.name} did not start: {self._last_words(program.name)}")
        with socket.socket() as line:
            is_open = line.connect_ex((HOST, program.port)) == 0
        return is_open and (program is not self.postgres or self._takes_queries())

    def _takes_queries(self) -> bool:
        """Whether PostgreSQL has come up; makes the database the first time."""
        address = ["-h", HOST, "-p", str(self.postgres.port), "-U", "rapport"]
        ask = [_find("psql"), *address, "-Atc", "SELECT datname FROM pg_database", "postgres"]
        said = subprocess.run(ask, capture_output=True, text=True, check=False)
        if said.returncode:
            return False
        if "rapport" not in said.stdout.split():
            subprocess.run([_find("createdb"), *address, "rapport"], check=True)
        return True

    def _is_served(self) -> bool:
        """Whether the proxy has found somebody who answers."""
        with socket.create_connection((HOST, self.proxy.port), 5) as line:
            line.sendall(b"GET /readyz HTTP/1.0\r\n\r\n")
            return b" 200 " in line.recv(64)

    def _last_words(self, name: str) -> str:
        """Return the end of a log."""
        return (self.logs / f"{name}.log").read_text().strip()[-600:]

    def _where_to_click(self) -> str:
        """Say where to begin."""
        demo = json.loads((self.folder / "demo.json").read_text())
        return (
            f"\n  Rapport is at          {self.url}, behind the proxy\n"
            f"  Sign in as the rep     {demo['rep']['email']} / {demo['rep']['password']}\n"
            f"  Be a prospect          {demo['personal_site_url']}\n"
            "  Kill one (kill -9), or restart one (kill): it comes back. Ctrl-C stops everything.\n"
        )


def _postgres(folder: Path, port: int) -> Program:
    """Return PostgreSQL over its data. It refuses to run as root, who therefore lends it a name."""
    owner = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    home = _home_of(owner, folder) if owner else folder / "postgresql"
    data = home / "data"
    if not data.exists():
        home.mkdir(exist_ok=True)
        how: dict[str, object] = {}
        if owner:
            how = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "cwd": home}
        options = ["-U", "rapport", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command = [_find("initdb"), "-D", str(data), *options]
        made = subprocess.run(command, capture_output=True, text=True, check=False, **how)
        if made.returncode:
            raise MissingError(f"PostgreSQL cannot keep its data in {home}: {made.stderr}")
    command = [_find("postgres"), "-D", str(data), "-h", HOST, "-p", str(port), "-k", ""]
    return Program("postgres", command, port, owner=owner, stop_by=signal.SIGINT)


def _home_of(owner: pwd.struct_passwd, folder: Path) -> Path:
    """Return a folder that somebody else than root may enter; VAR_DIR may be closed to them."""
    note = folder / "postgresql-is-in"
    if note.exists() and Path(note.read_text()).is_dir():
        return Path(note.read_text())
    home = Path(tempfile.mkdtemp(prefix="rapport-scaled-"))
    os.chown(home, owner.pw_uid, owner.pw_gid)
    note.write_text(str(home))
    return home


def _redis(folder: Path, port: int) -> Program:
    """Return Redis, which keeps nothing: it only wakes."""
    options = ["--bind", HOST, "--port", str(port), "--dir", str(folder), "--save", ""]
    return Program("redis", [_find("redis-server"), *options, "--appendonly", "no"], port)


def _rapport() -> str:
    return str(Path(sys.executable).parent / "rapport")


def _find(name: str) -> str:
    """Return where a program is: in PATH, or where Debian keeps those of PostgreSQL."""
    kept = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not found and not kept:
        raise MissingError(f"{name} is not installed: deploy/test-needs brings it")
    return found or str(kept[-1])


def _free_ports(number: int) -> list[int]:
    """Return ports nobody listens on."""
    probes = [socket.socket() for _ in range(number)]
    for probe in probes:
        probe.bind((HOST, 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def main() -> None:
    """Run until told to stop."""
    var_dir, port = Path(os.environ.get("VAR_DIR", "var")), int(os.environ.get("PORT", "8000"))
    try:
        installation = Installation(var_dir.resolve(), port)
    except MissingError as error:
        sys.exit(str(error))

    def stop(*_: object) -> None:
        installation.is_stopping = True

    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, stop)
    try:
        installation.run()
    except MissingError as error:
        sys.exit(str(error))
    finally:
        installation.stop()


if __name__ == "__main__":
    main()
