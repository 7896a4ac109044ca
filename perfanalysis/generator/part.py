"""The part of a load that one worker makes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which share of the load a worker has, and when it begins.

    Attributes:
        worker: number of this worker, counted from 0.
        workers: how many there are.
        start_ns: when the curve begins, on the monotonic clock that all workers share.
        graceful_stop_s: how long iterations that are under way may take to end.
        seed: of random arrivals and of the users.
    """

    worker: int
    workers: int
    start_ns: int
    graceful_stop_s: float
    seed: int

    def time(self, offset_s: float) -> int:
        """Return the time of the monotonic clock so many seconds after the beginning."""
        return self.start_ns + round(offset_s * 1e9)
