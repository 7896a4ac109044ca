"""Active threads over time: the series `vus`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from perfanalysis.importers.base import Rows
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.series import SeriesKind

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

# A day and more of seconds; those of the last hour may still be added to.
_MAX_SECONDS = 100_000
_OPEN_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """The largest count of active threads of each second that has one.

    Attributes:
        seconds: since 1970, ascending, shape (n,).
        largest: active threads, at least 0, shape (n,).
    """

    seconds: Integers
    largest: Integers


def peaks_of(ends_us: Integers, counts: pa.Array) -> Peaks:
    """Return the peaks of a batch.

    Args:
        ends_us: ends of the samples, microseconds since 1970 in UTC, any order, shape (n,).
        counts: active threads (int64), null where unknown, shape (n,).
    """
    if counts.null_count:
        ends_us = ends_us[counts.is_valid().to_numpy(zero_copy_only=False)]
        counts = counts.drop_null()
    # A count below 0 says no more than that a thread ended.
    seconds, values = ends_us // 1_000_000, np.maximum(counts.to_numpy(), 0)
    if not len(seconds):
        return Peaks(seconds=seconds, largest=values)
    first = int(seconds.min())
    span = int(seconds.max()) - first + 1
    if span > max(_MAX_SECONDS, len(seconds)):
        return _sparse_peaks(seconds, values)
    largest = np.full(span, -1)
    np.maximum.at(largest, seconds - first, values)
    met = np.flatnonzero(largest >= 0)
    return Peaks(seconds=met + first, largest=largest[met])


def _sparse_peaks(seconds: Integers, values: Integers) -> Peaks:
    order = np.argsort(seconds, kind="stable")
    each, first = np.unique(seconds[order], return_index=True)
    return Peaks(seconds=each, largest=np.maximum.reduceat(values[order], first))


class ActiveThreads:
    """Thins the counts that samples carry to one point a second: the largest.

    Each count is of one load generator at the end of its sample.
    """

    def __init__(self) -> None:
        self._largest: dict[int, int] = {}

    def add(self, peaks: Peaks) -> Iterator[Rows]:
        """Take the peaks of a batch; yield points only when very many have come together."""
        for second, value in zip(peaks.seconds.tolist(), peaks.largest.tolist(), strict=True):
            self._largest[second] = max(value, self._largest.get(second, 0))
        if len(self._largest) > _MAX_SECONDS:
            done = sorted(self._largest)[:-_OPEN_SECONDS]
            yield _points({second: self._largest.pop(second) for second in done})

    def finish(self) -> Iterator[Rows]:
        """Yield the points that are left."""
        if self._largest:
            yield _points(self._largest)
            self._largest = {}


def _points(largest: dict[int, int]) -> Rows:
    seconds = sorted(largest)
    count = len(seconds)
    batch = pa.RecordBatch.from_pydict(
        {
            "time": pa.array([second * 1_000_000 for second in seconds]).cast(TIMESTAMP),
            "metric": pa.repeat("vus", count),
            "value": pa.array([float(largest[second]) for second in seconds]),
            "kind": pa.repeat(str(SeriesKind.GAUGE), count),
        }
    )
    return Rows(table="series", batch=batch)
