"""When readings are due: a schedule that does not drift."""

from __future__ import annotations

import math


class Ticks:
    """The times at which a source is read: the start and every whole interval after it.

    A reading that takes longer than its interval makes the source miss readings; they are counted
    and not made up for.

    Args:
        start: the first time, in seconds of a monotonic clock.
        interval_s: from one time to the next.

    Attributes:
        skipped: how many were missed.

    >>> ticks = Ticks(start=100.0, interval_s=1.0)
    >>> ticks.due, ticks.advance(now=100.2), ticks.due
    (100.0, 0, 101.0)
    >>> ticks.advance(now=103.5), ticks.due, ticks.skipped
    (2, 104.0, 2)
    """

    def __init__(self, *, start: float, interval_s: float) -> None:
        self.skipped = 0
        self._start = start
        self._interval_s = interval_s
        self._number = 0

    @property
    def due(self) -> float:
        """When the next reading is due."""
        return self._start + self._number * self._interval_s

    def advance(self, *, now: float) -> int:
        """Go to the first time after `now`, at least to the next; return how many were missed."""
        passed = math.floor((now - self._start) / self._interval_s)
        following = max(self._number + 1, passed + 1)
        missed = following - self._number - 1
        self._number = following
        self.skipped += missed
        return missed
