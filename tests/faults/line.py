"""One socket.io connection as a browser holds it: cheap by the thousand, and it can be held still."""

import asyncio
import contextlib
import json
import re

import aiohttp

PACKET = re.compile(r"4(?P<kind>[0-4])(?P<namespace>/[a-z]+),?(?P<id>\d*)(?P<data>.*)", re.DOTALL)
JOINED, LEFT, EVENT, ANSWER, REFUSED = "0", "1", "2", "3", "4"
CONNECT_S = 10
LOST = (OSError, aiohttp.ClientError, TimeoutError)


class RefusedError(Exception):
    """The server said no; `told` is what it said."""

    def __init__(self, told):
        super().__init__(str(told))
        self.told = told


class Client:
    """Something with tasks of its own and perhaps a line; what fails in them is not hidden."""

    def __init__(self):
        self.line = None
        self._tasks = []

    def start(self):
        """Begin."""
        self._tasks = [asyncio.create_task(duty()) for duty in self.duties]
        return self

    def demand_alive(self):
        """Raise what ended one of the tasks, if anything did."""
        for task in self._tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise task.exception()

    async def stop(self):
        """Close the page at once."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.line is not None:
            await self.line.close()
        self.demand_alive()


class Line:
    """A namespace over a websocket. `hear(event, message)` is called in the order of arrival."""

    def __init__(self, http, url, namespace, *, headers=None, hear=None):
        self.http, self.url, self.namespace = http, url, namespace
        self.headers, self.hear = headers or {}, hear
        self.is_sent_away = False
        self.closed = asyncio.Event()
        self._answers = {}
        self._number = 0
        self._joined = asyncio.get_running_loop().create_future()
        self._reader = None
        self._beat_s = 30.0
        self._is_stalled = False
        self.received = 0

    async def open(self, auth):
        """Connect and join. Raises RefusedError, or one of LOST."""
        try:
            async with asyncio.timeout(CONNECT_S):
                address = f"{self.url}/socket.io/?EIO=4&transport=websocket"
                self._socket = await self.http.ws_connect(
                    address, headers=self.headers, max_msg_size=0, autoping=True
                )
                hello = json.loads((await self._socket.receive_str())[1:])
                self._beat_s = (hello["pingInterval"] + hello["pingTimeout"]) / 1000
                await self._socket.send_str(f"40{self.namespace},{json.dumps(auth)}")
                self._reader = asyncio.create_task(self._read())
                await self._joined
        except (RefusedError, TypeError, *LOST) as error:
            await self.close()
            # TypeError: the socket closed before the first frame
            raise ConnectionError(str(error)) if isinstance(error, TypeError) else error from None
        return self

    async def call(self, event, message, *, wait_s=8.0):
        """Send an event and return its answer; None when none came in time or the line is gone."""
        self._number += 1
        answer = self._answers[self._number] = asyncio.get_running_loop().create_future()
        data = json.dumps([event, message], separators=(",", ":"))
        frame = f"42{self.namespace},{self._number}{data}"
        try:
            async with asyncio.timeout(wait_s):
                await self._socket.send_str(frame)
                return await answer
        except LOST:
            return None

    async def close(self):
        """Hang up."""
        if self._reader is not None:
            self._reader.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reader
        elif hasattr(self, "_socket"):
            await self._hang_up()

    def hang_up(self):
        """Hang up without waiting for it."""
        self._reader.cancel()

    def stall(self):
        """Stop reading from the network, as a page that is held in a debugger."""
        self._is_stalled = True
        self._socket._writer.transport.pause_reading()

    def resume(self):
        """Read on."""
        self._is_stalled = False
        self._socket._writer.transport.resume_reading()

    async def _read(self):
        try:
            while True:
                try:
                    message = await asyncio.wait_for(self._socket.receive(), self._beat_s)
                except TimeoutError:
                    if not self._is_stalled:
                        return
                    continue
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                if message.data == "2":
                    await self._socket.send_str("3")
                else:
                    self.received += len(message.data.encode())
                    if not self._take(message.data):
                        return
        except LOST:
            return
        except Exception as error:  # a mistake of ours must not look like a bad network
            self._end(error)
            raise
        finally:
            self._end(ConnectionError("closed"))
            await self._hang_up()

    def _take(self, frame):
        """Take one packet; False when the server hung up."""
        packet = PACKET.fullmatch(frame)
        if packet is None:
            return frame != "1"
        kind, data = packet["kind"], packet["data"]
        if kind == EVENT:
            if self.hear is not None:
                self.hear(*json.loads(data))
        elif kind == ANSWER:
            answer = self._answers.pop(int(packet["id"]), None)
            if answer is not None and not answer.done():
                answer.set_result(json.loads(data)[0])
        elif kind in {JOINED, REFUSED} and self._joined.done():
            pass  # it came too late: nobody waits for it any more
        elif kind == JOINED:
            self._joined.set_result(None)
        elif kind == REFUSED:
            told = json.loads(data)
            self._joined.set_exception(RefusedError(told.get("data") or {"error": told["message"]}))
        else:
            self.is_sent_away = True
        return kind not in {LEFT, REFUSED}

    def _end(self, why):
        self.closed.set()
        if not self._joined.done():
            self._joined.set_exception(why)
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(why)
                answer.exception()  # seen: a call may have given up on it
        self._answers.clear()

    async def _hang_up(self):
        with contextlib.suppress(*LOST):
            async with asyncio.timeout(1):
                await self._socket.close()
