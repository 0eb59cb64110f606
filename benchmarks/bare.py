"""The peers: what the same server does when the application does next to nothing.

python -m benchmarks.bare page     any path /N answers N bytes
python -m benchmarks.bare relay    acts go straight to the consoles, nothing is stored
"""

import sys
from functools import cache
from typing import Any

from socketio import ASGIApp, AsyncServer

from app.cli.serving import run_server

HEADERS = [(b"content-type", b"text/html; charset=utf-8")]


@cache
def body(size: int) -> bytes:
    """Return a page of `size` bytes."""
    return b"<!doctype html>".ljust(size, b" ")[:size]


async def page(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer with as many bytes as the path says."""
    if scope["type"] != "http":
        await _live(receive, send)
        return
    content = body(int(scope["path"].strip("/") or 0))
    headers = [*HEADERS, (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _live(receive: Any, send: Any) -> None:
    """Follow the server's start and stop."""
    while (await receive())["type"] == "lifespan.startup":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


sockets = AsyncServer(
    async_mode="asgi",
    async_handlers=False,
    transports=["websocket"],
    cors_allowed_origins="*",
    http_compression=False,
)


visits: dict[str, str] = {}


@sockets.on("connect", namespace="/visitors")
async def admit_visitor(sid: str, _environ: object, hello: dict[str, str]) -> None:
    """Let every visitor in."""
    visits[sid] = hello["visit"]


@sockets.on("connect", namespace="/console")
async def admit_console(sid: str, _environ: object, _auth: object = None) -> None:
    """Let every console in, all into one room."""
    await sockets.enter_room(sid, "consoles", namespace="/console")


@sockets.on("acts", namespace="/visitors")
async def relay_acts(sid: str, batch: dict[str, Any]) -> dict[str, object]:
    """Pass acts on as they came and acknowledge them."""
    first, last = batch["acts"][0]["seq"], batch["acts"][-1]["seq"]
    message = {"visit": visits[sid], "from_seq": first, "to_seq": last, "acts": batch["acts"]}
    await sockets.emit("visit-acted", message, room="consoles", namespace="/console")
    return {"ok": True, "last": last}


relay = ASGIApp(sockets)

if __name__ == "__main__":
    run_server(f"benchmarks.bare:{sys.argv[1]}")
