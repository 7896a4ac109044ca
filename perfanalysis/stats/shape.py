"""Two distributions quantile by quantile: how wide a band must be to hold for all of them at once.

The shift function (Doksum, Annals of Statistics 2 (1974) 267-277) shows by how much each quantile
of one distribution differs from that of another. Of twenty intervals of 95 %, one would exclude
zero in many a comparison of equal distributions; a simultaneous band does so in 5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from perfanalysis.model.shapes import ShapeKind

Floats = npt.NDArray[np.float64]

# The spread is the ratio of these two quantiles.
SPREAD_SHARES = (0.1, 0.9)
TAIL_FROM = 0.9
_NODES = 65  # odd, for Simpson's rule
_PRECISION = 1e-3  # standard deviations


@dataclass(frozen=True, kw_only=True, eq=False)
class ShiftFunction:
    """The change of each quantile with its simultaneous band; everything on the log scale.

    Attributes:
        shares: increasing, between 0 and 1, shape (n,).
        change: log(current / baseline) of these quantiles, shape (n,).
        low: lower end of the band, shape (n,).
        high: upper end, shape (n,).
    """

    shares: Floats
    change: Floats
    low: Floats
    high: Floats

    def at(self, share: float) -> float:
        """Return the change of a quantile; beyond the ends that of the end."""
        return float(np.interp(share, self.shares, self.change))

    @property
    def excludes_zero(self) -> npt.NDArray[np.bool_]:
        """Where a change is seen, shape (n,)."""
        return (self.low > 0) | (self.high < 0)

    @property
    def fits_one_change(self) -> bool:
        """Whether one change of all quantiles would lie within the band everywhere."""
        return bool(self.low.max() <= self.high.min())


@dataclass(frozen=True, kw_only=True)
class SpreadInterval:
    """The change of log(p90 / p10) with its interval."""

    change: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether a change is seen."""
        return self.low > 0 or self.high < 0


def classify(curve: ShiftFunction, spread: SpreadInterval | None) -> ShapeKind:
    """Return which requests changed.

    That anything changed is a matter of the band and of the spread's interval. Which pattern it is
    follows from the estimates: the one that lies nearest, cut halfway between.

    Args:
        curve: reaching to both sides of the median.
        spread: None where the data do not carry it.
    """
    moved_apart = spread is not None and spread.excludes_zero
    if not (curve.excludes_zero.any() or moved_apart):
        return ShapeKind.NONE
    if _is_tail(curve):
        return ShapeKind.TAIL
    if spread is not None and spread.excludes_zero:
        return ShapeKind.SPREAD if _is_spread(curve, spread.change) else ShapeKind.MIXED
    return ShapeKind.SHIFT if curve.fits_one_change else ShapeKind.MIXED


def _is_tail(curve: ShiftFunction) -> bool:
    """Say whether the change begins in the slowest tenth, all of it in one direction.

    Of a shift the median would take part in full, of a spread the fast half by about two thirds.
    """
    changed = curve.excludes_zero
    if not changed.any() or curve.shares[changed].min() < TAIL_FROM:
        return False
    tail = curve.change[changed]
    direction = np.sign(tail[0])
    size, median = direction * tail.mean(), direction * curve.at(0.5)
    fast_half = median - direction * curve.at(SPREAD_SHARES[0])
    one_way = bool(np.all(np.sign(tail) == direction))
    return bool(one_way and median < size / 2 and fast_half < (size - median) / 4)


def _is_spread(curve: ShiftFunction, change: float) -> bool:
    """Say whether both halves took part about equally while the median stayed."""
    low, median, high = (curve.at(share) for share in (SPREAD_SHARES[0], 0.5, SPREAD_SHARES[1]))
    direction = np.sign(change)
    smaller_half = min(direction * (median - low), direction * (high - median))
    return bool(smaller_half >= abs(change) / 4 and abs(median) < abs(change) / 2)


def simultaneous_confidence(shares: Sequence[float], alpha: float) -> float:
    """Return the confidence of single intervals that makes the band of all of them hold.

    Errors of neighbouring quantiles go together: of independent requests they are those of a
    Brownian bridge, and what disturbs a whole run ties them more closely still. So the quantiles
    count as fewer than they are. The bridge divided by its standard deviation is a Markov chain
    over the shares, and the probability that it stays within bounds a repeated integral.

    Args:
        shares: increasing, between 0 and 1.
        alpha: probability that the band leaves out the truth anywhere.

    Anderson and Darling, Annals of Mathematical Statistics 23 (1952) 193-212, for the process.

    >>> round(simultaneous_confidence((0.5,), 0.05), 3)
    0.95
    >>> round(simultaneous_confidence((0.1, 0.5, 0.9), 0.05), 3)
    0.983
    """
    odds = np.array(shares) / (1 - np.array(shares))
    correlations = tuple(np.sqrt(odds[:-1] / odds[1:]).tolist())
    return _confidence(correlations, alpha)


@lru_cache(maxsize=256)
def _confidence(correlations: tuple[float, ...], alpha: float) -> float:
    # Between a single interval and Bonferroni's bound for as many as there are.
    low, high = (float(-ndtri(alpha / 2 / count)) for count in (1, len(correlations) + 1))
    while high - low > _PRECISION:
        middle = (low + high) / 2
        if _staying(correlations, middle) < 1 - alpha:
            low = middle
        else:
            high = middle
    return float(1 - 2 * ndtr(-high))


def _staying(correlations: Sequence[float], bound: float) -> float:
    """Return the probability that a standard normal chain stays between -bound and bound.

    Args:
        correlations: of each link with the next.
        bound: positive.
    """
    x = np.linspace(-bound, bound, _NODES)
    w = np.ones(_NODES)
    w[1:-1:2], w[2:-1:2] = 4, 2
    w *= (x[1] - x[0]) / 3
    density = _normal(x)
    for correlation in correlations:
        sd = np.sqrt(1 - correlation**2)
        step = _normal((x[:, None] - correlation * x[None, :]) / sd) / sd
        density = step @ (w * density)
    return float(np.sum(w * density))


def _normal(x: Floats) -> Floats:
    density: Floats = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return density
