"""The interval of a quantile from the distribution itself: Woodruff's method.

An error of a share is known without looking at the values: under the true quantile x the share of
values below x is q, with variance q (1 - q) / n. The quantiles of the data at both ends of the
share's interval are the interval of the quantile. It needs no density, is as skewed as the data,
and says so where the data do not reach far enough.

Woodruff, JASA 47 (1952) 635-646.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from perfanalysis.stats.differences import student_quantile


def quantile_interval(
    quantile: Callable[[float], float],
    q: float,
    *,
    n_effective: float,
    df: float,
    confidence: float,
) -> tuple[float, float]:
    """Return the interval of a quantile; an end that the data do not reach is infinite.

    Args:
        quantile: value below which a share of the data lies, for shares from 0 to 1.
        q: between 0 and 1.
        n_effective: independent values that the data are worth.
        df: degrees of freedom of the design effect behind `n_effective`.
        confidence: of the two-sided interval.

    >>> quantile_interval(lambda q: 100 * q, 0.5, n_effective=100, df=1e9, confidence=0.95)
    (40.2..., 59.79...)
    >>> quantile_interval(lambda q: 100 * q, 0.99, n_effective=50, df=1e9, confidence=0.95)
    (96.2..., inf)
    """
    half = student_quantile(0.5 + confidence / 2, df) * float(np.sqrt(q * (1 - q) / n_effective))
    low, high = q - half, q + half
    return (
        quantile(low) if low > 0 else -np.inf,
        quantile(high) if high < 1 else np.inf,
    )


def values_needed(q: float, *, df: float, confidence: float) -> float:
    """Return how many independent values reach beyond a quantile on both sides.

    >>> round(values_needed(0.99, df=1e9, confidence=0.95))
    380
    """
    t = student_quantile(0.5 + confidence / 2, df)
    return t * t * max(q / (1 - q), (1 - q) / q)
