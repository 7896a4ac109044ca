"""Distributions from log-bucketed counts, with the ticks of a coarse clock spread out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perfanalysis.model.buckets import ZERO_BUCKET, bucket_edges

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Of a table that is looked up by bucket.
_MOST_COLUMNS = 1 << 24


def columns_of(bucket: Ints) -> tuple[Ints, Ints]:
    """Return the column of each entry in a table of buckets, and the bucket of each column.

    Buckets lie near to each other, so that counting by column is much quicker than sorting.

    Args:
        bucket: bucket numbers that may repeat, in any order.

    Returns:
        Columns from 0, shape of `bucket`; and increasing numbers, of which some may have no entry.

    >>> column, numbers = columns_of(np.array([8, 6, 8]))
    >>> numbers[column].tolist(), numbers.tolist()
    ([8, 6, 8], [-100000, 6, 7, 8])
    """
    zero = bucket == ZERO_BUCKET
    timed = bucket[~zero] if zero.any() else bucket
    if not len(timed):
        return np.zeros(len(bucket), np.int64), np.array([ZERO_BUCKET])
    low, high = int(timed.min()), int(timed.max())
    if low < ZERO_BUCKET or high - low >= _MOST_COLUMNS:  # no latency that anybody measured
        numbers, column = np.unique(bucket, return_inverse=True)
        return column, numbers
    numbers = np.concatenate([[ZERO_BUCKET], np.arange(low, high + 1)])
    return np.where(zero, 0, bucket - (low - 1)), numbers


def sum_by_bucket(bucket: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Return each bucket that has requests once, increasing, with its requests.

    >>> [part.tolist() for part in sum_by_bucket(np.array([8, 6, 8]), np.array([1, 2, 3]))]
    [[6, 8], [2, 4]]
    """
    column, numbers = columns_of(bucket)
    totals = np.bincount(column, weights=count, minlength=len(numbers))
    used = np.flatnonzero(totals)
    return numbers[used], totals[used].astype(np.int64)


def stretches_of(window: Ints) -> tuple[Ints, Ints]:
    """Return each different window once, increasing, and the place of each entry's own in them.

    That is what `np.unique` tells. Entries mostly are in order of time, and then nothing is sorted.

    >>> [part.tolist() for part in stretches_of(np.array([5, 5, 7]))]
    [[5, 7], [0, 0, 1]]
    """
    if not _in_order(window):
        found, place = np.unique(window, return_inverse=True)
        return found, place
    first = np.concatenate([[True], window[1:] != window[:-1]])
    return window[first], np.cumsum(first) - 1


def sum_by_window(window: Ints, *columns: Ints) -> tuple[Ints, list[Ints]]:
    """Return each different window once, increasing, and the sum of its entries in each column.

    >>> windows, (sums,) = sum_by_window(np.array([5, 5, 7]), np.array([1, 2, 3]))
    >>> windows.tolist(), sums.tolist()
    ([5, 7], [3, 3])
    """
    if not _in_order(window):
        order = np.argsort(window, kind="stable")
        window, columns = window[order], tuple(column[order] for column in columns)
    first = np.flatnonzero(np.concatenate([[len(window) > 0], window[1:] != window[:-1]]))
    return window[first], [np.add.reduceat(column, first) for column in columns]


def _in_order(window: Ints) -> bool:
    return len(window) > 0 and not np.any(window[1:] < window[:-1])


def spread(buckets: Ints, clock_resolution: float | None) -> tuple[Floats, Floats]:
    """Return the interval over which each bucket's requests are spread out.

    A clock that ticks in steps wider than a bucket leaves all its mass on a few points, and a
    quantile then jumps by whole ticks. The mass of such a bucket is spread over the tick that it
    came from, which undoes the rounding on average: a change smaller than the tick shows again.

    Args:
        buckets: increasing bucket numbers.
        clock_resolution: the tick, in the unit of the values; None for a fine clock.
    """
    low, high = bucket_edges(buckets)
    if clock_resolution is None:
        return low, high
    middle = np.where(buckets == ZERO_BUCKET, 0.0, np.sqrt(low * high))
    tick = np.round(middle / clock_resolution) * clock_resolution
    coarse = (high - low) < clock_resolution
    ticked_low = np.maximum(tick - clock_resolution / 2, 0.0)
    return np.where(coarse, ticked_low, low), np.where(coarse, tick + clock_resolution / 2, high)


class Cdf:
    """The cumulative distribution of a histogram, linear inside each bucket.

    Args:
        buckets: increasing bucket numbers, shape (n,).
        counts: requests per bucket, shape (n,), not all zero.
        clock_resolution: see `spread`.
    """

    def __init__(self, buckets: Ints, counts: Ints, clock_resolution: float | None) -> None:
        low, high = spread(buckets, clock_resolution)
        total = float(counts.sum())
        # Two knots a bucket: the share before it at its lower edge, the share with it at its upper.
        values, self._shares = np.empty(2 * len(low)), np.zeros(2 * len(low))
        values[0::2], values[1::2] = low, high
        self._shares[1::2] = np.cumsum(counts) / total
        self._shares[2::2] = self._shares[1:-1:2]
        # Ticks of a coarse clock may touch or overlap by rounding; keep the knots in order.
        self._values = np.maximum.accumulate(values)

    def quantile(self, q: float) -> float:
        """Return the value below which a share q of the requests lies.

        >>> cdf = Cdf(np.array([0, 1107]), np.array([50, 50]), None)
        >>> round(cdf.quantile(0.75), 0)
        251.0
        """
        return float(np.interp(q, self._shares, self._values))

    def share_below(self, value: float) -> float:
        """Return the share of requests below a value, 0..1."""
        return float(np.interp(value, self._values, self._shares))

    def knots(self) -> tuple[Floats, Floats]:
        """Return values and cumulative shares, both increasing, for drawing."""
        return self._values, self._shares
