"""How fast one browser may send: a token bucket. Time is passed in, in monotonic seconds."""

from dataclasses import dataclass
from math import ceil

from app.tracking.errors import SlowDownError

ACTS_PER_SECOND = 50.0
BURST = 200.0


@dataclass(slots=True)
class Bucket:
    """Allows BURST at once and ACTS_PER_SECOND in the long run."""

    filled_at: float
    tokens: float = BURST

    def is_empty(self, *, at: float) -> bool:
        """Whether not even one token could be taken."""
        return self.tokens + max(0.0, at - self.filled_at) * ACTS_PER_SECOND < 1

    def give_back(self, count: int) -> None:
        """Put tokens back that were taken for nothing."""
        self.tokens += count

    def take(self, count: int, *, at: float) -> None:
        """Take `count` tokens. Raises SlowDownError, taking none, while there are too few."""
        grown = self.tokens + max(0.0, at - self.filled_at) * ACTS_PER_SECOND
        self.tokens, self.filled_at = min(BURST, grown), max(at, self.filled_at)
        if count > self.tokens:
            raise SlowDownError(ceil((count - self.tokens) / ACTS_PER_SECOND * 1000))
        self.tokens -= count


class Buckets:
    """One bucket per browser that posts; bounded, the longest unused is forgotten first."""

    def __init__(self, *, limit: int = 10_000) -> None:
        self._limit = limit
        self._buckets: dict[object, Bucket] = {}

    def take(self, holder: object, count: int, *, at: float) -> None:
        """Take tokens from the holder's bucket. Raises SlowDownError."""
        bucket = self._buckets.pop(holder, None) or Bucket(at)
        self._buckets[holder] = bucket
        if len(self._buckets) > self._limit:
            del self._buckets[next(iter(self._buckets))]
        bucket.take(count, at=at)
