"""The blueprint that all routes of prospects attach to."""

from quart import Blueprint

prospects = Blueprint("prospects", __name__)
