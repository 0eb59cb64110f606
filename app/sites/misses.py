"""Counts wrong personal links per network, so that nobody can try their way in.

Kept in memory and bounded: what is forgotten under pressure is the network silent for longest.
"""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

MOST_MISSES = 20
WINDOW = timedelta(minutes=1)
MOST_NETWORKS = 10_000
HOME_PREFIX = 64
"""Bits of an IPv6 address that one subscriber holds: below it they may choose freely."""


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


def network_of(address: str | None) -> str:
    """Return the address itself for IPv4, its /64 for IPv6, "" where none is known."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    if parsed.version == 4:  # noqa: PLR2004  IPv4
        return str(parsed)
    return str(ip_network((parsed, HOME_PREFIX), strict=False))
