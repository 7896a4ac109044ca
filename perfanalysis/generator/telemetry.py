"""What a worker measures of itself, second by second: it may be the slowest part of the test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from time import perf_counter_ns
from typing import Protocol, TypeAlias, TypedDict

from perfanalysis.generator.alarm import Alarm
from perfanalysis.generator.iterations import Iterations

PROBE_NS = 20_000_000
Figures: TypeAlias = tuple[float, float, float, float]


class Model(Protocol):
    """What makes the load: the closed or the open model."""

    dropped: int
    interrupted: int

    def most_users(self) -> int:
        """Return how many users there were at most at one time since this was last asked."""
        ...

    async def run(self) -> None:
        """Make the load until it has ended."""
        ...

    def stop(self, grace_s: float) -> None:
        """Begin nothing more; what is under way may end within so many seconds."""
        ...


class Second(TypedDict):
    """A worker's own figures of one second.

    `second` counts from the start and `end_ns` is when it was over. `users` is the largest number
    at one time; `iterations` are those that ended and `dropped` the arrivals that found nobody;
    `lateness` and `lag` are the percentiles 50, 95, 99 and 100 in milliseconds; `cpu` is the use of
    one processor in percent, of `elapsed_s` seconds.
    """

    second: int
    end_ns: int
    users: int
    iterations: int
    dropped: int
    lateness: Figures | None
    lag: Figures | None
    cpu: float
    elapsed_s: float


class Telemetry:
    """Takes a worker's figures.

    Args:
        iterations, model: what is watched.
        start_ns: when the first second begins.
    """

    def __init__(self, iterations: Iterations, model: Model, start_ns: int) -> None:
        self._iterations = iterations
        self._model = model
        self._start_ns = start_ns
        self._lags: list[int] = []
        self._second = 0
        self._ended = 0
        self._dropped = 0
        self._cpu_s = time.process_time()
        self._since_ns = perf_counter_ns()
        self._alarm = Alarm(asyncio.get_running_loop())

    async def probe(self) -> None:
        """Measure the lag of the event loop fifty times a second, for ever.

        It is how long what is due has to wait: for the processor, and for what runs before it.
        """
        try:
            while True:
                due = perf_counter_ns() + PROBE_NS
                await self._alarm.until(due)
                self._lags.append(max(perf_counter_ns() - due, 0))
        finally:
            self._alarm.close()

    def due_ns(self) -> int:
        """Return when the current second is over."""
        return self._start_ns + (self._second + 1) * 1_000_000_000

    def take(self) -> Second:
        """Return the figures since they were last taken."""
        now, cpu_s = perf_counter_ns(), time.process_time()
        iterations, model = self._iterations, self._model
        lateness, iterations.lateness = iterations.lateness, []
        lags, self._lags = self._lags, []
        elapsed_s = max((now - self._since_ns) / 1e9, 1e-9)
        taken = Second(
            second=self._second,
            end_ns=now,
            users=model.most_users(),
            iterations=iterations.ended - self._ended,
            dropped=model.dropped - self._dropped,
            lateness=_figures(lateness),
            lag=_figures(lags),
            cpu=100 * (cpu_s - self._cpu_s) / elapsed_s,
            elapsed_s=elapsed_s,
        )
        self._ended, self._dropped = iterations.ended, model.dropped
        self._cpu_s, self._since_ns = cpu_s, now
        # A loop that was held up for seconds takes them all at once.
        self._second = max(self._second + 1, (now - self._start_ns) // 1_000_000_000)
        return taken


def _figures(values_ns: Sequence[int]) -> Figures | None:
    if not values_ns:
        return None
    ordered = sorted(values_ns)
    last = len(ordered) - 1
    middle, p95, p99 = (ordered[round(last * share)] / 1e6 for share in (0.5, 0.95, 0.99))
    return middle, p95, p99, ordered[-1] / 1e6
