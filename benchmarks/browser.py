"""The browser the benchmarks look through."""

import shutil

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def find_chromium() -> str:
    """Return where Chromium is. Raises LookupError if it is nowhere."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise LookupError("There is no chromium here: deploy/test-needs brings it.")
    return found
