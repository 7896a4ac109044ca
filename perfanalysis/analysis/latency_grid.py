"""Latency over time as a table of counts: what charts of one name, or of all, are made of.

Windowed histograms list their cells. A table of few windows and buckets answers every question
of a report by sums along one of its sides; its size depends on the latencies' spread, not on the
number of requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import NameEvidence
from perfanalysis.model.buckets import ZERO_BUCKET
from perfanalysis.stats.dependence import WindowedHistogram
from perfanalysis.stats.histogram import Cdf, spread

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# What a damaged or hostile bundle says beyond a picosecond and beyond 30 000 years is cut off.
_LOWEST, _HIGHEST = -4_200, 7_000
# More windows than any importer makes; a table of the two limits still fits into memory.
_MOST_WINDOWS = 512


@dataclass(frozen=True, kw_only=True)
class Span:
    """The windows of a run: all tables of a run have the same rows.

    Attributes:
        start_us: start of the first window, microseconds since 1970, a multiple of `step_us`.
        step_us: length of a window.
        windows: how many there are, at most 512.
    """

    start_us: int
    step_us: int
    windows: int

    def rows(self, time_us: Ints) -> Ints:
        """Return the number of the window that each time lies in."""
        found: Ints = (time_us - self.start_us) // self.step_us
        return found


def span_of(names: dict[str, NameEvidence]) -> Span | None:
    """Return the windows of a run; None for a run without any."""
    starts = [n.windows.start_us for n in names.values() if n.windows is not None]
    starts = [times for times in starts if len(times)]
    if not starts:
        return None
    different = [np.diff(times) for times in starts if len(times) > 1]
    step = min((int(gaps.min()) for gaps in different), default=1_000_000)
    first, last = min(int(t[0]) for t in starts), max(int(t[-1]) for t in starts)
    while last // step - first // step >= _MOST_WINDOWS:
        step *= 2
    first -= first % step
    return Span(start_us=first, step_us=step, windows=(last - first) // step + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class LatencyGrid:
    """Requests that succeeded, by window and latency.

    Attributes:
        span: what the rows are.
        buckets: bucket number of each column, increasing; latencies of zero have the first one.
        counts: shape (windows, buckets).
        clock_resolution_ms: see `stats.histogram.spread`.
    """

    span: Span
    buckets: Ints
    counts: Floats
    clock_resolution_ms: float | None

    @cached_property
    def per_bucket(self) -> Floats:
        """Requests of each column."""
        total: Floats = self.counts.sum(axis=0)
        return total

    @cached_property
    def edges(self) -> tuple[Floats, Floats]:
        """Lower and upper latency of each column in milliseconds."""
        return spread(self.buckets, self.clock_resolution_ms)

    @cached_property
    def cdf(self) -> Cdf:
        """The distribution over the whole run; only for a table with requests."""
        used = self.per_bucket > 0
        counts = self.per_bucket[used].astype(np.int64)
        return Cdf(self.buckets[used], counts, self.clock_resolution_ms)

    @property
    def n(self) -> int:
        """Requests in all."""
        return int(self.per_bucket.sum())

    def binned(self, first: int, n: int, width_us: int) -> Floats:
        """Return requests by bin of time and latency, shape (n, buckets).

        Args:
            first: the number of the first bin; bin 0 begins in 1970.
            n: how many bins.
            width_us: of a bin, a multiple of the length of a window.
        """
        key = (first, n, width_us)
        if key not in self._binned:
            self._binned[key] = self._added_up(*key)
        return self._binned[key]

    @cached_property
    def _binned(self) -> dict[tuple[int, int, int], Floats]:
        return {}

    def _added_up(self, first: int, n: int, width_us: int) -> Floats:
        span = self.span
        rows_us = span.start_us + np.arange(span.windows, dtype=np.int64) * span.step_us
        numbers = rows_us // width_us
        starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
        place = numbers[starts] - first
        inside = (place >= 0) & (place < n)
        # Bins that are as wide as windows need no sums.
        whole = len(starts) == span.windows
        sums = self.counts if whole else np.add.reduceat(self.counts, starts, axis=0)
        if len(place) == n and inside.all():
            return sums
        counts = np.zeros((n, len(self.buckets)))
        counts[place[inside]] = sums[inside]
        return counts


def empty_grid(names: dict[str, NameEvidence], span: Span) -> LatencyGrid | None:
    """Return a table with room for all names; None unless every one has single latencies."""
    parts = [found.latencies for found in names.values()]
    known = [data for data in parts if data is not None]
    if not known or len(known) < len(parts):
        return None
    ends = [_ends(data.bucket) for data in known if len(data.bucket)]
    if not ends:
        return None
    buckets = _columns(min(low for low, _ in ends), max(high for _, high in ends))
    counts = np.zeros((span.windows, len(buckets)))
    return LatencyGrid(
        span=span,
        buckets=buckets,
        counts=counts,
        clock_resolution_ms=known[0].clock_resolution,
    )


def latency_grid(data: WindowedHistogram, span: Span) -> LatencyGrid | None:
    """Return the table of one name; None without a latency."""
    if not len(data.bucket):
        return None
    low, high = _ends(data.bucket)
    buckets = _columns(low, high)
    column = np.where(data.bucket <= ZERO_BUCKET, 0, data.bucket.clip(low, high) - low + 1)
    row = span.rows(data.window).clip(0, span.windows - 1)
    cells = span.windows * len(buckets)
    place = row * len(buckets) + column
    counts = np.bincount(place, weights=data.count, minlength=cells).astype(np.float64, copy=False)
    return LatencyGrid(
        span=span,
        buckets=buckets,
        counts=counts.reshape(span.windows, len(buckets)),
        clock_resolution_ms=data.clock_resolution,
    )


def add_into(total: LatencyGrid, part: LatencyGrid) -> None:
    """Add the requests of one name to a table that has room for them."""
    first = int(part.buckets[1] - total.buckets[1]) + 1
    total.counts[:, 0] += part.counts[:, 0]
    total.counts[:, first : first + len(part.buckets) - 1] += part.counts[:, 1:]


def _ends(bucket: Ints) -> tuple[int, int]:
    """Return lowest and highest bucket that are not zero's, within what is plausible."""
    timed = bucket[bucket > ZERO_BUCKET]
    if not len(timed):
        return 0, 0
    low, high = np.clip([timed.min(), timed.max()], _LOWEST, _HIGHEST).tolist()
    return int(low), int(high)


def _columns(low: int, high: int) -> Ints:
    return np.concatenate([[ZERO_BUCKET], np.arange(low, max(high, low) + 1)])
