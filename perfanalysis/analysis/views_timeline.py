"""One name over time: throughput, errors and percentiles in at most sixty windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.evidence import NameEvidence, Windows
from perfanalysis.analysis.latency_grid import LatencyGrid
from perfanalysis.model.buckets import ZERO_BUCKET, bucket_edges
from perfanalysis.model.views import Timeline
from perfanalysis.stats.window_quantiles import window_quantiles

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_MAX_POINTS = 60
_MIN_POINTS = 12
_MIN_REQUESTS_FOR_P50 = 5
_MIN_REQUESTS_FOR_P95 = 40
_MIN_REQUESTS_FOR_P99 = 200


def timeline_of(
    evidence: NameEvidence, grid: LatencyGrid | None, span_us: tuple[int, float]
) -> Timeline | None:
    """Return one name over time; None without windows.

    Args:
        evidence: of the name, or of all requests.
        grid: its latencies; None where the source has no single ones.
        span_us: start and end of the run, microseconds since 1970.
    """
    windows = evidence.windows
    if windows is None or len(windows.start_us) == 0:
        return None
    width_us = time_width_us(windows, grid)
    bins = windows.start_us // width_us
    first, last = int(bins[0]), int(bins[-1])
    n = last - first + 1
    position = bins - first
    requests = np.bincount(position, weights=windows.requests, minlength=n)
    failures = np.bincount(position, weights=windows.failures, minlength=n)
    known = np.where(requests > 0, requests, np.nan)
    middle_us = (np.arange(first, last + 1) + 0.5) * width_us - span_us[0]
    if grid is None:
        latencies = _reported_means(windows, position, n), *(np.full(n, np.nan) for _ in range(3))
    else:
        latencies = _percentiles(grid, first, n, width_us)
    return Timeline(
        offset_s=np.clip(middle_us / 1e6, 0.0, None),
        throughput=requests / (_covered_us(windows, span_us, first * width_us, n, width_us) / 1e6),
        error_rate=failures / known,
        mean_ms=latencies[0],
        p50_ms=latencies[1],
        p95_ms=latencies[2],
        p99_ms=latencies[3],
    )


def time_width_us(windows: Windows, grid: LatencyGrid | None) -> int:
    """Return a width that is a whole number of windows and gives at most 60 bins.

    A second is what people expect to see. Bins grow until a typical one carries a p95, but not
    beyond what leaves a dozen points to see a course in.
    """
    step = _step_us(windows) if grid is None else max(_step_us(windows), grid.span.step_us)
    first, last = int(windows.start_us[0]), int(windows.start_us[-1])
    width = max(step, -(-1_000_000 // step) * step)
    per_us = int(windows.requests.sum()) / (last - first + step)
    while last // width - first // width >= _MAX_POINTS or (
        width * per_us < _MIN_REQUESTS_FOR_P95 and (last - first + step) / width > 2 * _MIN_POINTS
    ):
        width *= 2
    return width


def _percentiles(
    grid: LatencyGrid, first: int, n: int, width_us: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return mean, p50, p95 and p99 of each bin, NaN in bins with too few requests."""
    counts = grid.binned(first, n, width_us)
    low, high = bucket_edges(grid.buckets)
    middle = np.where(grid.buckets == ZERO_BUCKET, 0.0, (low + high) / 2)
    requests = counts.sum(axis=1)
    mean = counts @ middle / np.where(requests >= _MIN_REQUESTS_FOR_P50, requests, np.nan)
    fewest = (_MIN_REQUESTS_FOR_P50, _MIN_REQUESTS_FOR_P95, _MIN_REQUESTS_FOR_P99)
    wanted = tuple(zip((0.5, 0.95, 0.99), fewest, strict=True))
    p50, p95, p99 = window_quantiles(counts, *grid.edges, wanted)
    return mean, p50, p95, p99


def _reported_means(windows: Windows, position: Ints, n: int) -> Floats:
    """Return the mean of each bin of a source that has windows only, NaN where unknown."""
    if windows.mean_ms is None:
        return np.full(n, np.nan)
    timed = np.where(np.isnan(windows.mean_ms), 0, windows.requests)
    weights = np.nan_to_num(windows.mean_ms) * timed
    sums = np.bincount(position, weights=weights, minlength=n)
    counts = np.bincount(position, weights=timed, minlength=n)
    means: Floats = sums / np.where(counts > 0, counts, np.nan)
    return means


def _step_us(windows: Windows) -> int:
    steps = np.diff(windows.start_us)
    return int(steps.min()) if len(steps) else 1_000_000


def _covered_us(
    windows: Windows, span_us: tuple[int, float], origin_us: int, n: int, width_us: int
) -> Floats:
    """Return how much of each bin the run covers: its first and last bin are not full.

    Less than a window is taken for a window: a rate over an instant says nothing.
    """
    covered = np.full(n, float(width_us))
    step = _step_us(windows)
    begin_us = max(int(windows.start_us[0]), span_us[0])
    end_us = min(float(windows.start_us[-1] + step), span_us[1])
    covered[0] -= begin_us - origin_us
    covered[-1] -= origin_us + n * width_us - end_us
    floored: Floats = np.maximum(covered, step)
    return floored
