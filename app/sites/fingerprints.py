"""What the modules of a site look like, in a few digits, for browsers that ask again.

A page asks for each of its modules when it comes into view; nearly always it shows what is
current. Kept by the facts (`app.sites.queries.FACTS`), so what is old is not found.
"""

from collections.abc import Iterable, Mapping

from app.sites.kept import Kept
from app.sites.render import PlacedView

MOST_BYTES = 4_000_000
BYTES_EACH = 150
"""A key, a fingerprint and what holds them, about."""

_kept: Kept[Mapping[str, str]] = Kept(MOST_BYTES)


def note_fingerprints(facts: tuple[object, ...], drawn: Iterable[PlacedView]) -> None:
    """Note how the modules look as the person sees them."""
    found = fingerprints_of(drawn)
    _kept.keep(facts, found, BYTES_EACH * len(found))


def fingerprints_of(drawn: Iterable[PlacedView]) -> dict[str, str]:
    """Return the fingerprint of each drawn module, by its key."""
    return {view.key: view.fingerprint for view in drawn}


def find_fingerprints(facts: tuple[object, ...]) -> Mapping[str, str]:
    """Return how each module looks, nothing where it was not drawn since something changed."""
    return _kept.find(facts) or {}
