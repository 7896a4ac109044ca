"""What is marked on a time axis: the warm-up as a shade, anomalies as bars along the upper edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.model.views import RunView
from perfanalysis.reports.charts.axes import TimeAxis
from perfanalysis.reports.charts.svg import WIDTH
from perfanalysis.reports.language import ngettext

if TYPE_CHECKING:
    from perfanalysis.reports.charts.panel import Panel

_BAR = 0.03  # of the height of the panel
_NARROWEST = 3.0 / WIDTH  # of the time axis: a spike of a second in an hour stays visible


@dataclass(frozen=True, kw_only=True)
class Marks:
    """Stretches of time to be marked, in seconds after the start of the runs.

    Attributes:
        warmup_s: end of the warm-up; 0 for none.
        anomalies: start and end of each.
    """

    warmup_s: float
    anomalies: tuple[tuple[float, float], ...]


def marks_of(views: Sequence[RunView], name: str | None) -> Marks:
    """Return what is marked on the charts of a name: its own anomalies, and those of all requests.

    Args:
        views: the runs whose marks are shown.
        name: None for all requests.
    """
    return Marks(
        warmup_s=max((view.warmup_s or 0.0 for view in views), default=0.0),
        anomalies=tuple(
            (anomaly.start_s, anomaly.end_s)
            for view in views
            for anomaly in view.anomalies
            if anomaly.name in (None, name)
        ),
    )


def draw_marks(panel: Panel, marks: Marks | None, axis: TimeAxis) -> None:
    """Draw marks beneath the lines of a panel whose limits are set."""
    if marks is None:
        return
    if marks.warmup_s > axis.start_s:
        end = _place(marks.warmup_s, axis)
        panel.mark((0.0, end), (0.0, 1.0), "warmup")
    for start_s, end_s in marks.anomalies:
        start, end = _place(start_s, axis), _place(end_s, axis)
        if end_s <= axis.start_s or start_s >= axis.end_s:
            continue
        start = min(start, 1 - _NARROWEST)
        end = max(end, start + _NARROWEST)
        panel.mark((start, end), (1 - _BAR, 1.0), "anomaly")


def marks_text(marks: Marks | None) -> str:
    """Return what the marks are, for those who do not see them; empty without any."""
    if marks is None or not marks.anomalies:
        return ""
    n = len(marks.anomalies)
    return ". " + ngettext("{n} anomaly is marked", "{n} anomalies are marked", n).format(n=n)


def _place(time_s: float, axis: TimeAxis) -> float:
    return min(max((time_s - axis.start_s) / (axis.end_s - axis.start_s), 0.0), 1.0)
