"""Stalls: for a while requests waited and none was answered.

When a request ended is known to a window of the histogram, an eighth of a second at best and the
256th part of a run at worst. Shorter stalls are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.latency_grid import LatencyGrid

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_LEAST_S = 1.0
# Answers that would have come at the usual rate: fewer are missing by chance.
_LEAST_MISSING = 30.0
# Times the median latency: users who wait in step leave gaps as long as a request takes.
_LATENCIES = 3.0
# Of the usual number of requests that wait: with nobody waiting it is the load that paused.
_LEAST_WAITING = 0.5
# Where gaps take a larger part of the run than this, they are how the load works.
_MOST_OF_RUN = 0.2


@dataclass(frozen=True, kw_only=True)
class Stall:
    """A time without an answer.

    Attributes:
        start_s: seconds after the start of the run.
        waiting: requests that had begun by its end, and ended after it.
        missing: answers that would have come at the usual rate.
    """

    start_s: float
    end_s: float
    waiting: int
    missing: float


def stalls_of(grid: LatencyGrid, start_us: int) -> list[Stall]:
    """Return the stalls of a run.

    Args:
        grid: all requests.
        start_us: start of the run, microseconds since 1970.
    """
    step_us = grid.span.step_us
    began, ended = _began(grid), _ended(grid)
    answered = np.flatnonzero(ended)
    if len(answered) < 2:
        return []
    waiting = np.cumsum(began - ended)
    rate = float(np.median(ended[answered]))
    median_us = grid.cdf.quantile(0.5) * 1000
    least = max(_LEAST_S * 1e6, _LATENCIES * median_us) / step_us
    # Little's law: so many requests are usually under way.
    least_waiting = max(_LEAST_WAITING * rate * median_us / step_us, 1.0)
    found = []
    for before, after in zip(answered[:-1].tolist(), answered[1:].tolist(), strict=True):
        length, held = after - before - 1, float(waiting[after - 1])
        if length < max(least, 2) or length * rate < _LEAST_MISSING or held < least_waiting:
            continue
        begin_us = grid.span.start_us + (before + 1) * step_us - start_us
        found.append(
            Stall(
                start_s=max(begin_us / 1e6, 0.0),
                end_s=(begin_us + length * step_us) / 1e6,
                waiting=round(held),
                missing=length * rate,
            )
        )
    lost = sum(stall.end_s - stall.start_s for stall in found)
    return found if lost <= _MOST_OF_RUN * len(answered) * step_us / 1e6 else []


def _began(grid: LatencyGrid) -> Floats:
    """Return the requests that began in each window, and none in those after the last start."""
    began: Floats = grid.counts.sum(axis=1)
    return np.concatenate([began, np.zeros(grid.span.windows)])


def _ended(grid: LatencyGrid) -> Floats:
    """Return the requests that ended in each window, to as many windows after the last start."""
    middle_us = (grid.edges[0] + grid.edges[1]) / 2 * 1000
    # A request begins in the middle of its window, near enough.
    later = np.floor(0.5 + middle_us / grid.span.step_us).astype(np.int64)
    last = 2 * grid.span.windows - 1
    ended = np.zeros(last + 1)
    rows, columns = np.nonzero(grid.counts)
    ended += np.bincount(
        np.minimum(rows + later[columns], last),
        weights=grid.counts[rows, columns],
        minlength=last + 1,
    )
    return ended
