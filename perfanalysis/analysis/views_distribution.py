"""How latencies of one name are distributed: cumulative, and in bins on a log scale."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import NameEvidence
from perfanalysis.analysis.latency_grid import LatencyGrid
from perfanalysis.model.buckets import GROWTH
from perfanalysis.model.views import Distribution, Histogram

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAX_POINTS = 300
_MIN_BINS, _MAX_BINS = 15, 60
_BINS_A_ROOT = 3
_LOWEST_SHARE, _HIGHEST_SHARE = 0.001, 0.999
# A picosecond: a latency of zero has no place on a log scale.
_SMALLEST_MS = 1e-9


def distribution_of(evidence: NameEvidence, grid: LatencyGrid | None) -> Distribution | None:
    """Return the distribution of a name; None where nothing is known of it."""
    if grid is not None and grid.n:
        values, shares = grid.cdf.knots()
        kept = _thinned(shares)
        return Distribution(latency_ms=values[kept], share=shares[kept])
    if evidence.total is not None and len(evidence.total.quantiles) > 1:
        pairs = sorted(evidence.total.quantiles.items())
        shares = np.array([q for q, _ in pairs])
        return Distribution(
            latency_ms=np.maximum.accumulate(np.array([v for _, v in pairs])), share=shares
        )
    return None


def histogram_of(grid: LatencyGrid) -> Histogram | None:
    """Return the latencies of a name in at most 60 bins; None where all of them are zero.

    Bins are whole buckets, and begin at a multiple of their width: those of two runs line up. Few
    requests have fewer bins (three times the cube root of their number, after Rice's rule), in
    which something is to be seen.
    """
    most = int(np.clip(_BINS_A_ROOT * np.cbrt(grid.n), _MIN_BINS, _MAX_BINS))
    edges = log_edges(grid, most)
    if edges is None:
        return None
    values, shares = grid.cdf.knots()
    inner = np.interp(edges[1:-1], values, shares) * grid.n
    upto = np.rint(np.concatenate([[0.0], inner, [float(grid.n)]])).astype(np.int64)
    return Histogram(edges_ms=edges, count=np.diff(upto))


def log_edges(grid: LatencyGrid, most: int) -> Floats | None:
    """Return edges of bins that are equally wide on a log scale; None where all is zero.

    They span the 0.1st to the 99.9th percentile. The width is one of 1, 2, 3, 4, 6, 8, 12, 16...
    buckets, so that there are more than half as many bins as there may be where the latencies
    differ by enough.

    Args:
        grid: with requests.
        most: the most bins.
    """
    low, high = (grid.cdf.quantile(q) for q in (_LOWEST_SHARE, _HIGHEST_SHARE))
    if high <= _SMALLEST_MS:
        return None
    # Of latencies of zero among others the smallest positive one is the lower end.
    positive = grid.edges[0][1:][grid.per_bucket[1:] > 0]
    floor = max(float(positive[positive > 0].min(initial=high)), _SMALLEST_MS)
    if grid.clock_resolution_ms is not None:
        floor = max(min(floor, high), grid.clock_resolution_ms / 2)
    low = max(low, min(floor, high))
    # Edges of buckets are powers of the growth, which a rounding error may miss.
    first, last = (float(np.log(end) / np.log(GROWTH)) for end in (low, high))
    width = next(w for w in _WIDTHS if _bins(first, last, w) <= most)
    start = int(np.floor(first / width + 1e-6))
    numbers = np.arange(start, start + _bins(first, last, width) + 1) * width
    edges: Floats = GROWTH ** numbers.astype(np.float64)
    return edges


_WIDTHS = sorted([*(1 << n for n in range(14)), *(3 << n for n in range(13))])


def _bins(first: float, last: float, width: int) -> int:
    start, end = int(np.floor(first / width + 1e-6)), int(np.ceil(last / width - 1e-6))
    return max(end - start, 1)


def _thinned(shares: Floats) -> Ints:
    """Return which knots to keep: as many in the last per cent as in the rest."""
    if len(shares) <= _MAX_POINTS:
        return np.arange(len(shares))
    body = np.linspace(0, 0.99, _MAX_POINTS // 2)
    tail = 1 - np.logspace(-2, -6, _MAX_POINTS // 2)
    found = np.searchsorted(shares, np.concatenate([body, tail]))
    return np.unique(np.append(np.minimum(found, len(shares) - 1), len(shares) - 1))
