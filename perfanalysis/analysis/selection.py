"""Exact order statistics of many values, of which only a few are held.

A histogram says in which bucket the value of a rank lies; one pass over the values then has to keep
those of a few buckets only (selection as by Munro and Paterson, TCS 12, 1980,
doi:10.1016/0304-3975(80)90061-4, with the histogram as the first of their passes).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from perfanalysis.model.buckets import bucket_edges, bucket_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Edges are rounded: what lies so near to one is looked at closely.
_NEAR = 1e-9
_MOST_HELD = 1 << 20


def ranks_around(n: int, q: float) -> tuple[int, int, float]:
    """Return the two ranks from 0 between which a type-7 quantile lies, and the second's weight.

    >>> ranks_around(101, 0.95)
    (95, 96, 0.0)
    """
    position = q * (n - 1)
    low = int(position)
    return low, min(low + 1, n - 1), position - low


class Selection:
    """The mean and the values of some ranks of a sample that streams past.

    Args:
        bucket: bucket numbers of the sample, each once, shape (k,).
        count: how many values lie in each, shape (k,).
        ranks: from 0.
    """

    def __init__(self, bucket: Ints, count: Ints, ranks: Iterable[int]) -> None:
        order = np.argsort(bucket)
        self._bucket: Ints = bucket[order]
        self._upto: Ints = np.cumsum(count[order])
        self._sums: list[float] = []
        wanted = {int(np.searchsorted(self._upto, rank, side="right")) for rank in ranks}
        self._held = {place: _Held(int(self._bucket[place])) for place in sorted(wanted)}

    def add(self, values: Floats) -> None:
        """Take note of a part of the sample, without NaN."""
        if len(values):
            self._sums.append(float(values.sum()))
            for held in self._held.values():
                held.add(values)

    @property
    def mean(self) -> float:
        """The mean of what was added."""
        return math.fsum(self._sums) / int(self._upto[-1])

    def value(self, rank: int) -> float:
        """Return the value of one of the ranks, once the whole sample was added."""
        place = int(np.searchsorted(self._upto, rank, side="right"))
        below = int(self._upto[place - 1]) if place else 0
        return self._held[place].value(rank - below)


class _Held:
    """The values of one bucket, each different one once."""

    def __init__(self, bucket: int) -> None:
        low, high = bucket_edges(np.array([bucket]))
        self._bucket = bucket
        self._low, self._high = low[0] * (1 - _NEAR), high[0] * (1 + _NEAR)
        self._values: list[Floats] = []
        self._counts: list[Ints] = []
        self._size = 0

    def add(self, values: Floats) -> None:
        near = values[(values >= self._low) & (values <= self._high)]
        own = near[bucket_of(near) == self._bucket]
        self._values.append(own)
        self._counts.append(np.ones(len(own), np.int64))
        self._size += len(own)
        if self._size > _MOST_HELD:
            self._join()

    def value(self, rank: int) -> float:
        self._join()
        upto = np.cumsum(self._counts[0])
        return float(self._values[0][np.searchsorted(upto, rank, side="right")])

    def _join(self) -> None:
        values, counts = np.concatenate(self._values), np.concatenate(self._counts)
        different, place = np.unique(values, return_inverse=True)
        self._values = [different]
        self._counts = [np.bincount(place, weights=counts).astype(np.int64)]
        self._size = len(different)
