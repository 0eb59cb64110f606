"""What visitors' pages bring into the browser before anybody touches them, and from where."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

from benchmarks.browser import FLAGS, find_chromium
from benchmarks.report import Report
from benchmarks.servers import fresh_demo

BUDGET_KB = 45.0
IDLE_MS = 2_000
"""How long a quiet page is watched on, for what it fetches late."""
KINDS = ("script", "stylesheet", "document", "font", "image")
COLUMNS = (
    "page", "JS + CSS kB", "budget kB", "JS kB", "CSS kB", "HTML kB", "fonts kB", "images kB",
    "requests", "third parties",
)  # fmt: skip


def measure() -> tuple[Report, ...]:
    """Open the campaign site and the personal site, each as a new visitor, and weigh them."""
    with fresh_demo() as demo, demo.serving() as server, _chromium() as browser:
        pages = (
            ("campaign site", demo.facts["campaign_site_url"]),
            ("personal site", demo.facts["personal_site_url"]),
        )
        rows = [row for name, url in pages for row in _weigh(browser, name, str(url), server.url)]
    notes = (
        f"Bodies as they crossed the wire, 1 kB = 1,000 bytes; then {IDLE_MS} ms of quiet.",
        "The budget is for the untouched page; 'after a yes' adds what being seen brings.",
    )
    return (Report("Page weight before the first interaction", COLUMNS, tuple(rows), notes),)


@contextmanager
def _chromium() -> Iterator[Browser]:
    """Run a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS))
        yield browser
        browser.close()


def _weigh(browser: Browser, name: str, url: str, home: str) -> Iterator[tuple[object, ...]]:
    """Yield the row of an untouched page and that of the page after a yes."""
    context = browser.new_context()
    page = context.new_page()
    asked, finished = _listen(page)
    page.goto(url)
    _be_quiet(page)
    yield _row(name, finished, asked, home, BUDGET_KB)
    page.locator("[name=choice][value=yes]").first.click()
    _be_quiet(page)
    yield _row(f"{name}, after a yes", finished, asked, home, "")
    context.close()


def _listen(page: Page) -> tuple[list[Request], list[Request]]:
    """Return two lists that fill with what a page asks for and with what has come."""
    asked: list[Request] = []
    finished: list[Request] = []

    def ask(request: Request) -> None:
        asked.append(request)

    def finish(request: Request) -> None:
        finished.append(request)

    page.on("request", ask)
    page.on("requestfinished", finish)
    return asked, finished


def _be_quiet(page: Page) -> None:
    """Wait until nothing is fetched any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(IDLE_MS)


def _row(
    name: str, finished: list[Request], asked: list[Request], home: str, budget: object
) -> tuple[object, ...]:
    """Add up what came so far."""
    weights = dict.fromkeys(KINDS, 0.0)
    for request in list(finished):
        if request.resource_type in weights:
            weights[request.resource_type] += request.sizes()["responseBodySize"] / 1000
    strangers = {urlsplit(r.url).netloc for r in asked if r.url.startswith(("http", "ws"))}
    strangers.discard(urlsplit(home).netloc)
    code = weights["script"] + weights["stylesheet"]
    return (
        name, code, budget, *weights.values(), len(asked), ", ".join(sorted(strangers)) or "none",
    )  # fmt: skip
