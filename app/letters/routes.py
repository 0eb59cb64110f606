"""The pages of letters, by noun."""

from app.letters import editor_routes, outbox_routes, recipient_routes, unsubscribe_routes
from app.letters.blueprint import letters

__all__ = ["editor_routes", "letters", "outbox_routes", "recipient_routes", "unsubscribe_routes"]
