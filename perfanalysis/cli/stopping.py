"""Signals that end a command in good order."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# `timeout` and CI systems send a signal to the process and to its group: it arrives twice.
_ECHO_S = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stopping_on_signals() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C, SIGTERM and SIGHUP set; the second Ctrl-C interrupts as ever.

    Outside the main thread, where Python allows no handlers, nothing sets it.
    """
    stopping = threading.Event()
    first_at = 0.0
    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first_at
        del frame
        now = time.monotonic()
        if not stopping.is_set():
            first_at = now
            stopping.set()
        elif number == signal.SIGINT and now - first_at > _ECHO_S:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in _SIGNALS}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
