"""Personal sites on the web: each file of routes brings its own to the one blueprint."""

from app.sites import link_routes, page_routes, preview_routes, rep_routes
from app.sites.blueprint import sites

__all__ = ["link_routes", "page_routes", "preview_routes", "rep_routes", "sites"]
