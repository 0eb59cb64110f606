"""A running demo, and Debian's Chromium to look at it."""

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from tests.browser.server import ROOT, Server

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENS = ROOT / "var" / "screens"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """An installation of its own for one file of tests, with the demo in it, running."""
    server = Server(tmp_path_factory.mktemp("rapport"))
    server.run("migrate")
    server.run("demo")
    server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def chromium():
    """A browser; each context in it is somebody else's."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def rep(chromium, server):
    """The demo's rep, signed in, with the console open."""
    context = await chromium.new_context()
    page = await context.new_page()
    await sign_in(page, server)
    return page


async def sign_in(page, server, who="rep"):
    """Sign somebody of the demo in by password."""
    await page.goto(f"{server.url}/sign-in")
    await page.locator('[name="email"]').fill(server.demo[who]["email"])
    await page.locator('[name="password"]').fill(server.demo[who]["password"])
    await page.locator('[name="password"]').press("Enter")
    await page.wait_for_url(f"{server.url}/console")
