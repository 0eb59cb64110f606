"""Who hears a connection: the application until somebody takes it over, then a receiver."""

from typing import Any, Protocol
from weakref import ref


class Receiver(Protocol):
    """Who takes a connection over."""

    def take(self, opcode: int, payload: bytes) -> None:
        """Take a text or binary message, or a note that nothing but traffic came (a pong)."""

    def lost(self, *, is_slow: bool = False) -> None:
        """Hear once that the connection is over: nothing further arrives or leaves."""


class Ear:
    """The application's `receive`, which does not keep its connection.

    engine.io makes a class around it for each connection, and classes wait for the collector.
    """

    __slots__ = ("_protocol",)

    def __init__(self, protocol: Any) -> None:
        self._protocol = ref(protocol)

    async def __call__(self) -> Any:
        """Give the application its next event."""
        protocol = self.protocol
        return await protocol.receive() if protocol else {"type": "websocket.disconnect"}

    @property
    def protocol(self) -> Any:
        """The connection, None once it is gone."""
        return self._protocol()
