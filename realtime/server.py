"""The ASGI entry point: sockets in front, the web application behind.

uvicorn realtime.server:asgi
"""

from urllib.parse import urlsplit

from hypercorn.middleware import ProxyFixMiddleware
from quart import Quart
from socketio import ASGIApp, AsyncServer

from app import bus, metrics
from app.config import Settings, settings
from app.web import create_app
from realtime.consoles import CONSOLE, Consoles
from realtime.fanout import Fanout
from realtime.guard import TextPacket
from realtime.lane.hot import take_hot
from realtime.lane.install import install
from realtime.lane.outlet import Outlet
from realtime.visitors import VISITORS, Visitors

MAX_FRAME_BYTES = 1_100_000
"""A larger frame ends its connection; what is smaller and still too large is answered (guard)."""
PING_EVERY_S, PONG_WITHIN_S = 10, 8
"""A page that vanished without a word is noticed after at most their sum."""
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def allowed_origins(config: Settings) -> list[str]:
    """Return the exact origins whose pages may open a socket.

    A loopback address goes by several names, all of them this machine.
    """
    base = urlsplit(config.base_url)
    names = [base.netloc]
    if base.netloc.rpartition(":")[0] in LOOPBACK or base.netloc in LOOPBACK:
        port = f":{base.port}" if base.port else ""
        names = [name + port for name in LOOPBACK]
    return [f"{base.scheme}://{name}" for name in names] + list(config.allowed_origins)


def create_sockets() -> AsyncServer:
    """Return the socket server, without namespaces yet.

    Handlers of one socket run one after another (`async_handlers`), which keeps acts in order;
    websocket is the only transport, so any process may serve any connection. A missing Origin
    passes here: pages prove themselves by their sealed token.
    """
    sio = AsyncServer(
        async_mode="asgi",
        async_handlers=False,
        transports=["websocket"],
        namespaces=[VISITORS, CONSOLE],
        serializer=TextPacket,
        cors_allowed_origins=allowed_origins(settings()),
        max_http_buffer_size=MAX_FRAME_BYTES,
        ping_interval=PING_EVERY_S,
        ping_timeout=PONG_WITHIN_S,
        http_compression=False,
    )
    install(sio)
    metrics.SOCKETS_SLOW.read_from(lambda: sio.eio.cut_off)
    return sio


def seat_everybody(sio: AsyncServer, web: Quart) -> None:
    """Give the server its namespaces, and let them hear what happens."""
    fanout = Fanout(web, Outlet(sio))
    consoles, visitors = Consoles(fanout.watch, fanout.unwatch), Visitors()
    for listener in (fanout, visitors.hear):
        bus.listen(listener)
    for check in (fanout.look_soon, consoles.recheck_soon, visitors.recheck_soon):
        bus.on_wake_restored(check)
    for namespace in (consoles, visitors):
        sio.register_namespace(namespace)
    take_hot(sio, VISITORS, "acts", visitors.take_at_once)


def create_asgi() -> ASGIApp | ProxyFixMiddleware:
    """Return the whole server; start and stop of the web application pass through to it.

    Behind proxies a browser's address is what the outermost of ours wrote down; what stands before
    that in X-Forwarded-For anybody can make up.
    """
    web, sockets = create_app(), create_sockets()
    seat_everybody(sockets, web)
    server, hops = ASGIApp(sockets, web), settings().trusted_proxies
    return ProxyFixMiddleware(server, mode="legacy", trusted_hops=hops) if hops else server


asgi = create_asgi()
