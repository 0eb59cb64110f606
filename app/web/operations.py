"""The operations page: at one glance, is everything all right, in plain words.

It shows how the installation does and nothing of what is in it: admins of any workspace may look.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from prometheus_client import REGISTRY
from quart import Blueprint, ResponseReturnValue, current_app, render_template, request

from app import clock, metrics
from app.accounts.access import signed_in
from app.accounts.models import Role
from app.config import settings
from app.metrics import product_version, value_of
from app.web.roll import Known
from app.web.samples import Hour, draw_line
from app.web.surroundings import look_around, look_at_disk
from app.web.verdict import (
    GOOD,
    Check,
    check_all,
    check_disk,
    in_words,
    quick_in_words,
    sum_up,
    time_in_words,
    worst,
)
from app.web.watching import figures_of_this_process, hour_until_now, redis_now, roll

operations = Blueprint("operations", __name__)

WIDE, HIGH = 600.0, 72.0


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its name, and a line on what it means."""

    name: str
    value: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Stream:
    """How many acts were stored, as a line and in words."""

    lately: str
    line: str
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """All that the page shows. `code` changes with what is said on top."""

    tone: str
    sentence: str
    code: str
    checks: list[Check]
    stream: Stream
    figures: list[Figure]
    process: list[Figure]
    processes: list[Known]


@operations.get("/operations")
@signed_in(Role.ADMIN)
async def show_operations() -> ResponseReturnValue:
    """Show how the installation does."""
    return await render_template("operations/operations.html", picture=await _take_picture())


@operations.get("/operations/now")
@signed_in(Role.ADMIN)
async def show_now() -> ResponseReturnValue:
    """Show the changing part alone; the page asks for it every few seconds."""
    picture = await _take_picture()
    is_news = request.args.get("seen", "") != picture.code
    return await render_template("operations/_now.html", picture=picture, is_news=is_news)


@operations.app_template_global()
def disk_notice() -> Check | None:
    """Return what every page tells admins when the disk fills up."""
    check = check_disk(look_at_disk())
    return check if check.tone != GOOD else None


async def _take_picture() -> Picture:
    """Look around and put it into words."""
    now, hour = clock.now(), hour_until_now()
    around = await look_around(now)
    works_here = settings().worker_in_web and "worker" in current_app.extensions
    checks = check_all(around, hour, redis_now(), works_here=works_here, now=now)
    tone, sentence = worst(checks), sum_up(checks)
    return Picture(
        tone, sentence, sha256(f"{tone} {sentence}".encode()).hexdigest()[:8], checks,
        _stream(hour), _figures(hour), _process(now), _processes(),
    )  # fmt: skip


def _stream(hour: Hour) -> Stream:
    """Draw the acts of the last hour."""
    minutes = hour.stored_per_minute()
    lately = f"{hour.lately():,.0f}"
    if len(minutes) < 2:  # noqa: PLR2004  two points make a line
        return Stream(lately, "", "The line begins when this process is two minutes old.")
    words = (
        f"Acts stored per minute in the last {len(minutes)} minutes:"
        f" {lately} now, {max(minutes):,.0f} at most, {sum(minutes):,.0f} together."
    )
    return Stream(lately, draw_line(minutes, wide=WIDE, high=HIGH), words)


def _figures(hour: Hour) -> list[Figure]:
    """Return what the live stream of this process did within the hour."""
    here = figures_of_this_process()
    return [
        Figure("Visitors connected", f"{here['visitors']:,.0f}", "open pages that may be seen"),
        Figure("Consoles open", f"{here['consoles']:,.0f}", "colleagues watching"),
        Figure("Time to store", _usual(hour, "commits"), _often(hour, "commits")),
        Figure("Time to show", _usual(hour, "told"), _often(hour, "told")),
        Figure("Waiting to be stored", f"{value_of(metrics.ACTS_WAITING):,.0f}", "acts, just now"),
        Figure("Sent again", f"{hour.grown('repeated'):,.0f}", "acts stored before; kept once"),
        Figure("Refused", f"{hour.grown('refused'):,.0f}", "messages too fast, or not allowed"),
        Figure(
            "Dropped by browsers", f"{hour.grown('dropped'):,.0f}",
            "movements only, never a click or an answer",
        ),
        Figure("Slow consoles closed", f"{hour.grown('slow_closed'):,.0f}", "they come back"),
        Figure(
            "Longest pause", quick_in_words(value_of(metrics.LOOP_STALL_MAX_SECONDS)),
            "of this process since it started",
        ),
    ]  # fmt: skip


def _usual(hour: Hour, name: str) -> str:
    """Say what half of them kept to."""
    return quick_in_words(hour.within(name, 0.5))


def _often(hour: Hour, name: str) -> str:
    """Say what nearly all of them kept to."""
    most = hour.within(name, 0.95)
    return "" if most is None else f"half of the time; 95 of 100 within {quick_in_words(most)}"


def _process(now: datetime) -> list[Figure]:
    """Say which process answered."""
    figures = [
        Figure("Answered by", roll.name),
        Figure("Version", f"Rapport {product_version()}"),
    ]
    started = REGISTRY.get_sample_value("process_start_time_seconds")
    if started:
        lived = now - datetime.fromtimestamp(started, UTC)
        figures.append(Figure("Running for", time_in_words(max(0, lived.total_seconds()))))
    memory = REGISTRY.get_sample_value("process_resident_memory_bytes")
    if memory:
        figures.append(Figure("Memory", in_words(memory)))
    return [*figures, Figure("Web processes", _known_in_words())]


def _known_in_words() -> str:
    """Say how many processes there are."""
    number = len(roll.others(time.monotonic())) + 1
    return "this one" if number == 1 else f"{number} known"


def _processes() -> list[Known]:
    """Return every known process, this one first; none while it is the only one."""
    others = roll.others(time.monotonic())
    this = Known(roll.name, is_this=True, silent_s=0, facts=figures_of_this_process())
    return [this, *others] if others else []
