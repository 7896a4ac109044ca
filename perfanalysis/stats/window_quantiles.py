"""Quantiles of many windows of time at once, from one table of counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def window_quantiles(
    counts: Floats, low: Floats, high: Floats, wanted: Sequence[tuple[float, int]]
) -> list[Floats]:
    """Return quantiles of each row of a table of counts, linear inside each bucket.

    Args:
        counts: requests per window and bucket, whole numbers, shape (windows, buckets).
        low: lower edge of each bucket, increasing, shape (buckets,).
        high: upper edge of each bucket, shape (buckets,).
        wanted: each quantile (above 0, at most 1) with the fewest requests that carry it.

    Returns:
        For each quantile an array of shape (windows,), NaN where a window has too few requests.

    >>> counts = np.array([[2.0, 2.0], [0.0, 4.0], [1.0, 0.0]])
    >>> window_quantiles(counts, np.array([1.0, 2.0]), np.array([2.0, 4.0]), [(0.75, 2)])
    [array([3. , 3.5, nan])]
    """
    # One row after the other, so that a single search finds the place in each.
    whole = np.cumsum(counts.ravel())
    ends = whole[counts.shape[1] - 1 :: counts.shape[1]] if counts.size else np.zeros(len(counts))
    requests = np.diff(ends, prepend=0.0)
    before = ends - requests
    found = []
    for q, fewest in wanted:
        values = np.full(len(counts), np.nan)
        rows = np.flatnonzero(requests >= max(fewest, 1))
        rank = q * requests[rows]
        # A rank that a sum of floats misses by a rounding error must not fall out of its row.
        goal = before[rows] + rank * (1 - 1e-12)
        place = np.searchsorted(whole, goal) - rows * counts.shape[1]
        inside = counts[rows, place]
        upto = whole[rows * counts.shape[1] + place] - before[rows]
        share = 1 - np.clip((upto - rank) / inside, 0.0, 1.0)
        values[rows] = low[place] + share * (high[place] - low[place])
        found.append(values)
    return found
