"""Whether this process lives, is ready, and how it does."""

import asyncio
import hmac
from ipaddress import ip_address, ip_network

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from quart import Blueprint, Response, ResponseReturnValue, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import clock
from app.accounts.access import open_to_all
from app.config import settings
from app.db import reading
from app.errors import ForbiddenError
from app.web import stopping
from app.web.surroundings import look_around

health = Blueprint("health", __name__)

ANSWERS_WITHIN_S = 2
"""A database that takes longer to say anything is away."""
PASSED_ON = (
    "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via",
)  # fmt: skip
INSIDE = tuple(
    ip_network(network)
    for network in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    )
)  # fmt: skip
LOCAL = "<local>"
"""What a connection inside this process calls itself."""


@health.get("/healthz")
@open_to_all("process managers ask; it tells nothing")
async def show_health() -> ResponseReturnValue:
    """Say that the process answers."""
    return {"ok": True}


@health.get("/readyz")
@open_to_all("proxies ask; it tells nothing")
async def show_readiness() -> ResponseReturnValue:
    """Say whether requests can be served: 503 while stopping, or without the database."""
    if stopping.is_asked():
        return {"ok": False, "waiting_for": "stopping"}, 503
    try:
        async with asyncio.timeout(ANSWERS_WITHIN_S), reading() as db:
            await db.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError):
        return {"ok": False, "waiting_for": "database"}, 503
    return {"ok": True}


@health.get("/metrics")
@open_to_all("figures without names, for this machine, private networks, or who holds the token")
async def show_metrics() -> Response:
    """Return this process's figures in the Prometheus text format."""
    if not may_read_figures():
        raise ForbiddenError("These figures are read from inside, or with METRICS_TOKEN.")
    await look_around(clock.now())
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def may_read_figures() -> bool:
    """Whether whoever asks holds the token, or, where none is set, asks from inside and directly.

    What a proxy passes on comes from outside, unless it is a proxy whose word for it we take.
    """
    if token := settings().metrics_token:
        said = request.headers.get("Authorization", "")
        return hmac.compare_digest(said.encode(), f"Bearer {token}".encode())
    is_passed_on = any(name in request.headers for name in PASSED_ON)
    if is_passed_on and not _is_way_known(settings().trusted_proxies):
        return False
    return is_inside(request.remote_addr)


def _is_way_known(hops: int) -> bool:
    """Whether each of our proxies has said from whom it took the request."""
    lines = request.headers.getlist("X-Forwarded-For")
    way = [part.strip() for line in lines for part in line.split(",")]
    return 0 < hops <= len(way) and all(way[-hops:])


def is_inside(address: str | None) -> bool:
    """Whether an address is of this machine or a private network; no address is a local socket."""
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address in {None, "", LOCAL}
    found = getattr(found, "ipv4_mapped", None) or found
    return any(found in network for network in INSIDE)
