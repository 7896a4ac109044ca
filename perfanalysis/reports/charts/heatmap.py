"""The heat map of latency over time: what a percentile hides, such as a second mode or a pause."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.model.views import Heatmap
from perfanalysis.reports.charts.axes import TimeAxis, log_ticks
from perfanalysis.reports.charts.latency import latency_ticks
from perfanalysis.reports.charts.marks import Marks, draw_marks, marks_text
from perfanalysis.reports.charts.panel import Panel, Scale
from perfanalysis.reports.charts.svg import HEIGHT, Drawing, drawing, inline_svg
from perfanalysis.reports.language import gettext as _
from perfanalysis.units import format_count, format_ms

if TYPE_CHECKING:
    import numpy.typing as npt
    from markupsafe import Markup

    from perfanalysis.model.views import Floats

    Ints = npt.NDArray[np.int64]

CLASSES = 8


def heatmap_chart(
    heatmap: Heatmap,
    *,
    axis: TimeAxis,
    among: Sequence[Heatmap] = (),
    marks: Marks | None = None,
) -> Markup | None:
    """Return how many requests took how long, over time; None without any.

    Cells without a request stay empty. The others fall into eight classes, `heat-1` for the
    fewest requests; classes of many requests are wider, so that rare slow ones are told apart.

    Args:
        heatmap: of one run.
        axis: time that is shown.
        among: other heat maps that are to be compared with this one: all share their scales.
        marks: what is marked on the time axis.
    """
    shared = [heatmap, *among]
    most = max(int(entry.count.max(initial=0)) for entry in shared)
    if most == 0 or not heatmap.count.any():
        return None
    low = min(float(entry.edges_ms[0]) for entry in shared)
    high = max(float(entry.edges_ms[-1]) for entry in shared)
    classes = heat_classes(heatmap.count, most)
    with drawing():
        figure = Drawing(HEIGHT)
        limits = (axis.start_s, axis.end_s), (low, high)
        panel = Panel(figure, *limits, top=22, bottom=28, logarithmic="y")
        draw_marks(panel, marks, axis)
        panel.ticks("x", *axis.ticks())
        latency_ticks(panel, "y", log_ticks(low, high))
        panel.note(_("ms, logarithmic"))
        cells = _cells(panel, heatmap, classes)
        return inline_svg(
            figure,
            title=_("Latency over time as a heat map"),
            description=_(
                "Requests by time and latency, from {low} to {high}, at most {most} in a cell"
            ).format(low=format_ms(low), high=format_ms(high), most=format_count(most))
            + marks_text(marks),
            beneath=cells,
        )


def heat_classes(count: Ints, most: int) -> Ints:
    """Return the class of each cell: 0 without a request, else 1 to 8.

    Args:
        count: requests.
        most: in any cell of the heat maps that share their colours, at least 1.

    >>> heat_classes(np.array([0, 1, 10, 100, 1000]), 1000).tolist()
    [0, 1, 1, 3, 8]
    """
    limits = np.array(heat_limits(most))
    classes: Ints = np.searchsorted(limits, count, side="right").astype(np.int64)
    return classes


def heat_limits(most: int) -> list[int]:
    """Return the fewest requests of each of the eight classes, for a legend.

    Where there are fewer than eight different counts, some classes are empty: their limits are
    those of the next.

    >>> heat_limits(1000)
    [1, 17, 64, 142, 251, 392, 563, 766]
    >>> heat_limits(2)
    [1, 2, 2, 2, 2, 2, 2, 2]
    """
    return [1 + int(np.ceil((most - 1) * (step / CLASSES) ** 2 - 1e-9)) for step in range(CLASSES)]


def _cells(panel: Panel, heatmap: Heatmap, classes: Ints) -> list[tuple[str, str]]:
    """Return one path a class; neighbours in time of one class are one rectangle."""
    left, top = _inside(panel.x, heatmap.edges_s), _inside(panel.y, heatmap.edges_ms)
    paths = [""] * (CLASSES + 1)
    for row, line in enumerate(classes.T):
        height = float(top[row] - top[row + 1])
        breaks = [0, *(np.flatnonzero(np.diff(line)) + 1).tolist(), len(line)]
        for start, end in pairwise(breaks):
            width = float(left[end] - left[start])
            if line[start] and width > 0:
                place = f"M{left[start]:.1f} {top[row + 1]:.1f}"
                paths[int(line[start])] += f"{place}h{width:.1f}v{height:.1f}h-{width:.1f}z"
    return [(f"heat-{number}", path) for number, path in enumerate(paths) if path]


def _inside(scale: Scale, values: Floats) -> Floats:
    """Return places along one axis of the drawing, cut off at the edges of the panel."""
    return scale.place(values.clip(scale.low, scale.high))
