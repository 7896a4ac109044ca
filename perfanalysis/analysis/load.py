"""The load of a run, as far as it is known: how much, for how long, by how many, of what."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.analysis.evidence import NameEvidence, RunEvidence, by_name, requests_only
from perfanalysis.model.run import Evidence, RunInfo
from perfanalysis.phrases import Phrase, phrase
from perfanalysis.stats.histogram import columns_of, spread
from perfanalysis.store.bundle import Run

Floats = npt.NDArray[np.float64]

USERS = "vus"
ITERATIONS = "iterations"
DROPPED = "dropped_iterations"
CPU = "system.cpu"
# Into how many parts of equal duration the users over time are cut.
SLICES = 20
_NO_POINTS = (np.zeros(0), np.zeros(0))


@dataclass(frozen=True, kw_only=True)
class NameLoad:
    """Requests of one name, and their mean latency in milliseconds, failures included."""

    requests: int
    mean_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Offered:
    """What an open model asked for.

    Attributes:
        per_s: requests or iterations that were due per second.
        n: how many of them were counted.
        achieved: share of that rate that was made, 0..1.
    """

    per_s: float
    n: int
    achieved: float


def side_word(side: str) -> Phrase:
    """Return what sentences call `current` or `baseline`."""
    return phrase("current") if side == "current" else phrase("baseline")


def run_of_side(side: str, name: str) -> Phrase:
    """Return what sentences call a run.

    Args:
        side: `current`, `baseline`, `identical`, or `this` of a run that stands alone.
        name: of the run.
    """
    run = repr(name)
    if side == "current":
        return phrase("current run {run}", run=run)
    if side == "baseline":
        return phrase("baseline run {run}", run=run)
    if side == "identical":
        return phrase("identical run {run}", run=run)
    return phrase("this run {run}", run=run)


class Load:
    """The load of one run of one side. Whatever is not known is None.

    Attributes:
        side: `current`, `baseline`, `identical` or `this`.
        info: what is known about the run.
        duration_s: how long it lasted.
        requests: how many it made, also those that a sampled log left out.
        failures: how many of these failed.
    """

    def __init__(self, run: RunEvidence, side: str) -> None:
        self.side = side
        self.info: RunInfo = run.info
        self._run = run
        counts = run.info.counts
        self.requests, self.failures = counts.requests, counts.failures
        self.duration_s = run.info.duration_s
        # What a tool counted goes before its log, which may hold but a part.
        total = run.counted.total if run.counted is not None else None
        if total is not None:
            self.requests, self.failures = total.requests, total.failures
            self.duration_s = total.duration_s or self.duration_s

    @property
    def label(self) -> Phrase:
        """What sentences call the run."""
        return run_of_side(self.side, self.info.name)

    @cached_property
    def names(self) -> dict[str, NameLoad]:
        """Requests and mean latency by name."""
        means: dict[str, float] = {}
        if self.info.evidence is Evidence.REQUESTS:
            means = _mean_latencies(self._run.run)
        return {
            name: NameLoad(requests=found.requests, mean_ms=means.get(name) or _told_mean(found))
            for name, found in self._run.names.items()
        }

    def rate(self, names: Collection[str]) -> float | None:
        """Return the requests of some names per second."""
        counted = sum(load.requests for load in self.names.values())
        if not self.duration_s or not counted:
            return None
        share = sum(self.names[name].requests for name in names) / counted
        return share * self.requests / self.duration_s

    def in_flight(self, names: Collection[str]) -> float | None:
        """Return how many requests were under way on average: rate times latency (Little's law)."""
        rate = self.rate(names)
        chosen = [self.names[name] for name in names if self.names[name].requests]
        means = [load.mean_ms for load in chosen if load.mean_ms is not None]
        if rate is None or not chosen or len(means) < len(chosen):
            return None
        mean_ms = float(np.average(means, weights=[load.requests for load in chosen]))
        return rate * mean_ms / 1000

    @cached_property
    def series(self) -> dict[str, tuple[Floats, Floats]]:
        """Seconds since 1970 and values of the series that tell about load, by metric."""
        return _series(self._run.run, (USERS, DROPPED, CPU))

    @property
    def users(self) -> Floats | None:
        """Virtual users in twenty parts of the run, shape (20,)."""
        if USERS not in self.series:
            return None
        time, value = self.series[USERS]
        middles = time[0] + (np.arange(SLICES) + 0.5) / SLICES * (time[-1] - time[0])
        users: Floats = np.interp(middles, time, value)
        return users

    @property
    def most_users(self) -> float | None:
        """The largest number of virtual users at any time."""
        return float(self.series[USERS][1].max()) if USERS in self.series else None

    @property
    def cpu_percent(self) -> float | None:
        """Mean use of the machine's processors, where a monitor ran beside the test."""
        return float(self.series[CPU][1].mean()) if CPU in self.series else None

    @cached_property
    def offered(self) -> Offered | None:
        """What was asked for, where the source tells: iterations that were dropped, or due times.

        A count of dropped iterations is believed first: where an iteration makes several requests,
        only its first one was due at a time. k6 counts them only if there were any: without, its
        model is not known.
        """
        if not self.duration_s:
            return None
        schedule = self._run.run.schedule()
        if DROPPED in self.series:
            # Iterations that began last may end long after everything was due.
            return self._counted(schedule.due_s if schedule is not None else 0.0)
        if schedule is None or schedule.due_s <= 0 or schedule.started_s <= 0:
            return None
        achieved = min(schedule.due_s / schedule.started_s, 1.0)
        per_s = self.requests / self.duration_s / achieved
        return Offered(per_s=per_s, n=schedule.requests, achieved=achieved)

    def _counted(self, due_s: float) -> Offered:
        # Read only where it is needed: there is one point per iteration.
        _, iterations = _series(self._run.run, (ITERATIONS,)).get(ITERATIONS, _NO_POINTS)
        made, dropped = float(iterations.sum()), float(self.series[DROPPED][1].sum())
        due = made + dropped
        achieved = made / due if due else 1.0
        return Offered(per_s=due / (due_s or self.duration_s or 1.0), n=int(due), achieved=achieved)


Figure = Callable[[Load], float | None]


def extremes(
    loads: Sequence[Load], figure: Figure
) -> tuple[tuple[float, Load], tuple[float, Load]] | None:
    """Return the least and the greatest figure with their runs; None where no run tells it."""
    known = [(value, load) for load in loads if (value := figure(load)) is not None]
    if not known:
        return None
    return min(known, key=lambda pair: pair[0]), max(known, key=lambda pair: pair[0])


def _series(run: Run, metrics: tuple[str, ...]) -> dict[str, tuple[Floats, Floats]]:
    table = run.series_of(metrics)
    metric = table.column("metric").to_numpy(zero_copy_only=False)
    time_s = table.column("time").cast(pa.int64()).to_numpy() / 1e6
    value = table.column("value").to_numpy()
    found = {name: metric == name for name in metrics}
    return {name: (time_s[mine], value[mine]) for name, mine in found.items() if mine.any()}


def _mean_latencies(run: Run) -> dict[str, float]:
    """Return the mean latency by name, failures included: every answer keeps a user waiting."""
    found: dict[str, float] = {}
    for name, rows in by_name(requests_only(run.histograms_table)):
        some_untimed = rows.column("bucket").null_count > 0
        part = rows.filter(pc.is_valid(rows.column("bucket"))) if some_untimed else rows
        column, buckets = columns_of(part.column("bucket").to_numpy().astype(np.int64))
        low, high = spread(buckets, run.info.clock_resolution_ms)
        count = part.column("count").to_numpy()
        requests = int(count.sum())
        if requests:
            latencies = ((low + high) / 2)[column] * count
            # One after the other, as the order of a sum decides about its last digit.
            found[name] = float(np.cumsum(latencies)[-1] / requests)
    return found


def _told_mean(found: NameEvidence) -> float | None:
    """Return the mean latency that the source tells, for the whole run or window by window."""
    if found.total is not None and found.total.mean_ms is not None:
        return found.total.mean_ms
    windows = found.windows
    if windows is None or windows.mean_ms is None:
        return None
    told = ~np.isnan(windows.mean_ms) & (windows.requests > 0)
    if not told.any():
        return None
    return float(np.average(windows.mean_ms[told], weights=windows.requests[told]))
