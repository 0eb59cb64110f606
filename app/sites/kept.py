"""What is kept to be shown again: bounded in bytes, the longest unused goes first."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
PER_ENTRY = 1_000
"""What an entry takes besides its pages, about: its key and the objects around it."""


class Kept(Generic[V]):
    """Values by key, together no larger than `most_bytes`."""

    def __init__(self, most_bytes: int) -> None:
        """Start with nothing."""
        self.most_bytes = most_bytes
        self.bytes = 0
        self._kept: OrderedDict[Hashable, tuple[V, int]] = OrderedDict()

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._kept)

    def find(self, key: Hashable) -> V | None:
        """Return what is kept under this key."""
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def keep(self, key: Hashable, value: V, size: int) -> None:
        """Keep a value of so many bytes; one that is too large for all of it is not kept."""
        self.drop(key)
        size += PER_ENTRY
        if size > self.most_bytes:
            return
        self._kept[key] = value, size
        self.bytes += size
        while self.bytes > self.most_bytes:
            _, (_, freed) = self._kept.popitem(last=False)
            self.bytes -= freed

    def drop(self, key: Hashable) -> None:
        """Forget what is kept under this key."""
        found = self._kept.pop(key, None)
        if found is not None:
            self.bytes -= found[1]

    def forget(self) -> None:
        """Start again."""
        self._kept.clear()
        self.bytes = 0
