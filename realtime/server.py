"""The ASGI entry point: sockets in front, the web application behind.

uvicorn realtime.server:asgi
"""

from urllib.parse import urlsplit

from hypercorn.middleware import ProxyFixMiddleware
from socketio import ASGIApp, AsyncServer

from app import bus
from app.config import Settings, settings
from app.web import create_app
from realtime.consoles import Consoles
from realtime.fanout import Fanout
from realtime.guard import TextPacket
from realtime.visitors import Visitors

MAX_FRAME_BYTES = 8_000_000
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
    """Return the socket server with its namespaces.

    Handlers of one socket run one after another (`async_handlers`), which keeps acts in order;
    websocket is the only transport, so any process may serve any connection. A missing Origin
    passes here: pages prove themselves by their sealed token.
    """
    sio = AsyncServer(
        async_mode="asgi",
        async_handlers=False,
        transports=["websocket"],
        serializer=TextPacket,
        cors_allowed_origins=allowed_origins(settings()),
        max_http_buffer_size=MAX_FRAME_BYTES,
        ping_interval=PING_EVERY_S,
        ping_timeout=PONG_WITHIN_S,
        http_compression=False,
    )
    visitors = Visitors("/visitors")
    sio.register_namespace(visitors)
    bus.listen(visitors.hear)
    sio.register_namespace(Consoles("/console"))
    return sio


def create_asgi() -> ASGIApp | ProxyFixMiddleware:
    """Return the whole server; start and stop of the web application pass through to it.

    Behind proxies a browser's address is what the outermost of ours wrote down; what stands before
    that in X-Forwarded-For anybody can make up.
    """
    web, sockets = create_app(), create_sockets()
    bus.listen(Fanout(sockets, web))
    server, hops = ASGIApp(sockets, web), settings().trusted_proxies
    return ProxyFixMiddleware(server, mode="legacy", trusted_hops=hops) if hops else server


asgi = create_asgi()
