"""Modes: whether a distribution has one peak or several, and how much lies around each.

A name that answers from a cache or not has two kinds of requests, and its median says little about
either. Peaks are sought in a kernel density of the logarithm (Silverman, *Density Estimation for
Statistics and Data Analysis* (1986), section 3.4), and only clear ones count: the valley between
two of them must be well below the lower one, and each must hold a tenth of the values.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from perfanalysis.stats.histogram import Cdf

Floats = npt.NDArray[np.float64]

MIN_SHARE = 0.1
SHALLOWEST_VALLEY = 0.75
MIN_VALUES = 300
# Silverman's rule has 0.9 and is made for a single peak: it smooths two peaks into each other.
_BANDWIDTH = 0.6
# Standard deviation of the kernel, of the logarithm: what answers on the ticks of a timer, a few
# milliseconds apart, is one kind of requests.
_NARROWEST = 0.15
_CELLS = 512
_MARGIN = 0.3
_SMALLEST = 1e-9


def modes_of(cdf: Cdf, n: int, clock_resolution: float | None = None) -> list[tuple[float, float]]:
    """Return the median of each mode's values and their share of all, in increasing order.

    Args:
        cdf: distribution of positive values; those below 1e-9 count as that.
        n: how many values it is made of.
        clock_resolution: the tick by which the values were rounded; None for a fine clock.

    Returns:
        One mode where no valley is clear; none for fewer than 300 values, too few to tell.
    """
    if n < MIN_VALUES:
        return []
    low, lower, median, upper, high = (
        float(np.log(max(cdf.quantile(q), _SMALLEST))) for q in (0.005, 0.25, 0.5, 0.75, 0.995)
    )
    if upper <= lower:
        return [(float(np.exp(median)), 1.0)]
    margin = max(_MARGIN * (high - low), 4 * _NARROWEST)
    edges = np.linspace(low - margin, high + margin, _CELLS + 1)
    values, shares = cdf.knots()
    below = np.interp(np.exp(edges), values, shares)
    mass = np.diff(below)
    middle = (edges[1:] + edges[:-1]) / 2
    width = _BANDWIDTH * min(_deviation(middle, mass), (upper - lower) / 1.349) * n**-0.2
    width = max(width, _NARROWEST)
    if clock_resolution is not None:
        # Short values stand on few ticks, and each tick would be a peak of its own.
        width = max(width, float(np.log1p(clock_resolution / 2 / np.exp(lower))))
    density = _smoothed(mass, width / (edges[1] - edges[0]))
    bounds = [0.0, *below[_valleys(density, mass)].tolist(), 1.0]
    return [(cdf.quantile((start + end) / 2), end - start) for start, end in pairwise(bounds)]


def _deviation(x: Floats, mass: Floats) -> float:
    mean = np.average(x, weights=mass)
    return float(np.sqrt(np.average((x - mean) ** 2, weights=mass)))


def _smoothed(mass: Floats, width: float) -> Floats:
    """Return mass smoothed by a normal kernel whose standard deviation is `width` cells."""
    reach = min(int(4 * width) + 1, _CELLS // 2 - 1)
    offsets = np.arange(-reach, reach + 1)
    kernel = np.exp(-((offsets / max(width, 0.1)) ** 2) / 2)
    density: Floats = np.convolve(mass, kernel / kernel.sum(), mode="same")
    return density


def _valleys(density: Floats, mass: Floats) -> list[int]:
    """Return the cells of the valleys between peaks that stand apart.

    Peaks are given up one by one: first the lower neighbour of the shallowest valley while any
    valley is too shallow, then the one with least mass while any has too little.
    """
    rising = density[1:-1] > density[:-2]
    falling = density[1:-1] >= density[2:]
    peaks = (np.flatnonzero(rising & falling) + 1).tolist()
    while True:
        valleys = [a + int(np.argmin(density[a : b + 1])) for a, b in pairwise(peaks)]
        if not valleys:
            return valleys
        depths = [
            density[valley] / min(density[a], density[b])
            for valley, (a, b) in zip(valleys, pairwise(peaks), strict=True)
        ]
        parts = [float(part.sum()) for part in np.split(mass, valleys)]
        shallowest = int(np.argmax(depths))
        if depths[shallowest] > SHALLOWEST_VALLEY:
            a, b = peaks[shallowest], peaks[shallowest + 1]
            peaks.remove(a if density[a] < density[b] else b)
        elif min(parts) < MIN_SHARE * mass.sum():
            peaks.pop(int(np.argmin(parts)))
        else:
            return valleys
