"""A slope that single odd figures do not bend: the median of the slopes of all pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats = npt.NDArray[np.float64]

# Fewer figures lie on too many lines.
MIN_FIGURES = 6
# Pairs grow with the square; older figures tell little about where a series is going.
_MOST_FIGURES = 1000
_MOST_CORRELATION = 0.9
_TINY = 1e-18


@dataclass(frozen=True, kw_only=True)
class Slope:
    """A slope per step of the series.

    Attributes:
        estimate: per step, on the scale of the figures.
        low: lower end of its interval.
        high: upper end.
        p_value: two-sided, of no slope (Mann and Kendall).
    """

    estimate: float
    low: float
    high: float
    p_value: float


def theil_sen(values: Floats, *, confidence: float) -> Slope:
    """Return the slope of a series whose figures may resemble their neighbours.

    Sen, Journal of the American Statistical Association 63 (1968) 1379-1389, sections 3 and 6; the
    variance of Kendall's S is multiplied by (1 + r) / (1 - r), as figures that resemble their
    neighbours are worth fewer (Yue and Wang, Water Resources Management 18 (2004) 201-218). The
    correlation r is that of what the slope leaves over: a trend itself would look like one.

    Args:
        values: equally spaced, at least six, no NaN; of more than 1000 the last are used.
        confidence: of the interval, such as 0.95.

    >>> slope = theil_sen(np.arange(10.0) * 0.5, confidence=0.95)
    >>> slope.estimate, slope.p_value < 0.001
    (0.5, True)
    """
    recent = values[-_MOST_FIGURES:]
    n = len(recent)
    later, earlier = np.tril_indices(n, -1)
    rises = recent[later] - recent[earlier]
    slopes = np.sort(rises / (later - earlier))
    estimate = float(np.median(slopes))
    correlation = _correlation(recent - estimate * np.arange(n))
    spread = float(np.sqrt(n * (n - 1) * (2 * n + 5) / 18 * (1 + correlation) / (1 - correlation)))
    concordance = float(np.sign(rises).sum())
    score = max(abs(concordance) - 1, 0.0) / spread
    # Of the slopes in order, as many are left out at either end as S varies by chance.
    width = float(ndtri(0.5 + confidence / 2)) * spread
    count = len(slopes)
    first = int(np.floor((count - width) / 2))
    last = int(np.ceil((count + width) / 2))
    return Slope(
        estimate=estimate,
        low=float(slopes[first - 1]) if first >= 1 else -np.inf,
        high=float(slopes[last]) if last < count else np.inf,
        p_value=float(2 * ndtr(-score)),
    )


def _correlation(left_over: Floats) -> float:
    """Return the correlation of neighbours, 0 to 0.9, of what a fitted line leaves over.

    It looks less than it is, by about (2 + 4 r) / n (Kendall, Biometrika 41 (1954) 403-404, for a
    line).
    """
    around = left_over - left_over.mean()
    power = float(around @ around)
    if power <= _TINY * len(around):
        return 0.0
    shown = float(around[1:] @ around[:-1]) / power
    return float(np.clip(shown + (2 + 4 * max(shown, 0.0)) / len(around), 0, _MOST_CORRELATION))
