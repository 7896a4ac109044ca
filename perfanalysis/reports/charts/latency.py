"""Latency charts: the distribution, and percentiles over time.

Current runs against baseline runs, one thin line per run. Names from result files are never
drawn: they stand in the page's headings, where they are escaped and every script has its font.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import ndtri

from perfanalysis.model.views import Distribution, Timeline
from perfanalysis.reports.charts.axes import (
    TimeAxis,
    finite_range,
    linear_ticks,
    log_ticks,
    thin_distribution,
    thin_line,
    tick_label,
)
from perfanalysis.reports.charts.marks import Marks, draw_marks, marks_text
from perfanalysis.reports.charts.panel import Panel, Which
from perfanalysis.reports.charts.svg import HEIGHT, Drawing, drawing, inline_svg
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import ngettext
from perfanalysis.units import format_ms

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfanalysis.model.views import Floats

Side = Literal["baseline", "current"]

_SHARES = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999)
_LOWEST_SHARE = 0.004
_HIGHEST_SHARES = (0.996, 0.9996)  # the second only where the data reach beyond the first
_FEWEST_FOR_A_CURVE = 100  # below, the steps of the distribution show how few values there are
_LOG_ABOVE = 15.0  # times the middle of the curves: a linear axis would press them flat
_LABEL_DISTANCE = 0.075  # of the height of the panel: two labels nearer than this would overlap


def distribution_chart(lines: Sequence[tuple[Side, Distribution]], *, points: int) -> Markup | None:
    """Return the share of requests at or below each latency; None without data.

    Latency is logarithmic. The share stands on a probability scale, which stretches both ends:
    there, 90 %, 99 % and 99.9 % lie apart, and a lognormal latency is a straight line.

    Args:
        lines: one entry per run, in drawing order.
        points: the most points of one line.
    """
    lines = [(side, line) for side, line in lines if line.latency_ms.size]
    if not lines:
        return None
    low, high = _positive_range([line.latency_ms for _side, line in lines])
    beyond = any(np.any((d.share > _HIGHEST_SHARES[0]) & (d.share < 1)) for _side, d in lines)
    highest = _HIGHEST_SHARES[1 if beyond else 0]
    with drawing():
        figure = Drawing(HEIGHT)
        limits = float(ndtri(_LOWEST_SHARE)), float(ndtri(highest)) + 0.02
        panel = Panel(figure, (low, high), limits, top=22, bottom=28, right=24, logarithmic="x")
        for side, distribution in lines:
            latency, share = thin_distribution(distribution, points)
            panel.line(
                np.concatenate(([latency[0]], latency)).clip(min=low),
                ndtri(np.concatenate(([0.0], share)).clip(_LOWEST_SHARE, highest)),
                line_classes(side, len(lines)),
                steps=latency.size < _FEWEST_FOR_A_CURVE,
            )
        latency_ticks(panel, "x", log_ticks(low, high), unit=True)
        shares = [share for share in _SHARES if share < highest]
        panel.ticks("y", [float(ndtri(s)) for s in shares], [f"{s * 100:g}" for s in shares])
        panel.note(_("% of requests at or below"))
        return inline_svg(
            figure,
            title=_("Latency distribution"),
            description=_(
                "Share of requests at or below each latency, from {low} to {high}, {runs}"
            ).format(low=format_ms(low), high=format_ms(high), runs=sides_text(lines)),
        )


def percentile_chart(
    lines: Sequence[tuple[Side, Timeline]],
    *,
    axis: TimeAxis,
    points: int,
    marks: Marks | None = None,
) -> Markup | None:
    """Return the median and the 95th percentile over time; None without data.

    The latency axis begins at 0, unless peaks would press the curves flat: then it is logarithmic.
    """
    curves = [(side, "p50", line.offset_s, line.p50_ms) for side, line in lines]
    curves += [(side, "p95", line.offset_s, line.p95_ms) for side, line in lines]
    span = finite_range([values for *_, values in curves])
    if span is None:
        return None
    middle = float(np.nanmedian(np.concatenate([line.p50_ms for _side, line in lines])))
    logarithmic = span[1] > _LOG_ABOVE * middle > 0
    low, high = _positive_range([y for *_, y in curves]) if logarithmic else (0.0, span[1] or 1.0)
    with drawing():
        figure = Drawing(HEIGHT)
        limits = (axis.start_s, axis.end_s), (low, high * 1.04)
        scale: Which | None = "y" if logarithmic else None
        panel = Panel(figure, *limits, top=22, bottom=28, right=30, logarithmic=scale)
        draw_marks(panel, marks, axis)
        classes = {side: line_classes(side, len(lines)) for side, _line in lines}
        for side, percentile, x, y in curves:
            panel.line(*thin_line(x, y.clip(min=low), points), f"{classes[side]} {percentile}")
        _label_ends(panel, curves)
        panel.ticks("x", *axis.ticks())
        latency_ticks(panel, "y", log_ticks(low, high) if logarithmic else linear_ticks(0, high))
        panel.note(_("ms, logarithmic") if logarithmic else "ms")
        return inline_svg(
            figure,
            title=_("Latency over time"),
            description=_(
                "Median and 95th percentile per window of time, from {low} to {high}, {runs}"
            ).format(low=format_ms(span[0]), high=format_ms(span[1]), runs=sides_text(lines))
            + marks_text(marks),
        )


def line_classes(side: Side, runs: int) -> str:
    """Return the CSS classes of a line: thinner where several runs of a side overlap."""
    return f"line {side} many" if runs > 2 else f"line {side}"


def sides_text(lines: Sequence[tuple[Side, object]]) -> str:
    """Return how many runs of each side are drawn: `1 current run and 3 baseline runs`."""
    sides = [side for side, _line in lines]
    current, baseline = sides.count("current"), sides.count("baseline")
    ours = ngettext("{n} current run", "{n} current runs", current).format(n=current)
    theirs = ngettext("{n} baseline run", "{n} baseline runs", baseline).format(n=baseline)
    if current and baseline:
        return _("{current} and {baseline}").format(current=ours, baseline=theirs)
    return ours if current else theirs


def _positive_range(lines: Sequence[Floats]) -> tuple[float, float]:
    """Return limits for a logarithmic axis; latencies of 0 are drawn at the lower one."""
    span = finite_range([line[line > 0] for line in lines])
    low, high = span or (0.1, 1.0)
    middle = (low * high) ** 0.5
    # At least a factor of 2, so that a constant latency has an axis at all.
    return min(low / 1.04, middle / 1.5), max(high * 1.04, middle * 1.5)


def latency_ticks(
    panel: Panel, which: Which, positions: list[float], *, unit: bool = False
) -> None:
    """Place the ticks of an axis of latencies; if asked for, the last one says `ms`."""
    labels = [tick_label(position) for position in positions]
    if unit and labels:
        labels[-1] += " ms"
    panel.ticks(which, positions, labels)


def _label_ends(panel: Panel, curves: Sequence[tuple[Side, str, Floats, Floats]]) -> None:
    """Write `p50` and `p95` behind the ends of the curves, apart from each other."""
    places = {}
    for percentile in ("p50", "p95"):
        ends = [y[np.isfinite(y)][-3:] for _side, which, _x, y in curves if which == percentile]
        known = np.concatenate(ends)
        if known.size:
            middle = float(panel.y.place(max(float(np.median(known)), 1e-9)))
            places[percentile] = (panel.y.start - middle) / (panel.y.start - panel.y.end)
    if len(places) == 2 and places["p95"] - places["p50"] < _LABEL_DISTANCE:
        places["p95"] = places["p50"] + _LABEL_DISTANCE
    for percentile, height in places.items():
        panel.label(percentile, height)
