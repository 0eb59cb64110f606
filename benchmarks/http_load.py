"""A small HTTP load: keep-alive connections that each ask again once they have been answered."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

import uvloop

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"
ACCEPT = "Accept-Encoding: gzip"


@dataclass(frozen=True, slots=True)
class Ask:
    """What a browser asks for."""

    url: str
    cookie: str = ""
    takes_gzip: bool = True


@dataclass(slots=True)
class Load:
    """What one run saw. Times are in seconds."""

    times: list[float] = field(default_factory=list)
    took_s: float = 0.0
    page_bytes: int = 0

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.times) / self.took_s


class Asker(asyncio.Protocol):
    """One connection. `done` is resolved when the time is up, or fails at a wrong answer."""

    def __init__(self, requests: Iterator[bytes], until: float, load: Load) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._requests, self._until, self._load = requests, until, load

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        self._transport = transport
        self._ask()

    def _ask(self) -> None:
        """Send the request and forget the last answer."""
        self._head, self._missing = b"", -1
        self._asked = time.perf_counter()
        self._transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        """Count an answer's bytes until it is whole, then ask again while there is time."""
        if self._missing < 0:
            self._head += data
            head, found, rest = self._head.partition(HEAD_END)
            if not found:
                return
            self._missing = _length(head) - len(rest)
            self._load.page_bytes = _length(head)
        else:
            self._missing -= len(data)
        if self._missing > 0:
            return
        now = time.perf_counter()
        self._load.times.append(now - self._asked)
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


def ask_for(asked: Sequence[Ask], *, connections: int, seconds: float) -> Load:
    """Ask for these over and over, in turns, from several connections at once."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_ask_for(asked, connections, time.perf_counter() + seconds))


def ask_once_each(asked: Sequence[Ask]) -> Load:
    """Ask for each of these once, one after the other."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        load = Load()
        for one in asked:
            found = runner.run(_ask_for([one], 1, 0))
            load.times += found.times
            load.took_s += found.took_s
            load.page_bytes = found.page_bytes
        return load


async def _ask_for(asked: Sequence[Ask], connections: int, until: float) -> Load:
    """Open the connections together and wait for all of them."""
    parts = urlsplit(asked[0].url)
    requests = cycle([_request(one) for one in asked])
    load, loop, began = Load(), asyncio.get_running_loop(), time.perf_counter()
    askers = [Asker(requests, until, load) for _ in range(connections)]
    for asker in askers:
        await loop.create_connection(lambda asker=asker: asker, parts.hostname, parts.port)
    await asyncio.gather(*(asker.done for asker in askers))
    load.took_s = time.perf_counter() - began
    return load


def _request(asked: Ask) -> bytes:
    """Return a request as it goes out."""
    parts = urlsplit(asked.url)
    lines = [f"GET {parts.path} HTTP/1.1", f"Host: {parts.netloc}"]
    lines += [f"Cookie: {asked.cookie}"] if asked.cookie else []
    lines += [ACCEPT] if asked.takes_gzip else []
    return "\r\n".join(lines).encode() + HEAD_END
