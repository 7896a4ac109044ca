"""Locust's percentiles: as it rounds them, as it computes them, and as our tables hold them.

Locust counts response times after rounding them to two significant digits (147 to 150, 3432 to
3400; below 100 to whole milliseconds, from 10 s on to whole seconds). A percentile is the rounded
time at its nearest rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

# Two significant digits: half a unit of the second one is at most 5 % of the value. Below 10 ms
# the whole milliseconds are coarser than that, which `Facts.clock_resolution_ms` tells.
QUANTILE_ERROR = 0.05
CLOCK_RESOLUTION_MS = 1.0
# What Locust reports unless a user changes it.
REPORTED_QUANTILES = (0.5, 0.66, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0)


def quantile_lists(quantiles: Sequence[float], values: npt.NDArray[np.float64]) -> pa.Array:
    """Return the `quantiles` column of the interval table.

    Args:
        quantiles: q of each column, 0..1, shape (q,).
        values: milliseconds, shape (rows, q); NaN = not known.

    Returns:
        One list a row, without the unknown values; null where a row has none.
    """
    known = ~np.isnan(values)
    lengths = known.sum(axis=1)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    # A null offset makes a null list; the last offset only says where the last list ends.
    empty = np.append(lengths == 0, values=False)
    items = pa.StructArray.from_arrays(
        [
            pa.array(np.broadcast_to(np.asarray(quantiles, dtype=np.float64), values.shape)[known]),
            pa.array(values[known]),
        ],
        names=["q", "latency_ms"],
    )
    return pa.ListArray.from_arrays(pa.array(ends, type=pa.int32(), mask=empty), items)


def nearest_rank(counts: Mapping[float, int], quantiles: Sequence[float]) -> list[float]:
    """Return quantiles of counted response times by the rule of Locust's own reports.

    The q-quantile is the largest time of which at most int(n * q) requests are faster.

    Args:
        counts: number of requests of each response time; not empty, at least one request.
        quantiles: 0..1.

    >>> nearest_rank({34.0: 1, 37.0: 1, 42.0: 1, 50.0: 1, 53.0: 1}, [0.5, 0.66, 0.8])
    [42.0, 50.0, 53.0]
    """
    times = np.array(sorted(counts), dtype=np.float64)
    number = np.array([counts[time] for time in times], dtype=np.int64)
    faster = np.cumsum(number) - number
    ranks = [int(int(number.sum()) * q) for q in quantiles]
    return [float(times[np.searchsorted(faster, rank, side="right") - 1]) for rank in ranks]


def rounded_response_time(milliseconds: float) -> float:
    """Return a response time as Locust counts it.

    >>> [rounded_response_time(t) for t in (0.4, 147.3, 3432.0, 58760.0)]
    [0.0, 150.0, 3400.0, 59000.0]
    """
    if milliseconds < 100:
        return float(round(milliseconds))
    if milliseconds < 1000:
        return float(round(milliseconds, -1))
    if milliseconds < 10000:
        return float(round(milliseconds, -2))
    return float(round(milliseconds, -3))
