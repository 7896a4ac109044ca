"""One thread that works off what it is handed, in order: writing runs beside reading."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import ParamSpec

P = ParamSpec("P")


class Background:
    """Calls functions one after the other in a thread of its own.

    What one of them raises is raised by a later `call` or by `finish`; those that were handed over
    by then are called all the same.

    Args:
        backlog: how many calls may wait; more make the caller wait, so that memory stays flat.
    """

    def __init__(self, *, backlog: int = 4) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="write")
        self._backlog = backlog
        self._waiting: deque[Future[None]] = deque()

    def call(self, function: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """Have a function called soon."""
        while len(self._waiting) > self._backlog:
            self._waiting.popleft().result()
        self._waiting.append(self._pool.submit(function, *args, **kwargs))

    def finish(self) -> None:
        """Wait until everything was called; raise what was raised first."""
        waiting, self._waiting = self._waiting, deque()
        wait(waiting)
        for future in waiting:
            future.result()

    def close(self) -> None:
        """Drop what was not called yet, and wait for what runs."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._waiting.clear()
