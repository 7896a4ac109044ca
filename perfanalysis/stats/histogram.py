"""Distributions from log-bucketed counts, with the ticks of a coarse clock spread out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perfanalysis.model.buckets import ZERO_BUCKET, bucket_edges

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


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
        self._values = np.stack([low, high], axis=1).ravel()
        after = np.cumsum(counts) / total
        before = np.append(0.0, after[:-1])
        self._shares = np.stack([before, after], axis=1).ravel()
        # Ticks of a coarse clock may touch or overlap by rounding; keep the knots in order.
        self._values = np.maximum.accumulate(self._values)

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
