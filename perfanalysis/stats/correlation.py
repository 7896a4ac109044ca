"""Rank correlation of two series over time, whose neighbouring values resemble each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtr

Floats = npt.NDArray[np.float64]

MIN_POINTS = 12
# Below, an interval spans nearly everything.
_LEAST_EFFECTIVE = 5.0
_CONFIDENCE = 0.95
# Bonett and Wright, Psychometrika 65 (2000) 23-28: the variance of Fisher's transform for ranks.
_RANK_VARIANCE = 0.5


@dataclass(frozen=True, kw_only=True)
class RankCorrelation:
    """Spearman's coefficient with what it is worth.

    Attributes:
        coefficient: -1..1.
        low: lower end of the 95 % interval; None where fewer than five values are independent.
        n_effective: as many independent pairs would know the coefficient as well.
        p_value: that it is 0.
    """

    coefficient: float
    low: float | None
    high: float | None
    n_effective: float
    p_value: float


def rank_correlation(one: Floats, other: Floats) -> RankCorrelation | None:
    """Return how two series rise and fall together; None where that cannot be said.

    The number of values is corrected for the correlation of each series with itself: two slow
    series look alike by chance. 1/n_e = 1/n + 2/n sum (n - j)/n r_x(j) r_y(j) over lags up to a
    fifth of the series (Bartlett 1946; Pyper and Peterman, Can. J. Fish. Aquat. Sci. 55 (1998)
    2127-2140), of ranks. The interval is Fisher's.

    Args:
        one: equally spaced, NaN where unknown, shape (n,).
        other: likewise.

    Returns:
        None with fewer than 12 pairs of known values, or where one of the series never changes.

    >>> wave = np.sin(np.arange(200) / 3)
    >>> found = rank_correlation(wave, wave**3)
    >>> round(found.coefficient, 2), found.n_effective < 60
    (1.0, True)
    >>> rank_correlation(wave, np.ones(200)) is None
    True
    """
    known = np.isfinite(one) & np.isfinite(other)
    n = int(known.sum())
    if n < MIN_POINTS:
        return None
    x, y = (_standardised(ranks(part[known])) for part in (one, other))
    if x is None or y is None:
        return None
    coefficient = float(np.clip(x @ y / n, -1.0, 1.0))
    lags = np.arange(1, max(n // 5, 1) + 1)
    own = np.array([_lagged(x, lag) * _lagged(y, lag) for lag in lags.tolist()])
    inverse = (1 + 2 * float(np.sum((n - lags) / n * own))) / n
    # Series that alternate would be worth more than their number: never counted so.
    effective = float(min(1 / inverse, n)) if inverse > 0 else float(n)
    effective = max(effective, 3.0)
    low, high = _interval(coefficient, effective)
    return RankCorrelation(
        coefficient=coefficient,
        low=low,
        high=high,
        n_effective=effective,
        p_value=_p_value(coefficient, effective),
    )


def ranks(values: Floats) -> Floats:
    """Return ranks from 1; equal values share the mean of theirs.

    >>> ranks(np.array([3.0, 1.0, 3.0])).tolist()
    [2.5, 1.0, 2.5]
    """
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    shared: Floats = (upto - (count - 1) / 2)[place]
    return shared


def _standardised(values: Floats) -> Floats | None:
    spread = float(values.std())
    if spread == 0:
        return None
    found: Floats = (values - values.mean()) / spread
    return found


def _lagged(values: Floats, lag: int) -> float:
    n = len(values)
    # Divided by what is left: the usual divisor n understates slow series, which matter here.
    return float(values[lag:] @ values[:-lag]) / (n - lag)


def _interval(coefficient: float, effective: float) -> tuple[float | None, float | None]:
    if effective < _LEAST_EFFECTIVE:
        return None, None
    centre = float(np.arctanh(np.clip(coefficient, -0.999999, 0.999999)))
    spread = (1 + coefficient**2 * _RANK_VARIANCE) / (effective - 3)
    reach = float(ndtri(0.5 + _CONFIDENCE / 2) * np.sqrt(spread))
    return float(np.tanh(centre - reach)), float(np.tanh(centre + reach))


def _p_value(coefficient: float, effective: float) -> float:
    df = effective - 2
    if abs(coefficient) >= 1 - 1e-12:
        # A perfect correlation of few values is no certainty.
        return float(2 * (1 - ndtr(np.sqrt(df))))
    statistic = abs(coefficient) * np.sqrt(df / (1 - coefficient**2))
    return float(2 * stdtr(df, -statistic))
