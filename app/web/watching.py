"""What a web process watches of itself while it runs, for /metrics and the operations page."""

import asyncio
import time

from app import bus, metrics
from app.config import settings
from app.metrics import value_of
from app.web.roll import Roll
from app.web.samples import Hour, Samples, take_sample
from app.web.verdict import Redis

samples = Samples()
roll = Roll()


async def watch(stop: asyncio.Event) -> None:
    """Measure, note and tell until `stop` is set."""
    await asyncio.gather(
        metrics.watch_loop(stop), samples.keep(stop), roll.keep(stop, figures_of_this_process)
    )


def hour_until_now() -> Hour:
    """Return the last hour of this process, this very moment included."""
    return samples.until(take_sample(time.monotonic()))


def redis_now() -> Redis:
    """Return how it stands with Redis."""
    return Redis(bool(settings().redis_url), bus.wakes.is_connected)


def figures_of_this_process() -> dict[str, float]:
    """Return what a process tells the others of itself."""
    return {
        "per_minute": hour_until_now().lately(),
        "visitors": value_of(metrics.SOCKETS_OPEN.labels("/visitors")),
        "consoles": value_of(metrics.SOCKETS_OPEN.labels("/console")),
    }


metrics.WAKES_PUBLISHED.read_from(lambda: bus.wakes.published)
metrics.WAKES_RECEIVED.read_from(lambda: bus.wakes.received)
metrics.WAKES_DROPPED.read_from(lambda: bus.wakes.dropped)
metrics.REDIS_CONFIGURED.set_function(lambda: bool(settings().redis_url))
metrics.REDIS_CONNECTED.set_function(lambda: bus.wakes.is_connected)
