"""The Quart application: it assembles what the slices bring and knows no capability itself."""

from app.web.application import create_app

__all__ = ["create_app"]
