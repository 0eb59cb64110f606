"""What Lighthouse says of visitors' pages, on a phone and on a desk."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.browser import FLAGS, find_chromium
from benchmarks.report import Report, middle
from benchmarks.servers import ROOT, fresh_demo
from benchmarks.visitors import OpenPage, open_page

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
PRESETS = {"phone": (), "desk": ("--preset=desktop",)}
RUNS = {"phone": 3, "desk": 1}
"""The slow phone is where runs differ."""
LIMIT_S = 90
TARGET = 0.95
GOOD = 0.9
"""Lighthouse's own line between green and not."""
SCORES = ("page", "screen", *CATEGORIES, "target", "largest paint s", "blocking ms", "shift")
FAILURES = ("page", "screen", "category", "audit", "weight", "score", "what it says")
METRICS = ("largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")

Run = dict[str, Any]


def measure() -> tuple[Report, ...]:
    """Look at both pages on both screens, several times each."""
    scores: list[tuple[object, ...]] = []
    failures: list[tuple[object, ...]] = []
    with fresh_demo() as demo, demo.serving():
        campaign = open_page(str(demo.facts["campaign_site_url"]))
        personal = open_page(str(demo.facts["personal_site_url"]))
        for name, page in (("campaign site", campaign), ("personal site", personal)):
            for screen in PRESETS:
                runs = [_look(page, screen) for _ in range(RUNS[screen])]
                scores.append((name, screen, *_scores(runs), round(TARGET * 100), *_metrics(runs)))
                failures += [(name, screen, *failure) for failure in _failures(runs)]
    notes = (
        f"Performance and its parts are the middle of {RUNS['phone']} runs on the phone.",
        "The phone is Lighthouse's slow one, simulated on the cores of this machine.",
        "The personal site asks not to be listed, so its SEO cannot be whole and has no target.",
    )
    titles = "Lighthouse", f"Lighthouse: audits below {GOOD} in any run"
    return (
        Report(titles[0], SCORES, tuple(scores), notes),
        Report(titles[1], FAILURES, tuple(failures or [("none",) * len(FAILURES)])),
    )


def _look(page: OpenPage, screen: str) -> Run:
    """Run Lighthouse once and return what it reports."""
    command = [
        str(ROOT / "node_modules" / ".bin" / "lighthouse"), page.url, *PRESETS[screen], "--quiet",
        "--output=json", f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={json.dumps({'Cookie': page.cookie} if page.cookie else {})}",
        f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
    ]  # fmt: skip
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, timeout=LIMIT_S, cwd=ROOT,
        env=os.environ | {"CHROME_PATH": find_chromium(), "PATH": path},
    )  # fmt: skip
    seen: Run = json.loads(done.stdout)
    if seen.get("runtimeError"):
        raise RuntimeError(seen["runtimeError"]["message"])
    return seen


def _scores(runs: list[Run]) -> Iterator[str]:
    """Yield the score of each category, 0-100."""
    for category in CATEGORIES:
        found = [round(run["categories"][category]["score"] * 100) for run in runs]
        if category == "performance":
            spread = f" ({min(found)}-{max(found)})" if len(found) > 1 else ""
            yield f"{middle(found):.0f}{spread}"
        else:
            yield str(min(found))


def _metrics(runs: list[Run]) -> tuple[float, float, float]:
    """Return largest paint (s), blocking time (ms) and layout shift."""
    paint, blocking, shift = (
        middle(run["audits"][metric]["numericValue"] for run in runs) for metric in METRICS
    )
    return paint / 1000, blocking, shift


def _failures(runs: list[Run]) -> Iterator[tuple[object, ...]]:
    """Yield every audit that was not good in some run, at its worst."""
    for category in CATEGORIES:
        for reference in runs[0]["categories"][category]["auditRefs"]:
            seen = [run["audits"][reference["id"]] for run in runs]
            worst = min(seen, key=lambda audit: 1 if audit["score"] is None else audit["score"])
            if worst["score"] is not None and worst["score"] < GOOD:
                says = f"{worst['title']} {worst.get('displayValue', '')}".strip()
                weight = round(reference["weight"])
                yield category, reference["id"], weight, float(worst["score"]), says
