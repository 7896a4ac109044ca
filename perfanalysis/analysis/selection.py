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

from perfanalysis.model.buckets import bucket_of

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

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

    Attributes:
        wanted: the buckets in which the ranks lie, increasing.
    """

    def __init__(self, bucket: Ints, count: Ints, ranks: Iterable[int]) -> None:
        order = np.argsort(bucket)
        self._bucket: Ints = bucket[order]
        self._upto: Ints = np.cumsum(count[order])
        self._sums: list[float] = []
        places = {int(np.searchsorted(self._upto, rank, side="right")) for rank in ranks}
        self.wanted: Ints = self._bucket[sorted(places)]
        self._values: list[Floats] = []
        self._counts: list[Ints] = []
        self._size = 0
        self._in_order = False
        self._held_upto: Ints = np.zeros(0, np.int64)

    def add(self, values: Floats) -> None:
        """Take note of a part of the sample, without NaN."""
        chosen = values[np.isin(bucket_of(values), self.wanted)]
        self.add_chosen(float(values.sum()), chosen)

    def add_chosen(self, total: float, values: Floats) -> None:
        """Take note of a part of the sample.

        Args:
            total: the sum of the part.
            values: those of the part that lie in the wanted buckets, and no others.
        """
        self._sums.append(total)
        self._values.append(values)
        self._counts.append(np.ones(len(values), np.int64))
        self._size += len(values)
        self._in_order = False
        if self._size > _MOST_HELD:
            self._join()

    @property
    def mean(self) -> float:
        """The mean of what was added."""
        return math.fsum(self._sums) / int(self._upto[-1])

    def value(self, rank: int) -> float:
        """Return the value of one of the ranks, once the whole sample was added."""
        place = int(np.searchsorted(self._upto, rank, side="right"))
        below = int(self._upto[place - 1]) if place else 0
        if not self._in_order:
            self._join()
        # Buckets are in order of their values; those of the lower wanted ones stand before.
        before = self.wanted < self._bucket[place]
        places = np.searchsorted(self._bucket, self.wanted[before])
        skipped = int(np.sum(self._upto[places] - np.where(places, self._upto[places - 1], 0)))
        at = np.searchsorted(self._held_upto, skipped + rank - below, side="right")
        return float(self._values[0][at])

    def _join(self) -> None:
        """Hold each different value once, in order."""
        values, counts = np.concatenate(self._values), np.concatenate(self._counts)
        different, place = np.unique(values, return_inverse=True)
        self._values = [different]
        self._counts = [np.bincount(place, weights=counts, minlength=1).astype(np.int64)]
        self._size = len(different)
        self._in_order = True
        self._held_upto = np.cumsum(self._counts[0])
