"""What one connection may cost."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one connection; beyond them it is closed, and nobody else notices."""

    pending_bytes: int = 1_000_000
    """What a client that reads too slowly may have waiting, the transport's buffer included."""
    pending_packets: int = 500
    waiting_frames: int = 64
    """Received frames that wait for their turn; beyond, nothing more is read for the moment."""
    waiting_bytes: int = 1_000_000
    joins_within_s: float = 10.0
    """How long a connection may stay in no namespace."""
    unjoined_frames: int = 20
    """How many messages a client may send before it has joined one."""
    unjoined_bytes: int = 65_536
    """The largest of them."""
    drains_within_s: float = 3.0
    """How long a closed connection may take to send what is left and to answer."""


RESYNC, RESYNC_REASON = 4000, "resync"
"""Close code for a client that reads too slowly: it comes back and asks for what it missed."""
SILENT, SILENT_REASON = 1008, "joined nothing"
NOT_ENGINE_IO, NOT_ENGINE_IO_REASON = 1002, "not engine.io"
