"""What the HTML report draws: which names and runs get charts, with how many points.

A page of some hundred names and several runs would weigh tens of megabytes. The charts share one
budget of points; names with a change come first, then those with most requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.model.results import NameSummary, Result, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.model.shapes import Shape
from perfanalysis.model.views import ReportData, RunView
from perfanalysis.reports.charts.axes import TimeAxis, time_axis
from perfanalysis.reports.charts.latency import Side, distribution_chart, percentile_chart
from perfanalysis.reports.charts.quantiles import quantile_chart
from perfanalysis.reports.charts.timeline import curve_chart, shown_unit, throughput_chart
from perfanalysis.reports.wording import by_importance

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_NAMES = 20
MOST_RUNS = 8  # of one side: beyond, lines hide each other
MOST_CURVES = 24
MOST_POINTS = 300  # of one line
_FEWEST_POINTS = 40
_ALL_POINTS = 70_000  # of the page: about 11 bytes each
_LINES_OF_A_RUN = 5  # distribution, p50, p95, throughput, errors


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart with the caption that stands over it."""

    caption: str
    chart: Markup


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """The figures of one name, or of all requests, in one run."""

    side: Side
    run: RunInfo
    figures: NameSummary


@dataclass(frozen=True, kw_only=True)
class NameSection:
    """One name, or all requests where `name` is None.

    Attributes:
        results: what was judged of it, most important first.
        rows: one per run that has the name.
        shape: how its distribution changed; None where that is unknown.
    """

    name: str | None
    results: tuple[Result, ...]
    shape: Shape | None
    rows: tuple[RunRow, ...]
    figures: tuple[Figure, ...]


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource series of all runs."""

    metric: str
    labels: str
    unit: str | None
    chart: Markup


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """All charts of a report.

    Attributes:
        names: sections with charts.
        uncharted: names that got none, in the same order.
        runs_omitted: runs that are in no chart.
        resources_omitted: resource series that got no chart.
    """

    total: NameSection
    names: tuple[NameSection, ...]
    uncharted: tuple[str, ...]
    runs_omitted: int
    resources: tuple[Resource, ...]
    resources_omitted: int


def draw(data: ReportData) -> Drawing:
    """Return the charts of a report within the limits of its size."""
    views = _views(data)
    drawn = [(side, view) for side, view in views if view in _first(data, side)]
    keys = list(dict.fromkeys((c.metric, c.labels) for _, v in drawn for c in v.curves))
    names = ordered_names(data)
    charted = names[:MOST_NAMES]
    lines = len(drawn) * (_LINES_OF_A_RUN * (len(charted) + 1) + min(len(keys), MOST_CURVES))
    points = min(MOST_POINTS, max(_FEWEST_POINTS, _ALL_POINTS // max(lines, 1)))
    axis = time_axis(data)
    results = by_importance(data.comparison.results) if data.comparison else []
    shapes = {shape.name: shape for shape in data.comparison.shapes} if data.comparison else {}
    resources = [_resource(drawn, key, axis=axis, points=points) for key in keys[:MOST_CURVES]]
    return Drawing(
        total=_section(None, views, (), None, _figures(drawn, None, axis=axis, points=points)),
        names=tuple(
            _section(
                name,
                views,
                tuple(result for result in results if result.name == name),
                shapes.get(name),
                _figures(drawn, name, axis=axis, points=points, shape=shapes.get(name)),
            )
            for name in charted
        ),
        uncharted=tuple(names[MOST_NAMES:]),
        runs_omitted=len(views) - len(drawn),
        resources=tuple(resource for resource in resources if resource is not None),
        resources_omitted=max(len(keys) - MOST_CURVES, 0),
    )


def ordered_names(data: ReportData) -> list[str]:
    """Return every name: regressed and improved ones first, then by number of requests."""
    requests: dict[str, int] = {}
    for _, view in _views(data):
        for entry in view.summary.names:
            requests[str(entry.name)] = requests.get(str(entry.name), 0) + entry.requests
    results = data.comparison.results if data.comparison else ()
    regressed = {result.name for result in results if result.verdict is Verdict.REGRESSED}
    improved = {result.name for result in results if result.verdict is Verdict.IMPROVED}
    return sorted(
        requests,
        key=lambda name: (name not in regressed, name not in improved, -requests[name], name),
    )


def _views(data: ReportData) -> list[tuple[Side, RunView]]:
    """Return all runs in drawing order: the current ones lie over the baseline."""
    baseline: list[tuple[Side, RunView]] = [("baseline", view) for view in data.baseline]
    return [*baseline, *(("current", view) for view in data.current)]


def _first(data: ReportData, side: Side) -> Sequence[RunView]:
    return (data.baseline if side == "baseline" else data.current)[:MOST_RUNS]


def _section(
    name: str | None,
    views: Sequence[tuple[Side, RunView]],
    results: tuple[Result, ...],
    shape: Shape | None,
    figures: tuple[Figure, ...],
) -> NameSection:
    rows = tuple(
        RunRow(side=side, run=view.summary.run, figures=entry)
        for side, view in views
        for entry in (view.summary.total, *view.summary.names)
        if entry.name == name
    )
    return NameSection(name=name, results=results, shape=shape, rows=rows, figures=figures)


def _figures(
    views: Sequence[tuple[Side, RunView]],
    name: str | None,
    *,
    axis: TimeAxis,
    points: int,
    shape: Shape | None = None,
) -> tuple[Figure, ...]:
    distributions = [(s, v.distributions[name]) for s, v in views if name in v.distributions]
    timelines = [(s, v.timelines[name]) for s, v in views if name in v.timelines]
    charts = (
        ("Latency distribution", distribution_chart(distributions, points=points)),
        ("Quantile by quantile", quantile_chart(shape)),
        ("Latency over time", percentile_chart(timelines, axis=axis, points=points)),
        ("Throughput and errors", throughput_chart(timelines, axis=axis, points=points)),
    )
    return tuple(Figure(caption=text, chart=chart) for text, chart in charts if chart is not None)


def _resource(
    views: Sequence[tuple[Side, RunView]], key: tuple[str, str], *, axis: TimeAxis, points: int
) -> Resource | None:
    curves = [(s, c) for s, v in views for c in v.curves if (c.metric, c.labels) == key]
    chart = curve_chart(curves, axis=axis, points=points)
    if chart is None:
        return None
    unit = shown_unit([curve for _, curve in curves])
    return Resource(metric=key[0], labels=key[1], unit=unit, chart=chart)
