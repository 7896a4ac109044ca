"""Scales of the charts: where the ticks are, what they say, and which points are drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.units import significant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfanalysis.model.views import Distribution, Floats, ReportData, Timeline

_STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
_MAX_TIME_TICKS = 7


@dataclass(frozen=True, kw_only=True)
class TimeAxis:
    """The one time axis of a report, in seconds after the start of each run."""

    start_s: float
    end_s: float

    def ticks(self) -> tuple[list[float], list[str]]:
        """Return positions in seconds and labels in seconds, minutes or hours.

        >>> TimeAxis(start_s=0, end_s=31).ticks()[1]
        ['0', '5', '10', '15', '20', '25', '30 s']
        >>> TimeAxis(start_s=0, end_s=1500).ticks()[1]
        ['0', '5', '10', '15', '20', '25 min']
        """
        span = self.end_s - self.start_s
        divisor, unit = (1, "s") if span <= 150 else (60, "min") if span <= 7200 else (3600, "h")
        hours = 3600 * nice_step(span / 3600, _MAX_TIME_TICKS - 1)
        fitting = (s for s in _STEPS_S if span / s < _MAX_TIME_TICKS and s * 10 >= divisor)
        step = next(fitting, hours)
        first, last = math.ceil(self.start_s / step), math.floor(self.end_s / step)
        positions = [step * index for index in range(first, last + 1)]
        labels = [significant(position / divisor, 4) for position in positions]
        labels = [label.rstrip("0").rstrip(".") if "." in label else label for label in labels]
        if labels:
            labels[-1] += f" {unit}"
        return positions, labels


def time_axis(data: ReportData) -> TimeAxis:
    """Return the axis that spans every run; resource series alone set it where no run has rows."""
    views = (*data.current, *data.baseline)
    ends = [_end_s(line) for view in views for line in view.timelines.values()]
    if any(ends):
        return TimeAxis(start_s=0.0, end_s=max(ends))
    offsets = [curve.offset_s for view in views for curve in view.curves if curve.offset_s.size]
    start = min((float(offset[0]) for offset in offsets), default=0.0)
    end = max((float(offset[-1]) for offset in offsets), default=1.0)
    return TimeAxis(start_s=start, end_s=end if end > start else start + 1.0)


def _end_s(timeline: Timeline) -> float:
    """Return the end of the last window; its width is the distance between the middles."""
    offset = timeline.offset_s
    if offset.size == 0:
        return 0.0
    width = float(offset[1] - offset[0]) if offset.size > 1 else 2 * float(offset[0])
    return float(offset[-1]) + width / 2


def nice_step(span: float, count: int) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that gives at most `count` steps.

    >>> nice_step(87.0, 5), nice_step(0.3, 5)
    (20.0, 0.1)
    """
    power = float(10 ** math.floor(math.log10(span / count)))
    return next(m * power for m in (1.0, 2.0, 5.0, 10.0) if span / (m * power) <= count * 1.000001)


def linear_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return round positions from `low` to `high`: at most `count` steps.

    A range that begins at 0 has two positions or more from three steps on, any other from five.

    >>> linear_ticks(0, 230)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    """
    step = nice_step(high - low, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 12) for index in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return positions of 1, 2, 5 times powers of ten; fewer when they would crowd.

    >>> log_ticks(4, 130)
    [5.0, 10.0, 20.0, 50.0, 100.0]
    >>> log_ticks(1, 1e6)
    [1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0, 1000000.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        ticks = [float(f"{f}e{power}") for power in powers for f in factors]
        ticks = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        if len(ticks) <= 8:
            break
    return ticks if len(ticks) >= 2 else linear_ticks(low, high)


def tick_label(value: float) -> str:
    """Return a short number for an axis.

    >>> [tick_label(v) for v in (0, 0.05, 250.0, 2500, 40_000, 2.5e6)]
    ['0', '0.05', '250', '2500', '40k', '2.5M']
    """
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.6g}{letter}"
    return f"{value:.6g}"


def thin_line(x: Floats, y: Floats, limit: int) -> tuple[Floats, Floats]:
    """Return at most `limit` points of a line: the lowest and highest of each stretch.

    Peaks stay, as they are what a reader looks for. A stretch without any value stays a gap (NaN).
    """
    if x.size <= limit:
        return x, y
    edges = np.linspace(0, x.size, limit // 2 + 1).astype(int)
    keep: list[int] = []
    for start, end in pairwise(edges.tolist()):
        stretch = y[start:end]
        if np.isnan(stretch).all():
            keep.append(start)
        else:
            keep += sorted({start + int(np.nanargmin(stretch)), start + int(np.nanargmax(stretch))})
    return x[keep], y[keep]


def thin_distribution(distribution: Distribution, limit: int) -> tuple[Floats, Floats]:
    """Return at most `limit` points: even in log latency and, for the tail, in log share above."""
    latency, share = distribution.latency_ms, distribution.share
    if latency.size <= limit:
        return latency, share
    half = limit // 2
    log_latency = np.log(np.maximum(latency, 1e-6))
    by_latency = np.linspace(log_latency[0], log_latency[-1], half)
    by_share = 1 - np.geomspace(1, 1e-4, limit - half)
    keep = np.union1d(
        np.searchsorted(log_latency, by_latency).clip(max=latency.size - 1),
        np.searchsorted(share, by_share).clip(max=latency.size - 1),
    )
    return latency[keep], share[keep]


def finite_range(lines: Iterable[Floats]) -> tuple[float, float] | None:
    """Return the smallest and largest finite value of all lines; None without any."""
    found = [line[np.isfinite(line)] for line in lines]
    found = [line for line in found if line.size]
    if not found:
        return None
    return min(float(line.min()) for line in found), max(float(line.max()) for line in found)
