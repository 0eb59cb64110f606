"""The peers of the pages benchmark: Express and Flask on the very rows that we read."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.config import settings
from benchmarks.servers import HOST, ROOT, Demo, Server, free_port, node_server, started

PEERS = ROOT / "benchmarks" / "peers"
VENV = PEERS / ".venv"
THREADS = 4
"""Of gunicorn's one process: its plain workers know no keep-alive, those with threads do."""


@contextmanager
def express(demo: Demo, core: int | None) -> Iterator[Server]:
    """Serve the page by Express, EJS and better-sqlite3."""
    with node_server("pages", core, **_config(demo)) as server:
        yield server


@contextmanager
def flask(demo: Demo, core: int | None) -> Iterator[Server]:
    """Serve the page by Flask, Jinja2 and SQLAlchemy under gunicorn."""
    port = free_port()
    command = [
        str(_installed() / "gunicorn"), "pages_flask:app", "--chdir", str(PEERS),
        "--bind", f"{HOST}:{port}", "--workers", "1", "--threads", str(THREADS),
        "--log-level", "error",
    ]  # fmt: skip
    with started(command, port, core, _config(demo)) as server:
        yield server


def _config(demo: Demo) -> dict[str, str]:
    """Say where the rows are."""
    return {"DATABASE": str(demo.folder / "rapport.db"), "SECRET_KEY": settings().secret_key}


def _installed() -> Path:
    """Return where the Python peer's commands are, installed apart from ours at the first run."""
    wanted = PEERS / "requirements.txt"
    done = VENV / ".installed"
    if not done.exists() or done.stat().st_mtime < wanted.stat().st_mtime:
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        pip = [str(VENV / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(wanted)], check=True)
        done.touch()
    return VENV / "bin"
