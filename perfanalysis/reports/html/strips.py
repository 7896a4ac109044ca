"""Distribution strips: the latencies of baseline and current, drawn small in a table row.

A thin line spans the 10th to the 90th percentile, a bar the middle half, its gap is the median.
The dots are the figure that the row is about, one for each run. All rows of a table share one
logarithmic axis, so that the eye may run down the column.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from perfanalysis.model.results import Result
from perfanalysis.model.views import Distribution, ReportData, RunView
from perfanalysis.reports.charts.axes import log_ticks, tick_label
from perfanalysis.reports.charts.latency import Side
from perfanalysis.reports.html.intervals import label_x

WIDTH = 136
HEIGHT = 30
_MARGIN = 8
_MOST_DOTS = 12  # of one side: beyond, they are a smear
_LABEL_DISTANCE = 32
_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
_MIDDLES: tuple[tuple[Side, int], ...] = (("baseline", 9), ("current", 21))


@dataclass(frozen=True, kw_only=True)
class StripScale:
    """The latency axis of one table, with the distributions that its rows show.

    Attributes:
        low_ms: left end; positive.
        sides: distributions by side and name, one for each run.
    """

    low_ms: float
    high_ms: float
    sides: Mapping[Side, Mapping[str, Sequence[Distribution]]]

    def x(self, latency_ms: float) -> float:
        """Return the distance of a latency from the left edge in CSS pixels."""
        span = math.log(self.high_ms / self.low_ms)
        place = math.log(max(latency_ms, self.low_ms) / self.low_ms) / span
        return round(2 * (_MARGIN + (WIDTH - 2 * _MARGIN) * min(place, 1.0))) / 2

    def axis(self) -> Markup:
        """Return the labels over the column."""
        labels = []
        last = -math.inf
        for tick in log_ticks(self.low_ms, self.high_ms):
            text = tick_label(tick)
            x = label_x(self.x(tick), text, WIDTH)
            if x - last >= _LABEL_DISTANCE:
                last = x
                labels.append(
                    Markup('<text class="tick middle" x="{}" y="12">{}</text>').format(x, text)
                )
        return Markup('<svg class="strip" viewBox="0 0 {} 16" aria-hidden="true">{}</svg>').format(
            WIDTH, Markup("").join(labels)
        )

    def row(self, result: Result) -> Markup:
        """Return the strip of one result; nothing where it is not about latency."""
        share = quantile_of(result.metric)
        if share is None:
            return Markup("")
        parts = [
            self._side(side, middle, self.sides[side].get(result.name, ()), share)
            for side, middle in _MIDDLES
        ]
        if not any(parts):
            return Markup("")
        return Markup('<svg class="strip" viewBox="0 0 {} {}" aria-hidden="true">{}</svg>').format(
            WIDTH, HEIGHT, Markup("").join(parts)
        )

    def _side(self, side: Side, y: int, lines: Sequence[Distribution], share: float) -> Markup:
        if not lines:
            return Markup("")
        p10, p25, p50, p75, p90 = (self.x(value) for value in _quantiles(lines))
        left, right = max(p50 - 1, p25), min(p50 + 1, p75)
        box = (
            f"M{p10:g} {y}H{p90:g}"
            f"M{p25:g} {y - 4}H{left:g}v8H{p25:g}zM{right:g} {y - 4}H{p75:g}v8H{right:g}z"
        )
        dots = "".join(f"M{self.x(_quantile(line, share)):g} {y}h0" for line in lines[:_MOST_DOTS])
        return Markup('<path class="{0}" d="{1}"/><path class="{0} dot" d="{2}"/>').format(
            side, box, dots
        )


def strip_scale(data: ReportData, results: Sequence[Result]) -> StripScale | None:
    """Return the axis that holds every strip of these results; None without any distribution."""
    names = {result.name for result in results if quantile_of(result.metric) is not None}
    sides: dict[Side, dict[str, list[Distribution]]] = {
        "baseline": _by_name(data.baseline, names),
        "current": _by_name(data.current, names),
    }
    lines = [line for side in sides.values() for found in side.values() for line in found]
    if not lines:
        return None
    ends = np.array([[_quantile(line, 0.05), _quantile(line, 0.99)] for line in lines])
    high = float(ends.max())
    if high <= 0:
        return None
    low = max(float(ends[ends > 0].min()), high * 1e-5)
    return StripScale(low_ms=low / 1.1, high_ms=max(high * 1.1, low * 1.5), sides=sides)


def quantile_of(metric: str) -> float | None:
    """Return the share below the quantile that a metric is; None for anything else.

    >>> quantile_of("latency.p99.9"), quantile_of("latency.mean"), quantile_of("throughput")
    (0.9990000000000001, None, None)
    """
    digits = metric.removeprefix("latency.p")
    if digits == metric or not digits.replace(".", "", 1).isdecimal():
        return None
    share = float(digits) / 100
    return share if 0 < share < 1 else None


def _by_name(views: Sequence[RunView], names: set[str]) -> dict[str, list[Distribution]]:
    found: dict[str, list[Distribution]] = {}
    for view in views:
        for name, line in view.distributions.items():
            if name is not None and name in names and line.latency_ms.size:
                found.setdefault(name, []).append(line)
    return found


def _quantiles(lines: Sequence[Distribution]) -> list[float]:
    """Return the quantiles of a side: of several runs the geometric mean of theirs."""
    if len(lines) == 1:
        return [_quantile(lines[0], share) for share in _SHARES]
    logs = np.array(
        [[math.log(max(_quantile(line, share), 1e-6)) for share in _SHARES] for line in lines]
    )
    return [float(value) for value in np.exp(logs.mean(axis=0))]


def _quantile(line: Distribution, share: float) -> float:
    return float(np.interp(share, line.share, line.latency_ms))
