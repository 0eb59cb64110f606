"""A TCP proxy that does what bad networks do: cut, swallow, hang half open, lose one direction."""

import asyncio
import contextlib

HOST = "127.0.0.1"
CHUNK = 65_536
CLOSED = 1
"""A port where nobody listens."""


class Wire:
    """One proxied connection: two directions, each open, held (it waits) or lost (it vanishes)."""

    def __init__(self, inner, outer):
        self.inner, self.outer = inner, outer
        self.flows = {"there": asyncio.Event(), "back": asyncio.Event()}
        self.lost = set()
        for flow in self.flows.values():
            flow.set()

    async def carry(self, reader, writer, direction):
        """Carry bytes one way until an end is reached."""
        while data := await reader.read(CHUNK):
            await self.flows[direction].wait()
            if direction in self.lost:
                continue
            writer.write(data)
            await writer.drain()

    def reset(self):
        """Cut both ends with a RST."""
        for writer in (self.inner, self.outer):
            writer.transport.abort()


class Proxy:
    """Listens on `port` and passes connections on to `targets` (ports) in turn."""

    def __init__(self, *targets):
        self.targets = list(targets)
        self.wires = set()
        self.port = None
        self.cuts = 0
        self._turn = 0
        self._tasks = set()

    async def start(self):
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    @property
    def url(self):
        return f"http://{HOST}:{self.port}"

    async def stop(self):
        self._server.close()
        for wire in list(self.wires):
            for flow in wire.flows.values():
                flow.set()
            wire.reset()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def reset(self, _for_s=0):
        """Cut every connection at once."""
        self.cuts += 1
        for wire in list(self.wires):
            wire.reset()

    async def black_hole(self, for_s):
        """Let nothing through for a while; what was sent arrives late, as after retransmission."""
        self.cuts += 1
        wires = list(self.wires)
        for wire in wires:
            for flow in wire.flows.values():
                flow.clear()
        await asyncio.sleep(for_s)
        for wire in wires:
            for flow in wire.flows.values():
                flow.set()

    async def half_open(self, for_s):
        """Cut the server's ends and say nothing to the clients for a while."""
        self.cuts += 1
        wires = list(self.wires)
        for wire in wires:
            wire.lost |= {"there", "back"}
            wire.flows["there"].clear()
            wire.inner.transport.abort()
        await asyncio.sleep(for_s)
        for wire in wires:
            wire.reset()

    async def lose_answers(self, for_s):
        """Lose what the server says, acks among it, while it hears everything; then cut."""
        self.cuts += 1
        wires = list(self.wires)
        for wire in wires:
            wire.lost.add("back")
        await asyncio.sleep(for_s)
        for wire in wires:
            wire.reset()

    @contextlib.asynccontextmanager
    async def closed(self):
        """Cut everything and let nobody in while this lasts."""
        self.cuts += 1
        targets, self.targets = self.targets, []
        for wire in list(self.wires):
            wire.reset()
        yield
        self.targets = targets

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        self._turn += 1
        try:
            target = self.targets[self._turn % len(self.targets)] if self.targets else CLOSED
            inside, inner = await asyncio.open_connection(HOST, target)
        except OSError:
            writer.transport.abort()
            self._tasks.discard(task)
            return
        wire = Wire(inner, writer)
        self.wires.add(wire)
        there = asyncio.create_task(wire.carry(reader, inner, "there"))
        back = asyncio.create_task(wire.carry(inside, writer, "back"))
        try:
            await self._until_over(wire, there, back)
        finally:
            self.wires.discard(wire)
            self._tasks.discard(task)

    async def _until_over(self, wire, there, back):
        """Wait until one way ends; while a fault hides that, the other end is not told."""
        with contextlib.suppress(OSError):
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        if wire.lost:
            with contextlib.suppress(OSError):
                await wire.outer.wait_closed()
        for task in (there, back):
            task.cancel()
        await asyncio.gather(there, back, return_exceptions=True)
        for writer in (wire.inner, wire.outer):
            writer.transport.abort() if wire.lost else writer.close()
