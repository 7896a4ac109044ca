"""Waking up at an exact time.

The timers of uvloop have steps of a millisecond, and spinning until the time has come would keep a
processor busy that the users need. Linux has timers that wake an event loop within some ten
microseconds (timerfd_create(2)); where there are none, an alarm is as exact as the loop's timers.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from time import perf_counter_ns
from typing import Any

_CLOCK_MONOTONIC, _ABSOLUTE = 1, 1
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class _Timerspec(ctypes.Structure):
    """`struct itimerspec`: interval and first expiry, each in seconds and nanoseconds."""

    _fields_ = (("interval", ctypes.c_long * 2), ("expiry", ctypes.c_long * 2))


class Alarm:
    """Wakes one waiting coroutine at a time of `time.perf_counter_ns`.

    Args:
        loop: the running event loop.

    Attributes:
        exact: whether the system has timers for it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._libc = _libc()
        self._fd = -1
        self._waiter: asyncio.Future[None] | None = None
        self._spec = _Timerspec()
        if self._libc is not None:
            self._fd = self._libc.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        self.exact = self._fd >= 0
        if self.exact:
            loop.add_reader(self._fd, self._ring)

    async def until(self, when_ns: int) -> None:
        """Return at a time, or at once if it has passed, or when the alarm is woken."""
        now = perf_counter_ns()
        if when_ns <= now:
            return
        self._waiter = self._loop.create_future()
        handle: asyncio.TimerHandle | None = None
        if self.exact:
            self._set(when_ns)
        else:
            # Up to the next millisecond: the loop would round down, too.
            milliseconds = -((now - when_ns) // 1_000_000)
            handle = self._loop.call_later(milliseconds / 1000, self.wake)
        try:
            await self._waiter
        finally:
            self._waiter = None
            if handle is not None:
                handle.cancel()

    def wake(self) -> None:
        """Let the waiting coroutine go on now."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def close(self) -> None:
        """Give the timer back."""
        self.wake()
        if self.exact:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self.exact = False

    def _set(self, when_ns: int) -> None:
        assert self._libc is not None  # noqa: S101  (exact alarms have it)
        self._spec.expiry[0], self._spec.expiry[1] = divmod(when_ns, 1_000_000_000)
        self._libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(self._spec), None)

    def _ring(self) -> None:
        try:
            os.read(self._fd, 8)
        except BlockingIOError:
            # The timer was set again before this expiry was read.
            return
        self.wake()


def _libc() -> Any:  # noqa: ANN401  (foreign functions are untyped)
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return libc if hasattr(libc, "timerfd_create") else None
