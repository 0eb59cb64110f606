"""A small HTTP load: keep-alive connections that each ask again once they have been answered."""

import asyncio
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
ACCEPT = "Accept-Encoding: gzip"


@dataclass(slots=True)
class Load:
    """What one run saw. Times are in seconds."""

    times: list[float] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.times) / self.took_s


class Asker(asyncio.Protocol):
    """One connection. `done` is resolved when the time is up, or fails at a wrong answer."""

    def __init__(self, request: bytes, until: float, times: list[float]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._request, self._until, self._times = request, until, times

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        """Send the request and forget the last answer."""
        self._head, self._missing = b"", -1
        self._asked = time.perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count an answer's bytes until it is whole, then ask again while there is time."""
        if self._missing < 0:
            self._head += data
            head, found, rest = self._head.partition(HEAD_END)
            if not found:
                return
            self._missing = _length(head) - len(rest)
        else:
            self._missing -= len(data)
        if self._missing > 0:
            return
        now = time.perf_counter()
        self._times.append(now - self._asked)
        if now < self._until:
            self._ask()
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail if the server hung up in the middle."""
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("The server hung up."))


def _length(head: bytes) -> int:
    """Return how many bytes follow. Raises ValueError unless the answer is a 200."""
    status, *lines = head.lower().split(b"\r\n")
    if b" 200" not in status:
        raise ValueError(status.decode())
    return next(int(line[len(LENGTH) :]) for line in lines if line.startswith(LENGTH))


def ask_for(url: str, *, cookie: str, connections: int, seconds: float) -> Load:
    """Ask for one address over and over from several connections at once."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask_for(url, cookie, connections, seconds))


async def _ask_for(url: str, cookie: str, connections: int, seconds: float) -> Load:
    """Open the connections together and wait for all of them."""
    parts = urlsplit(url)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}", f"Cookie: {cookie}", ACCEPT]
    request = "\r\n".join(lines).encode() + HEAD_END
    load, began = Load(), time.perf_counter()
    askers = [Asker(request, began + seconds, load.times) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, parts.hostname, parts.port)
    await asyncio.gather(*(asker.done for asker in askers))
    load.took_s = time.perf_counter() - began
    return load
