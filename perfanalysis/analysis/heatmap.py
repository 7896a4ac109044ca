"""Latency over time as a table of counts that is small enough to draw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import Windows
from perfanalysis.analysis.latency_grid import LatencyGrid
from perfanalysis.analysis.views_distribution import log_edges
from perfanalysis.analysis.views_timeline import time_width_us
from perfanalysis.model.views import Heatmap

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAX_ROWS = 30


def heatmap_of(grid: LatencyGrid, windows: Windows, start_us: int) -> Heatmap | None:
    """Return the heat map of one name: at most 60 windows of time and 30 steps of latency.

    Its windows are those of the name's timeline. What lies below the 0.1st or above the 99.9th
    percentile of the run is in the lowest or highest step.

    Args:
        grid: latencies of the name, with requests.
        windows: of the name.
        start_us: start of the run, microseconds since 1970.
    """
    edges_ms = log_edges(grid, _MAX_ROWS)
    if edges_ms is None:
        return None
    width_us = time_width_us(windows, grid)
    first, last = (int(windows.start_us[end]) // width_us for end in (0, -1))
    n = last - first + 1
    counts = _regrouped(grid.binned(first, n, width_us), *grid.edges, edges_ms)
    offset_us = np.arange(first, last + 2) * width_us - start_us
    # The first window may begin before the run does: windows begin at multiples of their width.
    return Heatmap(edges_s=np.maximum(offset_us / 1e6, 0.0), edges_ms=edges_ms, count=counts)


def _regrouped(counts: Floats, low: Floats, high: Floats, edges: Floats) -> Ints:
    """Return counts of buckets as counts between other edges; the sums of rows stay.

    A bucket that a coarse clock has widened is divided among several steps.
    """
    below = np.clip((edges[None, 1:-1] - low[:, None]) / (high - low)[:, None], 0.0, 1.0)
    divided = np.flatnonzero(np.any((below > 1e-6) & (below < 1 - 1e-6), axis=1))
    if len(divided):
        upto = np.rint(counts @ below)
    else:
        # Edges are edges of buckets: the sums of whole columns, which is much quicker.
        columns = np.sum(below > 0.5, axis=0)
        upto = np.cumsum(counts, axis=1)[:, columns - 1]
        upto[:, columns == 0] = 0
    requests = counts.sum(axis=1, keepdims=True)
    ends = np.concatenate([np.zeros_like(requests), upto, requests], axis=1)
    whole: Ints = np.diff(ends, axis=1).astype(np.int64)
    return whole
