"""Worker processes, seen from the process that records."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
from queue import Full, Queue
from typing import NamedTuple

from perfanalysis.generator.frames import HEADER, MAX_FRAME_BYTES, Frame, packed

# Frames of all workers that wait to be recorded: some hundred megabytes at most. When there are
# more, the workers wait.
MOST_WAITING_FRAMES = 128
_CODE = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[2]); "
    "from perfanalysis.generator.worker import main; main(int(sys.argv[1]))"
)


class Event(NamedTuple):
    """A frame of a worker, or its end: then `kind` is None."""

    worker: int
    kind: Frame | None
    payload: bytes


class WorkerProcess:
    """One worker process and the thread that reads what it sends.

    Args:
        number: of the worker, counted from 0.
        events: takes what it sends.
    """

    def __init__(self, number: int, events: Queue[Event]) -> None:
        self.number = number
        self._events = events
        self._closing = False
        self._socket, theirs = socket.socketpair()
        with theirs:
            # A session of its own: Ctrl-C on the terminal is for this process alone.
            self._process = subprocess.Popen(  # noqa: S603  (this interpreter, and nobody's text)
                [sys.executable, "-c", _CODE, str(theirs.fileno()), json.dumps(sys.path)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self._thread = threading.Thread(target=self._read, name=f"worker-{number}", daemon=True)
        self._thread.start()

    def send(self, kind: Frame, payload: bytes = b"") -> None:
        """Send a frame; a worker that has gone does not get it."""
        with contextlib.suppress(OSError):
            self._socket.sendall(packed(kind, payload))

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def exit_code(self) -> int:
        """Wait for a process that has closed its socket and return how it ended."""
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """End the process, if it has not ended, and the thread."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self.exit_code()
        self._thread.join()
        self._socket.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._socket.makefile("rb") as stream:
            while len(header := stream.read(HEADER.size)) == HEADER.size:
                kind, size = HEADER.unpack(header)
                payload = stream.read(size) if size <= MAX_FRAME_BYTES else b""
                if len(payload) < size:
                    # Killed while it was sending: what it had sent before is kept.
                    break
                self._put(Event(self.number, Frame(kind), payload))
        self._put(Event(self.number, None, b""))

    def _put(self, event: Event) -> None:
        while not self._closing:
            with contextlib.suppress(Full):
                self._events.put(event, timeout=0.2)
                return
