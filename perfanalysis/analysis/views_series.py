"""Resource series over time, as a report draws them: few enough curves of few enough points."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from perfanalysis.analysis.series import NOT_RESOURCES, Series, natural, series_of
from perfanalysis.model.series import SeriesKind
from perfanalysis.model.views import Curve
from perfanalysis.store.bundle import Run

Floats = npt.NDArray[np.float64]

_MAX_POINTS = 300
_MAX_CURVES = 40


def resource_series(run: Run) -> list[Series]:
    """Return gauges and counters; measured trends are no resource."""
    kinds = (SeriesKind.GAUGE, SeriesKind.COUNTER)
    return series_of(run, kinds=kinds, without=NOT_RESOURCES)


def drawn_series(series: list[Series]) -> list[Series]:
    """Return at most 40 series; of too many, those that never change are left out first.

    Before a metric gets a second set of labels drawn, every metric has one.
    """
    seen: Counter[str] = Counter()
    ranked = []
    for entry in sorted(series, key=_order):
        still = is_still(entry)
        ranked.append(((still, seen[entry.metric], entry.metric), entry))
        seen[entry.metric] += not still
    ranked.sort(key=lambda pair: pair[0])
    return sorted((entry for _, entry in ranked[:_MAX_CURVES]), key=_order)


def curve_of(series: Series, start_us: int) -> Curve:
    """Return a series over time in at most 300 points; a counter as a rate per second.

    Args:
        series: a gauge or a counter.
        start_us: start of the run, microseconds since 1970.
    """
    offset = (series.time_us - start_us) / 1e6
    value, unit = series.value, series.unit
    if series.kind == SeriesKind.COUNTER:
        offset, value = _per_second(offset, value)
        unit = f"{unit}/s" if unit else "1/s"
    offset, value = _binned(offset, value)
    return Curve(
        metric=series.metric, unit=unit, labels=series.labels, offset_s=offset, value=value
    )


def is_still(series: Series) -> bool:
    """Return whether a series never changes; a counter stands still while it counts nothing."""
    low, high = float(series.value.min()), float(series.value.max())
    return high == 0 if series.kind == SeriesKind.COUNTER else low == high


def _order(series: Series) -> tuple[str, list[tuple[int, str]]]:
    return series.metric, natural(series.labels)


def _per_second(offset: Floats, value: Floats) -> tuple[Floats, Floats]:
    second = np.floor(offset).astype(np.int64)
    seconds, position = np.unique(second, return_inverse=True)
    middle: Floats = seconds.astype(np.float64) + 0.5
    return middle, np.bincount(position, weights=value).astype(np.float64)


def _binned(offset: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Average neighbouring points until at most 300 are left."""
    if len(offset) <= _MAX_POINTS:
        return offset, value
    edges = np.linspace(offset[0], offset[-1], _MAX_POINTS + 1)
    position = np.clip(np.searchsorted(edges, offset, side="right") - 1, 0, _MAX_POINTS - 1)
    count = np.bincount(position, minlength=_MAX_POINTS)
    used = count > 0
    means = [
        np.bincount(position, weights=column, minlength=_MAX_POINTS)[used] / count[used]
        for column in (offset, value)
    ]
    return means[0], means[1]
