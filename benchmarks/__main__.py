"""Run the benchmarks, each in a process of its own, and keep what they say.

python -m benchmarks            all of them, into VAR_DIR/bench/results.json and results.md
python -m benchmarks pages      one or more by name; the kept results stay as they are
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchmarks.report import Report, as_markdown, as_text

ROOT = Path(__file__).parent.parent
NAMES = {
    "weight": 60,
    "pages": 200,
    "relay": 330,
    "relay_postgres": 180,
    "latency": 200,
    "batches": 180,
    "idle": 200,
    "processes": 220,
    "people": 180,
    "lighthouse": 300,
}
"""What there is, in the order it runs, and after how many seconds each is given up."""
TOTAL_S = 1180
"""After so many seconds no benchmark goes on, whatever its own limit."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one benchmark; `problem` is "" unless it failed."""

    name: str
    reports: tuple[Report, ...]
    took_s: float
    problem: str = ""


def main() -> None:
    """Run what was asked for; exits 1 when a benchmark could not be run, never for being slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--alone", metavar="FILE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}"
        )
    if asked.alone:
        _run_here(asked.names[0], Path(asked.alone))
        return
    over_at = time.monotonic() + TOTAL_S
    outcomes = [_run_apart(name, over_at) for name in asked.names or NAMES]
    if not asked.names:
        _keep(outcomes)
    if any(outcome.problem for outcome in outcomes):
        raise SystemExit(1)


def _run_here(name: str, target: Path) -> None:
    """Run one benchmark in this process and write its tables down."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped: out of time"))
    reports: tuple[Report, ...] = import_module(f"benchmarks.{name}").measure()
    target.write_text(json.dumps([asdict(report) for report in reports]))


def _run_apart(name: str, over_at: float) -> Outcome:
    """Run one benchmark in a process of its own, within its time, and print what it says."""
    print(f"\n{name} ...", file=sys.stderr, flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="rapport-bench-") as folder:
        target = Path(folder) / "reports.json"
        command = [sys.executable, "-m", "benchmarks", name, "--alone", str(target)]
        problem = _wait(command, min(NAMES[name], over_at - began))
        reports = _read(target) if not problem else ()
    for report in reports:
        print(as_text(report), flush=True)
    if problem:
        print(f"{name}: {problem}", file=sys.stderr)
    return Outcome(name, reports, round(time.monotonic() - began, 1), problem)


def _wait(command: list[str], limit_s: float) -> str:
    """Run a command to its end; returns what went wrong, "" if nothing did.

    What it started goes with it: servers and browsers share its process group.
    """
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=sys.stderr)
    problem = ""
    try:
        code = process.wait(max(0, limit_s))
        problem = f"ended with {code}; what it said stands above" if code else ""
    except subprocess.TimeoutExpired:
        problem = f"not done within {max(0, limit_s):.0f} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM if process.poll() is None else signal.SIGKILL)
        process.wait(30)
    return problem


def _read(path: Path) -> tuple[Report, ...]:
    """Return the tables a process wrote down."""
    return tuple(
        Report(
            told["title"],
            tuple(told["columns"]),
            tuple(map(tuple, told["rows"])),
            tuple(told["notes"]),
        )
        for told in json.loads(path.read_text())
    )


def _keep(outcomes: list[Outcome]) -> None:
    """Write everything down, with what it was measured on."""
    folder = Path(os.environ.get("VAR_DIR") or "var") / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    about = _circumstances()
    told = {**about, "benchmarks": [asdict(outcome) for outcome in outcomes]}
    (folder / "results.json").write_text(json.dumps(told, indent=1) + "\n")
    head = ["# Benchmarks", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    tables = [as_markdown(report) for outcome in outcomes for report in outcome.reports]
    failed = [f"{o.name}: {o.problem}" for o in outcomes if o.problem]
    (folder / "results.md").write_text("\n".join([*head, *failed, "\n\n".join(tables), ""]))
    print(f"\nKept in {folder / 'results.json'} and {folder / 'results.md'}.")


def _circumstances() -> dict[str, object]:
    """Return when, on what and of which code this was measured."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _git("describe", "--always", "--dirty") or "not committed",
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cpu_count": os.cpu_count(),
        "load_average_at_the_end": [round(load, 2) for load in os.getloadavg()],
    }


def _git(*arguments: str) -> str:
    """Return what git says, "" when it says nothing useful."""
    with suppress(OSError):
        done = subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


def _processor() -> str:
    """Return the processor's name."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


if __name__ == "__main__":
    main()
