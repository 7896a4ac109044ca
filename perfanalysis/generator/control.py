"""Ending a run before its time, from another thread or by a signal."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType

from perfanalysis.phrases import phrase

_REASONS = {
    signal.SIGINT: phrase("interrupted"),
    signal.SIGTERM: phrase("terminated"),
    signal.SIGHUP: phrase("the terminal was closed"),
}
# `timeout` and CI systems send a signal to the process and to its group: it arrives twice.
_ECHO_S = 0.5


class Ending(StrEnum):
    """How a run ended.

    finished: as planned; aborted: stopped because of what was measured; interrupted: by Ctrl-C,
    SIGTERM or SIGHUP; workers-lost: a worker process died, and what it should have done is missing;
    disk-full: what is measured could not be kept any more.
    """

    FINISHED = "finished"
    ABORTED = "aborted"
    INTERRUPTED = "interrupted"
    WORKERS_LOST = "workers-lost"
    DISK_FULL = "disk-full"


class Control:
    """Stops a run, and tells afterwards how it ended.

    Attributes:
        ending: FINISHED until something else has happened.
        reason: why it was stopped; None if it was not.
    """

    def __init__(self) -> None:
        self.ending = Ending.FINISHED
        self.reason: str | None = None
        self._stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether the run is to end."""
        return self._stopped.is_set()

    def stop(self, reason: str, ending: Ending = Ending.ABORTED) -> None:
        """Let the run end soon; the first reason counts.

        Args:
            reason: what ended it: `interrupted`, `http_req_failed: rate<0.1 was crossed`.
            ending: how it will have ended.
        """
        if not self._stopped.is_set():
            self.reason, self.ending = reason, ending
            self._stopped.set()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Let Ctrl-C, SIGTERM and SIGHUP stop the run in good order; a second Ctrl-C ends it now.

        Only the main thread can do so; in another one signals are left alone.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        first_at = 0.0

        def handle(number: int, frame: FrameType | None) -> None:
            nonlocal first_at
            del frame
            now = time.monotonic()
            if not self.is_stopped:
                first_at = now
                self.stop(_REASONS[signal.Signals(number)], Ending.INTERRUPTED)
            elif number == signal.SIGINT and now - first_at > _ECHO_S:
                raise KeyboardInterrupt

        before = {number: signal.signal(number, handle) for number in _REASONS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
