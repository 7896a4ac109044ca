"""A run over time at a glance: percentiles of latency, throughput and errors below each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.views import RunView, Timeline
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.plots.figure import drawn, stacked_panels
from perfanalysis.reports.plots.lettering import run_title
from perfanalysis.reports.plots.lines import Line
from perfanalysis.reports.plots.timeline import (
    Course,
    Marks,
    marks_of,
    name_time,
    timeline_panel,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from perfanalysis.model.views import Floats


@dataclass(frozen=True, kw_only=True)
class _Panel:
    metric: str
    unit: str
    lines: tuple[Line[Course], ...]


def run_courses(view: RunView) -> Figure | Axes | None:
    """Draw all requests of a run over time; None where the source tells nothing over time.

    Errors have a panel only where there are any.
    """
    timeline = view.timelines.get(None)
    panels = [] if timeline is None else _panels(timeline)
    if not panels:
        return None
    marks = marks_of(view, [None])
    title = "\n".join(filter(None, (run_title(view.summary.run.name, []), _meaning(marks))))
    places = stacked_panels(len(panels))
    for number, (axes, panel) in enumerate(zip(places, panels, strict=True)):
        timeline_panel(
            axes,
            panel.lines,
            metric=panel.metric,
            unit=panel.unit,
            title=title if number == 0 else None,
            marks=marks,
        )
    name_time(places[-1])
    return drawn(places, None)


def _panels(timeline: Timeline) -> list[_Panel]:
    percentiles = (("p50", timeline.p50_ms), ("p95", timeline.p95_ms), ("p99", timeline.p99_ms))
    latency = [_line(timeline, name, value) for name, value in percentiles if _mostly_known(value)]
    # Sources without single requests know the mean over time at most.
    metric = "latency" if latency else "latency.mean"
    if not latency and _known(timeline.mean_ms):
        latency = [_line(timeline, metric, timeline.mean_ms)]
    found = [_Panel(metric=metric, unit="ms", lines=tuple(latency))]
    for metric, unit, value in (
        ("throughput", "1/s", timeline.throughput),
        ("error_rate", "ratio", timeline.error_rate),
    ):
        if _known(value) and (metric != "error_rate" or np.nanmax(value) > 0):
            found.append(_Panel(metric=metric, unit=unit, lines=(_line(timeline, metric, value),)))
    return [panel for panel in found if panel.lines]


def _mostly_known(value: Floats) -> bool:
    """Return whether a line can be made of it, and not just some dots."""
    return _known(value) and np.isfinite(value).mean() >= 0.5


def _known(value: Floats) -> bool:
    return bool(np.isfinite(value).any())


def _line(timeline: Timeline, name: str, value: Floats) -> Line[Course]:
    return Line(side=None, name=name, data=Course(offset_s=timeline.offset_s, value=value))


def _meaning(marks: Marks) -> str:
    """Return what the shades mean."""
    if marks.odd and marks.warmup_s:
        return _("grey: warm-up, orange: unlike the rest of the run")
    if marks.odd:
        return _("orange: unlike the rest of the run")
    return _("grey: warm-up") if marks.warmup_s else ""
