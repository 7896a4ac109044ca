"""Limits that must be exceeded for a while: `for 10s`, in the sense of Taurus.

A run is cut into seconds; the budget breaks where the figure exceeds its limit in every second that
has data, for so long on end. The value of such a budget is the worst level that was kept up for so
long: it says how far the run was from breaking.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from perfanalysis.analysis.budgets.samples import Floats, Ints, Sample
from perfanalysis.analysis.budgets.values import is_share, mean_of, type7
from perfanalysis.model.figure import Aggregate, Column, Figure
from perfanalysis.model.series import SeriesKind
from perfanalysis.stats.dependence import cdf_of

_SECOND_US = 1_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels:
    """A figure over time.

    Attributes:
        start_s: when each span begins, increasing; spans without data are left out.
        level: the figure in each.
        width_s: how long a span is.
        per_span: how many values a span has, at the median.
    """

    start_s: Floats
    level: Floats
    width_s: float
    per_span: float


def sustained(levels: Levels, for_s: float, *, most: bool) -> float | None:
    """Return the worst level that was kept up for a time; None where none lasted so long.

    Args:
        levels: the figure over time.
        for_s: how long.
        most: whether large levels are bad (the limit is the most allowed), or small ones.

    >>> steps = Levels(
    ...     start_s=np.arange(6.0), level=np.array([1, 5, 6, 7, 2, 9.0]), width_s=1.0, per_span=1
    ... )
    >>> sustained(steps, 3, most=True), sustained(steps, 3, most=False)
    (5.0, 6.0)
    """
    sign = 1.0 if most else -1.0
    levels_up = sign * levels.level
    worst: float | None = None
    # The least of the levels of a sliding stretch, in linear time.
    rising: deque[int] = deque()
    first = 0
    for last, level in enumerate(levels_up):
        while rising and levels_up[rising[-1]] >= level:
            rising.pop()
        rising.append(last)
        # As short a stretch as still lasts long enough.
        while levels.start_s[last] - levels.start_s[first] + levels.width_s >= for_s - 1e-9:
            while rising[0] < first:
                rising.popleft()
            kept = float(levels_up[rising[0]])
            worst = kept if worst is None else max(worst, kept)
            if first == last:
                break
            first += 1
    return None if worst is None else sign * worst


def levels_of(figure: Figure, sample: Sample) -> Levels | None:
    """Return a figure second by second; None where the source does not tell it over time."""
    if sample.values is not None and sample.times_us is not None:
        return _of_values(figure, sample, sample.values, sample.times_us)
    evidence = sample.evidence
    if evidence is None or evidence.windows is None or not len(evidence.windows.start_us):
        return None
    windows = evidence.windows
    width_us = _width_us(windows.start_us)
    second = windows.start_us // width_us
    seconds, position = np.unique(second, return_inverse=True)
    requests = np.bincount(position, weights=windows.requests)
    level: Floats | None
    if is_share(figure, sample):
        failures = np.bincount(position, weights=windows.failures)
        level = _ratio(failures, requests)
        level = 1 - level if figure.column is Column.PASSED else level
    elif sample.kind is SeriesKind.COUNTER:
        return _filled(seconds, requests / (width_us / 1e6), width_us)
    else:
        level = _latency_level(figure, sample, width_us, seconds)
        if level is None and figure.aggregate is Aggregate.MEAN and windows.mean_ms is not None:
            sums = np.nan_to_num(windows.mean_ms) * windows.requests
            level = _ratio(np.bincount(position, weights=sums), requests)
    if level is None:
        return None
    return _levels(seconds, level, width_us, float(np.median(requests)))


def _of_values(figure: Figure, sample: Sample, values: Floats, times_us: Ints) -> Levels | None:
    second = times_us // _SECOND_US
    if sample.kind is SeriesKind.COUNTER:
        seconds, position = np.unique(second, return_inverse=True)
        return _filled(seconds, np.bincount(position, weights=values), _SECOND_US)
    order = np.lexsort((values, second))
    second, values = second[order], values[order]
    firsts = np.flatnonzero(np.diff(second, prepend=second[0] - 1))
    parts = np.split(values, firsts[1:])
    level = np.array([_level(figure, sample, part) for part in parts])
    per_span = float(np.median([len(part) for part in parts]))
    return _levels(second[firsts], level, _SECOND_US, per_span)


def _level(figure: Figure, sample: Sample, ordered: Floats) -> float:
    """Return the figure of the increasing values of one second."""
    if figure.aggregate is Aggregate.UNDER:
        return float((ordered < (figure.under_ms or 0.0)).mean())
    if is_share(figure, sample):
        return float((ordered != 0).mean())
    if figure.quantile is not None:
        return type7(ordered, figure.quantile)
    if figure.aggregate is Aggregate.COUNT:
        return float(ordered.sum()) if sample.kind is SeriesKind.RATE else float(len(ordered))
    if figure.aggregate in (Aggregate.MIN, Aggregate.MAX):
        return float(ordered[0] if figure.aggregate is Aggregate.MIN else ordered[-1])
    return float(ordered.mean())


def _latency_level(figure: Figure, sample: Sample, width_us: int, seconds: Ints) -> Floats | None:
    """Return percentiles, means or extremes of windows that hold histograms."""
    data = None if sample.evidence is None else sample.evidence.latencies
    if data is None:
        return None
    level = np.full(len(seconds), np.nan)
    window = data.window // width_us
    firsts = np.flatnonzero(np.diff(window, prepend=-1))
    ends = np.append(firsts[1:], len(window))
    q = {Aggregate.MIN: 0.0, Aggregate.MAX: 1.0}.get(figure.aggregate, figure.quantile)
    for start, end in zip(firsts, ends, strict=True):
        cdf = cdf_of(data.bucket[start:end], data.count[start:end], data.clock_resolution)
        place = np.searchsorted(seconds, window[start])
        level[place] = mean_of(cdf) if q is None else cdf.quantile(q)
    return level


def _width_us(start_us: Ints) -> int:
    """Return the width of windows, at least a second."""
    apart = int(np.median(np.diff(start_us))) if len(start_us) > 1 else _SECOND_US
    return max(apart, _SECOND_US)


def _ratio(part: Floats | Ints, whole: Floats | Ints) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Floats = part / whole
    return found


def _levels(span: Ints, level: Floats, width_us: int, per_span: float) -> Levels:
    known = ~np.isnan(level)
    return Levels(
        start_s=(span[known] * (width_us / 1e6)).astype(np.float64),
        level=level[known],
        width_s=width_us / 1e6,
        per_span=per_span,
    )


def _filled(span: Ints, counted: Floats | Ints, width_us: int) -> Levels | None:
    """Return counts per second, zero where nothing happened.

    The first and the last span are seldom whole: they say nothing about a rate.
    """
    every = np.arange(span[0] + 1, span[-1])
    if not len(every):
        return None
    level = np.zeros(len(every))
    inner = slice(1, len(span) - 1)
    level[span[inner] - every[0]] = counted[inner]
    return _levels(every, level, width_us, float(np.median(counted)))
