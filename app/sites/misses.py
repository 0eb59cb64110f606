"""Counts wrong personal links per network, so that nobody can try their way in.

Kept in memory and bounded: what is forgotten under pressure is the network silent for longest.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

from app.accounts.addresses import network_of

MOST_MISSES = 20
WINDOW = timedelta(minutes=1)
MOST_NETWORKS = 10_000


class Misses:
    """The recent misses of each network."""

    def __init__(self) -> None:
        """Start with none."""
        self._at: OrderedDict[str, deque[datetime]] = OrderedDict()

    def are_too_many(self, address: str | None, now: datetime) -> bool:
        """Whether this network has used up its minute."""
        at = self._at.get(network_of(address))
        if at is None:
            return False
        while at and at[0] <= now - WINDOW:
            at.popleft()
        return len(at) >= MOST_MISSES

    def note(self, address: str | None, now: datetime) -> None:
        """Write a miss down."""
        network = network_of(address)
        at = self._at.setdefault(network, deque(maxlen=MOST_MISSES))
        at.append(now)
        self._at.move_to_end(network)
        while len(self._at) > MOST_NETWORKS:
            self._at.popitem(last=False)

    def forget(self) -> None:
        """Start again."""
        self._at.clear()
