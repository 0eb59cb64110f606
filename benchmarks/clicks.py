"""From a visitor's click to the row on a console, beside a bare relay that stores nothing.

The way is the real one: a page that was served and said yes opens a socket and sends acts; the
server stores them, acknowledges them, and tells the rep's console. Clicks go out on schedule,
whether or not earlier ones have been answered.
"""

import asyncio

import httpx
import uvloop

from benchmarks.click_load import Click, Peer, Turn
from benchmarks.report import Report, middle, percentile
from benchmarks.servers import (
    LOAD_CORE,
    SERVER_CORE,
    Server,
    bare_server,
    fresh_demo,
    keep_to_core,
    pinning,
)
from benchmarks.visitors import OpenPage, invite, open_link, open_page

VISITORS = 20
ROUNDS = 5
SECONDS = 2.5
RATES = (10, 50, 100, 200)
COLUMNS = (
    "clicks/s", "server", "click to ack p50 ms", "p99 ms", "click to console p50 ms", "p99 ms",
    "CPU ms/click", "clicks", "not shown", "shown twice",
)  # fmt: skip


def measure() -> tuple[Report, ...]:
    """Let twenty visitors click at several rates, here and there in turns."""
    with fresh_demo() as demo:
        links = invite(VISITORS)
        with demo.serving(SERVER_CORE) as ours, bare_server("relay", SERVER_CORE) as bare:
            keep_to_core(LOAD_CORE)
            pages = [open_link(link, consents=True) for link in links]
            console = _sign_in(demo.facts["rep"]["sign_in_url"], ours.url)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                rows = runner.run(_compare(ours, bare, pages, console))
    notes = (
        f"{VISITORS} visitors, one console; {ROUNDS} rounds of {SECONDS} s, in turns. {pinning()}",
        "Times run from sending in the client, which is Python too: its share is in both rows.",
        "Figures are the middle of the rounds; clicks, lost and doubled ones are counted over all.",
        "The bare relay passes the act on as it came: it stores nothing and draws nothing.",
    )
    return (Report("Clicks: to the acknowledgement and to the console row", COLUMNS, rows, notes),)


def _sign_in(link: str, url: str) -> OpenPage:
    """Open the console in a browser that the demo's link has signed in."""
    with httpx.Client(follow_redirects=True, timeout=20) as browser:
        browser.get(link).raise_for_status()
        return open_page(f"{url}/console", browser)


async def _compare(
    ours: Server, bare: Server, pages: list[OpenPage], console: OpenPage
) -> tuple[tuple[object, ...], ...]:
    """Connect everybody to both, measure rate by rate, and return the rows."""
    peers = [Peer("rapport", ours), Peer("bare relay", bare)]
    for peer in peers:
        await peer.connect(pages, console)
    rows: list[tuple[object, ...]] = []
    for rate in RATES:
        turns: dict[str, list[Turn]] = {peer.name: [] for peer in peers}
        for _ in range(ROUNDS):
            for peer in peers:
                turns[peer.name].append(await peer.click_for(SECONDS, rate))
        rows += [(rate, name, *_figures(taken)) for name, taken in turns.items()]
    for peer in peers:
        await peer.disconnect()
    return tuple(rows)


def _figures(turns: list[Turn]) -> tuple[object, ...]:
    """Return what the rounds at one rate come to; times in milliseconds."""
    sent = sum(len(turn.sent) for turn in turns)
    return (
        _typical([turn.acks for turn in turns], 0.5),
        _typical([turn.acks for turn in turns], 0.99),
        _typical([turn.shown for turn in turns], 0.5),
        _typical([turn.shown for turn in turns], 0.99),
        middle(turn.cpu_s / len(turn.sent) * 1000 for turn in turns),
        sent,
        sent - sum(len(turn.shown) for turn in turns),
        sum(turn.repeated for turn in turns),
    )


def _typical(rounds: list[dict[Click, float]], share: float) -> float:
    """Return the middle of the rounds' percentiles, in milliseconds."""
    return middle(percentile(list(times.values()), share) * 1000 for times in rounds)
