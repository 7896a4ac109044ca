"""The series of a run: what its workers tell of themselves, put together second by second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from perfanalysis.generator.telemetry import Second
from perfanalysis.model.chunks import Rows
from perfanalysis.model.series import SERIES, SeriesKind

_FIGURES = {"p50": 0, "p99": 2, "max": 3}


class SecondsOfAll:
    """Adds up what belongs to the run, and keeps apart what belongs to a worker.

    Users, iterations and dropped arrivals are sums over all workers (`vus`, `iterations`,
    `dropped_iterations`, as other tools name them). A second is complete when every worker that is
    still at work has told it.

    Args:
        workers: how many there are.
        start_us: the first second's begin, in microseconds since 1970.
        is_open: whether there are arrivals, which may be dropped.
    """

    def __init__(self, workers: int, start_us: int, *, is_open: bool) -> None:
        self._working = set(range(workers))
        self._told = dict.fromkeys(range(workers), -1)
        self._start_us = start_us
        self._is_open = is_open
        self._waiting: dict[int, dict[int, Second]] = {}
        self.users: int | None = None

    def add(self, worker: int, second: Second) -> None:
        """Take a second of a worker."""
        number = second["second"]
        self._waiting.setdefault(number, {})[worker] = second
        self._told[worker] = number

    def ended(self, worker: int) -> None:
        """Wait for a worker no more."""
        self._working.discard(worker)

    def complete(self) -> Iterator[Rows]:
        """Yield the series of the seconds that are complete now."""
        least = min((self._told[worker] for worker in self._working), default=None)
        ready = sorted(n for n in self._waiting if least is None or n <= least)
        if ready:
            points = [p for number in ready for p in self._points(number)]
            yield Rows(table="series", batch=pa.RecordBatch.from_pylist(points, schema=SERIES))

    def _points(self, number: int) -> Iterator[dict[str, Any]]:
        told = self._waiting.pop(number)
        time_us = self._start_us + (number + 1) * 1_000_000
        whole = max(second["elapsed_s"] for second in told.values()) > 0.5
        if whole or number == 0:
            # Of the rest of a second at the end the users are not known: they are going.
            self.users = sum(second["users"] for second in told.values())
            yield _point(time_us, "vus", self.users)
        sums = {"iterations": sum(second["iterations"] for second in told.values())}
        if self._is_open:
            sums["dropped_iterations"] = sum(second["dropped"] for second in told.values())
        for metric, value in sums.items():
            yield _point(time_us, metric, value, kind=SeriesKind.COUNTER)
        for worker, second in sorted(told.items()):
            yield _point(time_us, "generator.cpu", second["cpu"], unit="%", worker=worker)
            for metric, figures in (("loop_lag", second["lag"]), ("lateness", second["lateness"])):
                for name, position in _FIGURES.items():
                    if figures is not None:
                        full = f"generator.{metric}.{name}"
                        yield _point(time_us, full, figures[position], unit="ms", worker=worker)


def _point(
    time_us: int,
    metric: str,
    value: float,
    *,
    unit: str | None = None,
    kind: SeriesKind = SeriesKind.GAUGE,
    worker: int | None = None,
) -> dict[str, Any]:
    return {
        "time": time_us,
        "metric": metric,
        "value": float(value),
        "unit": unit,
        "kind": kind.value,
        "labels": None if worker is None else [("worker", str(worker))],
    }
