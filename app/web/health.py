"""Whether this process lives, is ready, and how it does."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.accounts.access import open_to_all
from app.db import reading

health = Blueprint("health", __name__)


@health.get("/healthz")
@open_to_all("process managers ask; it tells nothing")
async def show_health() -> ResponseReturnValue:
    """Say that the process answers."""
    return {"ok": True}


@health.get("/readyz")
@open_to_all("proxies ask; it tells nothing")
async def show_readiness() -> ResponseReturnValue:
    """Say whether requests can be served: 503 while the database does not answer."""
    try:
        async with reading() as db:
            await db.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return {"ok": False, "waiting_for": "database"}, 503
    return {"ok": True}


@health.get("/metrics")
@open_to_all("figures without names; keep it inside by your proxy")
async def show_metrics() -> Response:
    """Return this process's figures in the Prometheus text format."""
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
