"""What timelines draw: one panel a metric, from the views of one run or of both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfanalysis.errors import UsageError
from perfanalysis.notebook.selecting import unknown
from perfanalysis.reports.plots.lines import Line, Side
from perfanalysis.reports.plots.timeline import Course

if TYPE_CHECKING:
    from perfanalysis.model.views import Floats, RunView, Timeline

_QUANTITIES: dict[str, tuple[str, Callable[[Timeline], Floats]]] = {
    "latency.mean": ("ms", lambda line: line.mean_ms),
    "latency.p50": ("ms", lambda line: line.p50_ms),
    "latency.p95": ("ms", lambda line: line.p95_ms),
    "latency.p99": ("ms", lambda line: line.p99_ms),
    "throughput": ("1/s", lambda line: line.throughput),
    "error_rate": ("ratio", lambda line: line.error_rate),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Viewed:
    """One run with its side; None where there is only one run."""

    side: Side | None
    view: RunView


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """One metric over time."""

    metric: str
    unit: str | None
    lines: Sequence[Line[Course]]


def panels_of(
    runs: Sequence[Viewed], names: Sequence[str | None], metrics: Sequence[str]
) -> list[Panel]:
    """Return a panel for each metric.

    Args:
        runs: in drawing order.
        names: of requests; None is all. Resource series have none.
        metrics: keys.

    Raises:
        UsageError: no run has such a name or metric, or none over time.
    """
    return [
        _requests_panel(runs, names, metric)
        if metric in _QUANTITIES
        else _resource_panel(runs, metric)
        for metric in metrics
    ]


def usual_metric(runs: Sequence[Viewed], names: Sequence[str | None]) -> str:
    """Return what is drawn if no metric was asked for.

    The median of latency, or what comes nearest to it: sources without single requests know its
    mean over time at most.
    """
    known = [set(_known_metrics(runs, name)) for name in names]
    usual = ("latency.p50", "latency.mean", "throughput")
    return next((metric for metric in usual if all(metric in each for each in known)), usual[0])


def _requests_panel(runs: Sequence[Viewed], names: Sequence[str | None], metric: str) -> Panel:
    unit, values = _QUANTITIES[metric]
    lines = []
    for name in names:
        known = [run for run in runs if name in run.view.timelines]
        if not known:
            others = {other for run in runs for other in run.view.timelines if other is not None}
            raise unknown(name, sorted(others), "timeline")
        found = [_line(run, name, values(run.view.timelines[name])) for run in known]
        drawn = [line for line in found if np.isfinite(line.data.value).any()]
        if not drawn:
            of = "all requests" if name is None else repr(name)
            raise UsageError(
                f"{metric} of {of} is not known over time",
                hint=f"known are: {', '.join(_known_metrics(known, name))}",
            )
        lines += drawn
    return Panel(metric=metric, unit=unit, lines=lines)


def _known_metrics(runs: Sequence[Viewed], name: str | None) -> list[str]:
    """Return the metrics of which some run has a value over time."""
    found = [run.view.timelines[name] for run in runs if name in run.view.timelines]
    return [
        metric
        for metric, (_, values) in _QUANTITIES.items()
        if any(np.isfinite(values(timeline)).any() for timeline in found)
    ]


def _line(run: Viewed, name: str | None, value: Floats) -> Line[Course]:
    label = name if run.side is None else run.view.summary.run.name
    course = Course(offset_s=run.view.timelines[name].offset_s, value=value)
    return Line(side=run.side, name=label, data=course)


def _resource_panel(runs: Sequence[Viewed], metric: str) -> Panel:
    found = [(run, curve) for run in runs for curve in run.view.curves if curve.metric == metric]
    if not found:
        metrics = {curve.metric for run in runs for curve in run.view.curves}
        raise unknown(metric, [*_QUANTITIES, *sorted(metrics)], "timeline")
    lines = [
        Line(
            side=run.side,
            name=(curve.labels or metric) if run.side is None else run.view.summary.run.name,
            data=Course(offset_s=curve.offset_s, value=curve.value),
        )
        for run, curve in found
    ]
    return Panel(metric=metric, unit=found[0][1].unit, lines=lines)
