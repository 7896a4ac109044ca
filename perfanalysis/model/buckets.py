"""Latency buckets: the working form of latency, part of what is stored.

Bucket i holds the values in [G^i, G^(i+1)) with G = 1.005, so the geometric middle of a bucket is
within 0.25 % of every value in it. Buckets are the same everywhere: histograms of any windows,
names, files or machines add up. Values below a picosecond share one bucket for zero.

The idea is that of DDSketch (Masson, Rim, Lee: VLDB 2019, doi:10.14778/3352063.3352135), without
its collapsing: at 0.5 % growth a microsecond to an hour spans about 4,400 buckets.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GROWTH = 1.005
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)
ZERO_BUCKET = -100_000
_SMALLEST = 1e-9
# Powers are looked up between a picosecond and thirty thousand years; none other was ever measured.
_FIRST_KNOWN, _LAST_KNOWN = -4_200, 7_000


def bucket_of(values: Floats) -> Ints:
    """Return the bucket number of each value.

    Args:
        values: not negative, no NaN, any shape.

    >>> bucket_of(np.array([0.0, 1.0, 1.006, 250.0])).tolist()
    [-100000, 0, 1, 1107]
    """
    # In place: of millions of values, fetching new memory takes longer than the arithmetic.
    exponent = np.maximum(values, _SMALLEST)
    np.log(exponent, out=exponent)
    exponent /= np.log(GROWTH)
    numbers: Ints = np.floor(exponent, out=exponent).astype(np.int64)
    numbers[values < _SMALLEST] = ZERO_BUCKET
    return numbers


def bucket_edges(buckets: Ints) -> tuple[Floats, Floats]:
    """Return the lower and upper edge of each bucket.

    >>> low, high = bucket_edges(np.array([0, ZERO_BUCKET]))
    >>> low.tolist(), high.tolist()
    ([1.0, 0.0], [1.005, 1e-09])
    """
    zero = buckets == ZERO_BUCKET
    if not zero.any():
        return _powers(buckets)
    low, high = _powers(np.where(zero, 0, buckets))
    return np.where(zero, 0.0, low), np.where(zero, _SMALLEST, high)


def _powers(exponent: Ints) -> tuple[Floats, Floats]:
    """Return the growth to the power of each exponent, and of the next one."""
    if exponent.min(initial=0) < _FIRST_KNOWN or exponent.max(initial=0) > _LAST_KNOWN:
        return GROWTH ** exponent.astype(np.float64), GROWTH ** (exponent.astype(np.float64) + 1)
    known = _known_powers()
    place = exponent - _FIRST_KNOWN
    return known[place], known[place + 1]


@cache
def _known_powers() -> Floats:
    powers: Floats = GROWTH ** np.arange(_FIRST_KNOWN, _LAST_KNOWN + 2).astype(np.float64)
    return powers
