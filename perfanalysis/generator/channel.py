"""The worker's end of the socket that leads to the process that records."""

from __future__ import annotations

import asyncio
import socket
import threading
from queue import Queue

from perfanalysis.generator.frames import HEADER, Frame

# Some fifty megabytes, at most.
MOST_WAITING_FRAMES = 64
# A process that has read nothing for so long records no more.
GIVE_UP_S = 600.0


class Channel:
    """Sends frames from a thread of its own, and keeps those that come until they are asked for.

    If the other process falls far behind it is waited for: the users stand still, which shows as
    lag of the event loop, and memory stays bounded.

    Args:
        loop: the event loop that `receive` is called on.
        end: one end of a pair of stream sockets.

    Attributes:
        is_open: whether the other process is there.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, end: socket.socket) -> None:
        self._loop = loop
        self._socket = end
        # The event loop makes the socket non-blocking; with a time-out, sending waits all the same.
        end.settimeout(GIVE_UP_S)
        self.is_open = True
        self._outgoing: Queue[bytes | None] = Queue(MOST_WAITING_FRAMES)
        self._received = bytearray()
        self._frames: asyncio.Queue[tuple[Frame, bytes]] = asyncio.Queue()
        self._thread = threading.Thread(target=self._send_all, name="recording", daemon=True)
        self._thread.start()
        loop.add_reader(end.fileno(), self._read)

    def send(self, frame: bytes) -> None:
        """Send a frame; it waits only if the other process has fallen far behind."""
        self._outgoing.put(frame)

    async def receive(self) -> tuple[Frame, bytes]:
        """Return the next frame; STOP with no content if the other process has gone."""
        return await self._frames.get()

    def close(self) -> None:
        """Close when everything has been sent."""
        self._outgoing.put(None)
        self._thread.join()
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def _send_all(self) -> None:
        is_read = True
        while (frame := self._outgoing.get()) is not None:
            if not is_read:
                continue
            try:
                self._socket.sendall(frame)
            except OSError:
                # Nobody reads any more: the reader notices too and ends the worker.
                is_read = False

    def _read(self) -> None:
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.is_open = False
            self._loop.remove_reader(self._socket.fileno())
            self._frames.put_nowait((Frame.STOP, b""))
            return
        self._received += data
        while len(self._received) >= HEADER.size:
            kind, size = HEADER.unpack_from(self._received)
            if len(self._received) < HEADER.size + size:
                return
            payload = bytes(self._received[HEADER.size : HEADER.size + size])
            del self._received[: HEADER.size + size]
            self._frames.put_nowait((Frame(kind), payload))
