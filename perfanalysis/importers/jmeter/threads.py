"""Active threads over time: the series `vus`."""

from __future__ import annotations

from collections.abc import Iterator
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


class ActiveThreads:
    """Thins the counts that samples carry to one point a second: the largest.

    Each count is of one load generator at the end of its sample.
    """

    def __init__(self) -> None:
        self._largest: dict[int, int] = {}

    def add(self, ends_us: Integers, counts: pa.Array) -> Iterator[Rows]:
        """Take the counts of a batch; yield points only when very many have come together.

        Args:
            ends_us: ends of the samples, microseconds since 1970 in UTC, any order, shape (n,).
            counts: active threads (int64), null where unknown, shape (n,).
        """
        known = counts.is_valid().to_numpy(zero_copy_only=False)
        seconds = ends_us[known] // 1_000_000
        values = counts.drop_null().to_numpy(zero_copy_only=False)
        if not len(seconds):
            return
        order = np.argsort(seconds, kind="stable")
        each, first = np.unique(seconds[order], return_index=True)
        largest = np.maximum.reduceat(values[order], first)
        for second, value in zip(each.tolist(), largest.tolist(), strict=True):
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
