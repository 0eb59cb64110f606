"""The pages of campaigns, for those who sell and for those they sell to."""

from app.campaigns import editor_routes, life_routes, module_routes, public_routes
from app.campaigns.blueprint import campaigns

__all__ = ["campaigns", "editor_routes", "life_routes", "module_routes", "public_routes"]
