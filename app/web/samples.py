"""The last hour of this process: its counters, noted now and then, and what they say."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from app import metrics
from app.metrics import buckets_of, value_of

EVERY_S = 15.0
MINUTE_S, HOUR_S = 60.0, 3600.0
Buckets = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters at one moment (monotonic seconds)."""

    at: float
    stored: float
    repeated: float
    refused: float
    dropped: float
    slow_closed: float
    failed: float
    commits: Buckets
    told: Buckets


def take_sample(at: float) -> Sample:
    """Note the counters as they are."""
    return Sample(
        at,
        stored=value_of(metrics.ACTS_STORED),
        repeated=value_of(metrics.ACTS_REPEATED),
        refused=value_of(metrics.ACTS_REFUSED),
        dropped=value_of(metrics.ACTS_DROPPED),
        slow_closed=value_of(metrics.SOCKETS_SLOW),
        failed=value_of(metrics.COMMITS_FAILED),
        commits=buckets_of(metrics.COMMIT_SECONDS),
        told=buckets_of(metrics.TOLD_SECONDS),
    )


class Samples:
    """What was noted during the last hour, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[Sample] = deque(maxlen=int(HOUR_S / EVERY_S) + 1)

    async def keep(self, stop: asyncio.Event) -> None:
        """Note the counters again and again until `stop` is set."""
        while not stop.is_set():
            self.note(take_sample(time.monotonic()))
            try:
                await asyncio.wait_for(stop.wait(), EVERY_S)
            except TimeoutError:
                continue

    def note(self, sample: Sample) -> None:
        """Keep a sample; what is older than an hour is forgotten."""
        self._kept.append(sample)

    def until(self, now: Sample) -> "Hour":
        """Return the hour that ends with `now`."""
        return Hour([*(each for each in self._kept if now.at - each.at <= HOUR_S), now])


@dataclass(frozen=True, slots=True)
class Hour:
    """The samples of an hour, or of as much of it as this process has lived through."""

    samples: Sequence[Sample]

    @property
    def now(self) -> Sample:
        """The newest sample."""
        return self.samples[-1]

    @property
    def seconds(self) -> float:
        """How much time the samples span."""
        return self.now.at - self.samples[0].at

    def grown(self, name: str) -> float:
        """Return by how much a counter grew within the hour."""
        newest: float = getattr(self.now, name)
        oldest: float = getattr(self.samples[0], name)
        return newest - oldest

    def stored_per_minute(self) -> list[float]:
        """Return the acts stored in each whole minute, oldest first, the newest ending now."""
        minutes = int(self.seconds // MINUTE_S)
        marks = [self._stored_at(self.now.at - MINUTE_S * back) for back in range(minutes, -1, -1)]
        return [later - earlier for earlier, later in pairwise(marks)]

    def lately(self) -> float:
        """Return the acts stored per minute just now, also in a process's first minute."""
        span = min(self.seconds, MINUTE_S)
        if span < 1:
            return 0.0
        return (self.now.stored - self._stored_at(self.now.at - span)) * MINUTE_S / span

    def within(self, name: str, share: float) -> float | None:
        """Return the seconds that `share` of the hour's commits (or tellings) kept to."""
        newest: Buckets = getattr(self.now, name)
        oldest: Buckets = getattr(self.samples[0], name)
        return quantile(newest, oldest, share)

    def _stored_at(self, at: float) -> float:
        """Return the acts stored until a moment, straight between two samples."""
        before = self.samples[0]
        for sample in self.samples:
            if sample.at >= at:
                span = sample.at - before.at
                part = (at - before.at) / span if span else 1.0
                return before.stored + (sample.stored - before.stored) * part
            before = sample
        return before.stored


def quantile(newest: Buckets, oldest: Buckets, share: float) -> float | None:
    """Return below which value `share` of the observations between two samples lay; None for none.

    Straight within a bucket, as Prometheus works it out; beyond the last bucket its lower end.
    """
    counts = [(end, new - old) for (end, new), (_, old) in zip(newest, oldest, strict=True)]
    total = counts[-1][1]
    if total <= 0:
        return None
    wanted, low, below = share * total, 0.0, 0.0
    for end, count in counts:
        if count >= wanted:
            if math.isinf(end) or count == below:
                return low
            return low + (end - low) * (wanted - below) / (count - below)
        low, below = end, count
    return low


def draw_line(values: Sequence[float], *, wide: float, high: float) -> str:
    """Return the path of a line through the values, from the left edge to the right one."""
    top = max([*values, 1.0])
    step = wide / max(1, len(values) - 1)
    points = (
        f"{step * place:.1f} {high - high * value / top:.1f}" for place, value in enumerate(values)
    )
    return "M" + "L".join(points) if len(values) > 1 else ""
