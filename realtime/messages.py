"""Every message that crosses a socket inwards, by the namespace it belongs to.

What visitors send is the same by socket and by post, so those shapes live with tracking.
"""

from pydantic import Field

from app.tracking.shapes import Batch as VisitorActs
from app.tracking.shapes import Hello as VisitorHello
from app.tracking.shapes import Sent as Message

__all__ = ["ConsoleHello", "Message", "Nothing", "VisitorActs", "VisitorHello"]


class Nothing(Message):
    """An event that carries nothing."""


class ConsoleHello(Message):
    """Browser -> server: a rep's page opens its socket with the token it was served with."""

    page: str = Field(max_length=2000)
