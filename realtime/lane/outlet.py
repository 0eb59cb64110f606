"""The way out to rooms: one message, encoded once, put into every socket that may hear it."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from typing import Any

from realtime.lane.frames import TEXT, frame


class Outlet:
    """Tells rooms something without waiting for anybody."""

    def __init__(self, sio: Any) -> None:
        self._sio = sio
        self._closing: set[asyncio.Task[None]] = set()

    def tell(
        self, namespace: str, rooms: Iterable[str], event: str, message: Mapping[str, object] | str
    ) -> int:
        """Put an event into each socket that sits in any of the rooms; return how many.

        A message that is a text is JSON already.
        """
        listeners = self._listeners(namespace, rooms)
        if not listeners:
            return 0
        if not isinstance(message, str):
            message = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        # Half a letter, which JSON can spell and UTF-8 cannot, would end the browser's connection.
        text = f'42{namespace},["{event}",{message}]'.encode(errors="replace")
        framed = frame(TEXT, text)
        sockets, told = self._sio.eio.sockets, 0
        for eio_sid in listeners:
            socket = sockets.get(eio_sid)
            if socket is not None and not socket.closed:
                socket.put_ready(text, framed)
                told += 1
        return told

    def _listeners(self, namespace: str, rooms: Iterable[str]) -> set[str]:
        """Return the connections in any of the rooms."""
        inhabited = self._sio.manager.rooms.get(namespace, {})
        found: set[str] = set()
        for room in rooms:
            members = inhabited.get(room)
            if members:
                found.update(members.values())
        return found

    def close(self, namespace: str, room: str) -> None:
        """Disconnect everybody in a room from the namespace, soon."""
        for sid, _ in list(self._sio.manager.get_participants(namespace, room)):
            task = asyncio.ensure_future(self._sio.disconnect(sid, namespace=namespace))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)
