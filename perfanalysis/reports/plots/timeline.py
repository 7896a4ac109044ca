"""Quantities over time: latency, throughput, errors, and what the machine did meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.colors import alarm, grey
from perfanalysis.reports.plots.lettering import name_label, write_labels, write_title
from perfanalysis.reports.plots.lines import Line, styles, tell_apart
from perfanalysis.reports.plots.scales import (
    drawn_values,
    latency_limits,
    use_bytes,
    use_latency,
    use_percent,
    use_time,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from perfanalysis.model.views import Floats, RunView

_LOG_ABOVE = 15.0  # times the median: a linear axis would press the lines flat
_FEW_POINTS = 100  # so few are marked: between two gaps a point is no line
_WIDEST_METRIC = 26  # terminal cells: what fits beside a low panel
_MOSTLY = 0.6  # values that stay above this share of their maximum need no zero


@dataclass(frozen=True, kw_only=True, eq=False)
class Course:
    """One quantity over time.

    Attributes:
        offset_s: seconds after the start of the run, increasing.
        value: NaN where unknown.
    """

    offset_s: Floats
    value: Floats


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What is marked on the time axis, in seconds after the start of the run.

    Attributes:
        warmup_s: end of what a comparison leaves out; 0 for nothing.
        odd: stretches that are unlike the rest.
    """

    warmup_s: float
    odd: Sequence[tuple[float, float]]


NO_MARKS = Marks(warmup_s=0.0, odd=())


def marks_of(view: RunView, names: Sequence[str | None]) -> Marks:
    """Return what is marked on the time axis of one run: of several names, the warm-up alone."""
    warmup_s = view.warmup_s or 0.0
    if len(names) > 1:
        return Marks(warmup_s=warmup_s, odd=())
    odd = [(entry.start_s, entry.end_s) for entry in view.anomalies if entry.name == names[0]]
    return Marks(warmup_s=warmup_s, odd=_joined(odd)) if odd or warmup_s else NO_MARKS


def _joined(stretches: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches in order, those that overlap as one: twice shaded would look darker."""
    found: list[tuple[float, float]] = []
    for start_s, end_s in sorted(stretches):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return found


def timeline_panel(
    axes: Axes,
    lines: Sequence[Line[Course]],
    *,
    metric: str,
    unit: str | None,
    title: str | None,
    legend: bool = True,
    marks: Marks = NO_MARKS,
) -> None:
    """Draw one metric over time. Data stay seconds and the metric's own unit.

    Args:
        axes: to draw into.
        lines: at least one.
        metric: its key.
        unit: `ms`, `1/s`, `ratio`, `bytes`, ...; a series' is the source's own word.
        title: made by `lettering`; None for none.
        legend: say which line is which; once is enough for panels below each other.
        marks: of the one run that is shown.

    Raises:
        UsageError: more lines than colours can tell apart.
    """
    found = styles(lines, axes)
    artists = []
    for line, style in zip(lines, found, strict=True):
        marker = "o" if line.data.offset_s.size < _FEW_POINTS else "none"
        artists += axes.plot(
            line.data.offset_s, line.data.value, marker=marker, markersize=3.0, **style.drawing
        )
    _use_unit(axes, unit)
    use_time(axes)
    axes.set_xlim(*_span(axes))
    axes.grid(visible=True, alpha=0.35)
    if title is not None:
        write_title(axes, title)
    shown_unit = {None: "", "ratio": "", "bytes": "", "": ""}.get(unit, f", {unit}")
    label = name_label(metric, _WIDEST_METRIC)
    write_labels(axes, y=f"{label}{name_label(shown_unit) if shown_unit else ''}")
    if legend:
        tell_apart(axes, artists, found)
    _mark(axes, marks)


def name_time(axes: Axes) -> None:
    """Say what the horizontal axis is: the lowest panel says it for all."""
    write_labels(axes, x=_("time since the start of the run"))


def _span(axes: Axes) -> tuple[float, float]:
    """Return the first and last second of everything that shares the time axis, from 0 on."""
    panels = axes.get_shared_x_axes().get_siblings(axes)
    offsets = np.concatenate([drawn_values(panel, "x") for panel in panels])
    low, high = min(0.0, float(offsets.min())), float(offsets.max())
    return low, high if high > low else low + 1.0


def _use_unit(axes: Axes, unit: str | None) -> None:
    values = drawn_values(axes, "y")
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if unit == "ms" and high > _LOG_ABOVE * float(np.median(known)) > 0:
        use_latency(axes, "y", logarithmic=True)
        axes.set_ylim(*latency_limits(known))
        return
    if unit == "ratio":
        use_percent(axes, "y")
    elif unit in ("bytes", "bytes/s"):
        use_bytes(axes, "y")
    else:
        use_latency(axes, "y", logarithmic=False)
    from_zero = unit in ("ms", "1/s", "ratio", "%") or low < _MOSTLY * high or low == high
    bottom = 0.0 if low >= 0 and from_zero else low - 0.08 * (high - low)
    least = 0.01 if unit == "ratio" else 0.0  # one error in a thousand must not fill the panel
    top = max(high + 0.05 * (high - bottom), least)
    axes.set_ylim(bottom, top if top > bottom else bottom + 1.0)


def _mark(axes: Axes, marks: Marks) -> None:
    """Shade what a comparison leaves out and what is unlike the rest, behind the lines."""
    if marks.warmup_s > 0:
        axes.axvspan(0.0, marks.warmup_s, color=grey(axes), alpha=0.18, linewidth=0, zorder=0.5)
    for start_s, end_s in marks.odd:
        axes.axvspan(start_s, end_s, color=alarm(axes), alpha=0.16, linewidth=0, zorder=0.5)
