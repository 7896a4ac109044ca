"""Whether the generator itself was the bottleneck: then it has timed itself."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from perfanalysis.generator.telemetry import Second
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

BUSY_CPU_PERCENT = 90.0
LATE_MS = 20.0
_P95 = 1  # of a worker's figures


class SaturationWatch:
    """Looks at the seconds of all workers.

    A worker was saturated if it used 90 % of a processor on average, or if in more than half of the
    seconds one in twenty of the things that were due had to wait more than 20 ms: for the event
    loop, or to begin as an arrival. Single bad moments do not count; the series show them.
    """

    def __init__(self) -> None:
        self._cpu_s: dict[int, float] = defaultdict(float)
        self._elapsed_s: dict[int, float] = defaultdict(float)
        self._lag_ms: dict[int, list[float]] = defaultdict(list)
        self._lateness_ms: dict[int, list[float]] = defaultdict(list)

    def add(self, worker: int, second: Second) -> None:
        """Take a second of a worker."""
        self._cpu_s[worker] += second["cpu"] / 100 * second["elapsed_s"]
        self._elapsed_s[worker] += second["elapsed_s"]
        if second["lag"] is not None:
            self._lag_ms[worker].append(second["lag"][_P95])
        if second["lateness"] is not None:
            self._lateness_ms[worker].append(second["lateness"][_P95])

    def caveat(self) -> Caveat | None:
        """Return what forbids to compare the run; None if the generator kept up."""
        message = self._busy() or self._slow() or self._late()
        return None if message is None else Caveat(code="generator-saturated", message=message)

    def _busy(self) -> str | None:
        shares = {w: 100 * self._cpu_s[w] / s for w, s in self._elapsed_s.items() if s > 0}
        worker = max(shares, key=shares.__getitem__, default=None)
        if worker is None or shares[worker] < BUSY_CPU_PERCENT:
            return None
        return phrase(
            "worker {worker} of the generator used {percent} % of its processor: "
            "the latencies hold waiting of its own; use more workers, or less load",
            worker=worker,
            percent=f"{shares[worker]:.0f}",
        )

    def _slow(self) -> str | None:
        worker, lag = _worst(self._lag_ms)
        if worker is None or lag <= LATE_MS:
            return None
        return phrase(
            "in worker {worker} of the generator one in twenty of the things that were due had to "
            "wait {lag} ms and more, in a typical second: "
            "the latencies hold waiting of its own; use more workers, or less load",
            worker=worker,
            lag=f"{lag:.0f}",
        )

    def _late(self) -> str | None:
        worker, lateness = _worst(self._lateness_ms)
        if worker is None or lateness <= LATE_MS:
            return None
        return phrase(
            "worker {worker} of the generator began one in twenty of its iterations {lateness} ms "
            "late and more, in a typical second: "
            "the latencies hold waiting of its own; use more workers, or less load",
            worker=worker,
            lateness=f"{lateness:.0f}",
        )


def _worst(figures: dict[int, list[float]]) -> tuple[int | None, float]:
    typical = {worker: median(values) for worker, values in figures.items() if values}
    worker = max(typical, key=typical.__getitem__, default=None)
    return worker, 0.0 if worker is None else typical[worker]
