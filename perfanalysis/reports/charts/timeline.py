"""Charts over time besides latency: throughput with errors, and resource series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.views import Curve, Timeline
from perfanalysis.reports.charts.axes import (
    TimeAxis,
    finite_range,
    linear_ticks,
    thin_line,
    tick_label,
)
from perfanalysis.reports.charts.latency import Side, line_classes, sides_text
from perfanalysis.reports.charts.marks import Marks, draw_marks, marks_text
from perfanalysis.reports.charts.panel import Panel
from perfanalysis.reports.charts.svg import HEIGHT, Drawing, drawing, inline_svg
from perfanalysis.reports.language import gettext as _
from perfanalysis.units import format_ratio

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfanalysis.model.views import Floats

RESOURCE_HEIGHT = 170
_ERROR_PANEL = 62  # CSS pixels
_LEAST_ERROR_PERCENT = 1.0  # one error in a thousand must not fill the panel
_LEAST_SPAN = 5e-4  # of a resource axis that does not begin at 0, relative to its values
_BINARY = (("TiB", 2.0**40), ("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10))


def throughput_chart(
    lines: Sequence[tuple[Side, Timeline]],
    *,
    axis: TimeAxis,
    points: int,
    marks: Marks | None = None,
) -> Markup | None:
    """Return requests per second over time, and below it the error rate; None without data."""
    span = finite_range([line.throughput for _side, line in lines])
    if span is None:
        return None
    errors = finite_range([line.error_rate for _side, line in lines])
    worst = errors[1] if errors else 0.0
    with drawing():
        figure = Drawing(HEIGHT)
        span_s, limits = (axis.start_s, axis.end_s), (0.0, span[1] or 1.0)
        panel = Panel(figure, span_s, _with_air(limits), top=22, bottom=_ERROR_PANEL + 54)
        rates = [(side, line.offset_s, line.throughput) for side, line in lines]
        draw_marks(panel, marks, axis)
        _draw(panel, rates, limits=limits, points=points)
        panel.ticks("x", axis.ticks()[0], [""] * len(axis.ticks()[0]))
        panel.note(_("requests per second"))
        limits = (0.0, max(worst * 100, _LEAST_ERROR_PERCENT))
        top = HEIGHT - _ERROR_PANEL - 28
        lower = Panel(figure, span_s, _with_air(limits), top=top, bottom=28)
        shares = [(side, line.offset_s, line.error_rate * 100) for side, line in lines]
        _draw(lower, shares, limits=limits, points=points, ticks=3)
        lower.ticks("x", *axis.ticks())
        lower.note(_("% of requests failed"))
        return inline_svg(
            figure,
            title=_("Throughput and errors over time"),
            description=_(
                "At most {rate} requests per second and {share} errors in a window, {runs}"
            ).format(
                rate=tick_label(round(span[1], 1)),
                share=format_ratio(worst),
                runs=sides_text(lines),
            )
            + marks_text(marks),
        )


def curve_chart(
    lines: Sequence[tuple[Side, Curve]],
    *,
    axis: TimeAxis,
    points: int,
    marks: Marks | None = None,
) -> Markup | None:
    """Return one resource series over time; None where nothing lies within the time axis.

    The unit is the source's own word, so it stands in the page, not in the chart (see
    `shown_unit`). The axis begins at 0, unless the values stay in a small part of it and are no
    percentages.
    """
    divisor = _scale([curve for _side, curve in lines])[1]
    drawn = []
    for side, curve in lines:
        inside = (curve.offset_s >= axis.start_s) & (curve.offset_s <= axis.end_s)
        drawn.append((side, curve.offset_s[inside], curve.value[inside] / divisor))
    span = finite_range([values for *_, values in drawn])
    if span is None:
        return None
    limits = _curve_limits(*span, from_zero=lines[0][1].unit == "%")
    with drawing():
        figure = Drawing(RESOURCE_HEIGHT)
        span_s = axis.start_s, axis.end_s
        panel = Panel(figure, span_s, _with_air(limits), top=10, bottom=28)
        draw_marks(panel, marks, axis)
        _draw(panel, drawn, limits=limits, points=points)
        panel.ticks("x", *axis.ticks())
        return inline_svg(
            figure,
            title=_("Resource over time"),
            description=_("Values from {low} to {high}, {runs}").format(
                low=tick_label(span[0]), high=tick_label(span[1]), runs=sides_text(lines)
            )
            + marks_text(marks),
        )


def shown_unit(curves: Sequence[Curve]) -> str | None:
    """Return the unit of a resource chart's axis; bytes become KiB, MiB, GiB or TiB."""
    return _scale(curves)[0]


def _scale(curves: Sequence[Curve]) -> tuple[str | None, float]:
    unit = curves[0].unit
    span = finite_range([curve.value for curve in curves])
    if unit in ("bytes", "bytes/s") and span is not None:
        for word, size in _BINARY:
            if max(abs(span[0]), abs(span[1])) >= size:
                return word + unit.removeprefix("bytes"), size
    return unit, 1.0


def _curve_limits(low: float, high: float, *, from_zero: bool) -> tuple[float, float]:
    if low == high:
        low, high = min(low, 0.0), max(high, 0.0) or 1.0
    if low >= 0 and (from_zero or low < 0.6 * high):
        low = 0.0
    # What hardly changes shall look like it, and ticks shall differ within five digits.
    missing = max(_LEAST_SPAN * max(abs(low), abs(high)) - (high - low), 0.0) / 2
    low, high = low - missing, high + missing
    return (low if low == 0 else low - (high - low) * 0.08), high


def _with_air(limits: tuple[float, float]) -> tuple[float, float]:
    """Return limits with some room above: the highest line must not lie on the edge."""
    low, high = limits
    return low, high + (high - low) * 0.05


def _draw(
    panel: Panel,
    lines: Sequence[tuple[Side, Floats, Floats]],
    *,
    limits: tuple[float, float],
    points: int,
    ticks: int = 5,
) -> None:
    for side, x, y in lines:
        panel.line(
            *thin_line(x, np.where(np.isfinite(y), y, np.nan), points),
            line_classes(side, len(lines)),
        )
    positions = linear_ticks(*limits, ticks)
    panel.ticks("y", positions, [tick_label(position) for position in positions])
