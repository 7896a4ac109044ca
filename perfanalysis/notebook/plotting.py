"""`.plot` of runs, summaries and comparisons: from names and metrics to what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from perfanalysis.errors import UsageError
from perfanalysis.model.metric import parse_metric
from perfanalysis.model.results import Comparison, Result
from perfanalysis.notebook.selecting import chosen, listed_metrics, listed_names, unknown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from perfanalysis.model.shapes import Shape
    from perfanalysis.model.trend import Trend
    from perfanalysis.model.views import RunView
    from perfanalysis.notebook.courses import Panel, Viewed
    from perfanalysis.reports.plots.strip import Strip
    from perfanalysis.reports.plots.timeline import Marks

P = ParamSpec("P")
R = TypeVar("R")
_MOST_STRIPS = 20


def _plot(method: Callable[P, R]) -> Callable[P, R]:
    """Let a method make its texts in a language that the fonts can write."""

    @wraps(method)
    def plotted(*args: P.args, **kwargs: P.kwargs) -> R:
        from perfanalysis.reports.plots.lettering import writable_language

        with writable_language():
            return method(*args, **kwargs)

    return plotted


class RunPlots:
    """Plots of one run.

    Each returns a matplotlib Figure that shows itself, or, if Axes are given, those Axes.
    """

    def __init__(self, run: str, view: Callable[[], RunView]) -> None:
        self._run = run
        self._view = view

    @_plot
    def ecdf(
        self, name: str | Sequence[str] | None = None, *, ax: Axes | None = None
    ) -> Figure | Axes:
        """Draw the share of requests at or below each latency.

        Args:
            name: of requests, or several; None for all requests.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: the run has no such name, or no distribution of it; or too many names.
        """
        from perfanalysis.reports.plots.ecdf import ecdf_plot
        from perfanalysis.reports.plots.lines import Line

        found, names = self._view().distributions, listed_names(name)
        lines = [
            Line(side=None, name=each, data=chosen(found, each, "distribution")) for each in names
        ]
        return ecdf_plot(lines, title=self._title(names), ax=ax)

    @_plot
    def timeline(
        self,
        name: str | Sequence[str] | None = None,
        metric: str | Sequence[str] | None = None,
        *,
        ax: Axes | None = None,
    ) -> Figure | Axes:
        """Draw metrics over time, one panel each.

        Shaded are the start that a comparison leaves out, and what is unlike the rest of the run.

        Args:
            name: of requests, or several; None for all requests.
            metric: `latency.mean`, `latency.p50`, `latency.p95`, `latency.p99`, `throughput`,
                `error_rate`, or a resource series such as `system.cpu`; or several of these. None
                for the median, or the mean where the source has no percentiles over time.
            ax: to draw one metric into; a new figure if None.

        Raises:
            UsageError: the run has no such name or metric, or not over time; or several metrics
                for one Axes.
        """
        from perfanalysis.notebook.courses import Viewed, panels_of, usual_metric
        from perfanalysis.reports.plots.timeline import marks_of

        view, names = self._view(), listed_names(name)
        runs = [Viewed(side=None, view=view)]
        metrics = listed_metrics(metric, usual_metric(runs, names), ax)
        panels = panels_of(runs, names, metrics)
        return _timelines(panels, self._title(names), marks_of(view, names), ax)

    @_plot
    def heatmap(self, name: str | None = None, *, ax: Axes | None = None) -> Figure | Axes:
        """Draw how many requests took how long, over time.

        Args:
            name: of requests; None for all requests.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: the run has no such name, or no single requests.
        """
        from perfanalysis.reports.plots.heatmap import heatmap_plot

        found = chosen(self._view().heatmaps, name, "heat map")
        return heatmap_plot(found, title=self._title([name]), ax=ax)

    def _title(self, names: Sequence[str | None]) -> str:
        from perfanalysis.reports.plots.lettering import run_title

        return run_title(self._run, names)


class ComparisonPlots:
    """Plots of a comparison, current against baseline.

    Each returns a matplotlib Figure that shows itself, or, if Axes are given, those Axes.
    """

    def __init__(
        self,
        comparison: Comparison,
        views: Callable[[], tuple[Sequence[RunView], Sequence[RunView]]],
    ) -> None:
        self._comparison = comparison
        self._views = views

    @_plot
    def strip(
        self,
        name: str | Sequence[str] | None = None,
        metric: str = "latency.p50",
        *,
        ax: Axes | None = None,
    ) -> Figure | Axes:
        """Draw where the latencies of each name lie, what matters most first.

        Args:
            name: one, or several; None for the twenty that matter most.
            metric: the percentile of latency that is marked.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: there is no such name, or no distribution; or the metric is no percentile.
            ConfigError: an unknown metric.
        """
        from perfanalysis.reports.plots.strip import strip_plot

        quantile = parse_metric(metric).quantile
        if quantile is None:
            raise UsageError(f"{metric!r} is no percentile", hint="'latency.p95', for example")
        names = self._by_importance(metric) if name is None else listed_names(name)
        if not names:
            raise unknown(None, [], "distribution")
        strips = [self._strip(each, metric) for each in names[:_MOST_STRIPS]]
        return strip_plot(
            strips, metric=metric, quantile=quantile, omitted=len(names) - len(strips), ax=ax
        )

    @_plot
    def ecdf(self, name: str | None = None, *, ax: Axes | None = None) -> Figure | Axes:
        """Draw the share of requests at or below each latency, one line a run.

        Args:
            name: of requests; None for all requests.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: no run has such a name, or a distribution of it.
        """
        from perfanalysis.reports.plots.ecdf import ecdf_plot
        from perfanalysis.reports.plots.lettering import name_label
        from perfanalysis.reports.plots.lines import Line

        lines = [
            Line(
                side=run.side,
                name=run.view.summary.run.name,
                data=run.view.distributions[name],
            )
            for run in self._runs()
            if name in run.view.distributions
        ]
        if not lines:
            raise unknown(name, self._names(), "distribution")
        return ecdf_plot(lines, title=name_label(name), ax=ax)

    @_plot
    def timeline(
        self,
        name: str | None = None,
        metric: str | Sequence[str] | None = None,
        *,
        ax: Axes | None = None,
    ) -> Figure | Axes:
        """Draw metrics over time, one panel each and one line a run, from the start of each run.

        Args:
            name: of requests; None for all requests.
            metric: `latency.mean`, `latency.p50`, `latency.p95`, `latency.p99`, `throughput`,
                `error_rate`, or a resource series such as `system.cpu`; or several of these. None
                for the median, or the mean where the source has no percentiles over time.
            ax: to draw one metric into; a new figure if None.

        Raises:
            UsageError: no run has such a name or metric, or none over time; or several metrics
                for one Axes.
        """
        from perfanalysis.notebook.courses import panels_of, usual_metric
        from perfanalysis.reports.plots.lettering import name_label
        from perfanalysis.reports.plots.timeline import NO_MARKS

        runs = self._runs()
        metrics = listed_metrics(metric, usual_metric(runs, [name]), ax)
        panels = panels_of(runs, [name], metrics)
        return _timelines(panels, name_label(name), NO_MARKS, ax)

    @_plot
    def shift(self, name: str | None = None, *, ax: Axes | None = None) -> Figure | Axes:
        """Draw how much each quantile of a name's latency changed, with its band.

        Args:
            name: of requests; None for the one whose results matter most.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: there is no such name, or its quantiles could not be compared.
        """
        from perfanalysis.reports.plots.shift import shift_plot

        shapes = {shape.name: shape for shape in self._comparison.shapes if shape.curve}
        shape = self._most_changed(shapes) if name is None else shapes.get(name)
        if shape is None:
            raise unknown(name, sorted(shapes), "change by quantile")
        return shift_plot(shape, tolerance=self._comparison.tolerance, ax=ax)

    def _runs(self) -> list[Viewed]:
        """Return every run with its side: baseline first, so that current lies on top."""
        from perfanalysis.notebook.courses import Viewed

        current, baseline = self._views()
        return [
            *(Viewed(side="baseline", view=view) for view in baseline),
            *(Viewed(side="current", view=view) for view in current),
        ]

    def _names(self) -> list[str]:
        """Return the names of which a distribution is known."""
        known = {name for run in self._runs() for name in run.view.distributions}
        return sorted(name for name in known if name is not None)

    def _strip(self, name: str | None, metric: str) -> Strip:
        from perfanalysis.reports.plots.strip import Strip

        current, baseline = (
            [view.distributions[name] for view in side if name in view.distributions]
            for side in self._views()
        )
        if name is None or not (current or baseline):
            raise unknown(name, self._names(), "distribution")
        result = self._result(name, metric)
        return Strip(name=name, result=result, baseline=baseline, current=current)

    def _by_importance(self, metric: str) -> list[str]:
        """Return the names with a distribution: those whose result of a metric matters first."""
        from perfanalysis.reports.wording import by_importance

        known, ordered = set(self._names()), by_importance(self._comparison.results)
        of_metric = [result.name for result in ordered if result.metric == metric]
        names = dict.fromkeys([*of_metric, *(result.name for result in ordered)])
        return [name for name in names if name in known]

    def _most_changed(self, shapes: Mapping[str, Shape]) -> Shape | None:
        from perfanalysis.reports.wording import by_importance

        names = [result.name for result in by_importance(self._comparison.results)]
        return next((shapes[name] for name in names if name in shapes), None)

    def _result(self, name: str, metric: str) -> Result | None:
        results = self._comparison.results
        return next((r for r in results if r.name == name and r.metric == metric), None)


def _timelines(panels: Sequence[Panel], title: str, marks: Marks, ax: Axes | None) -> Figure | Axes:
    """Draw panels below each other, or one into given Axes."""
    from perfanalysis.reports.plots.figure import drawn, stacked_panels
    from perfanalysis.reports.plots.timeline import name_time, timeline_panel

    places = stacked_panels(len(panels)) if ax is None else [ax]
    for number, (axes, panel) in enumerate(zip(places, panels, strict=True)):
        timeline_panel(
            axes,
            panel.lines,
            metric=panel.metric,
            unit=panel.unit,
            title=title if number == 0 else None,
            legend=number == 0 or len(panel.lines) != len(panels[0].lines),
            marks=marks,
        )
    name_time(places[-1])
    return drawn(places, ax)


class TrendPlots:
    """Plots of a history of runs.

    Each returns a matplotlib Figure that shows itself, or, if Axes are given, those Axes.
    """

    def __init__(self, trend: Trend) -> None:
        self._trend = trend

    @_plot
    def timeline(
        self, name: str | None = None, metric: str | None = None, *, ax: Axes | None = None
    ) -> Figure | Axes:
        """Draw a figure of every run, with the levels that they lie on and the steps between.

        A circle marks newest runs that are out of line with the level before them.

        Args:
            name: of requests, as the trend has it; None for the one that matters most.
            metric: its key; None for the one that matters most.
            ax: to draw into; a new figure if None.

        Raises:
            UsageError: the trend has no such name, or not this metric of it.
        """
        from perfanalysis.reports.plots.trend import trend_plot
        from perfanalysis.reports.trend.wording import by_importance

        found = [f for f in self._trend.figures if name in (None, f.name) and f.points]
        if not found:
            raise unknown(name, sorted({f.name for f in self._trend.figures}), "trend")
        of_metric = [figure for figure in found if metric in (None, figure.metric)]
        if not of_metric:
            raise unknown(metric, sorted({f.metric for f in found}), "trend")
        return trend_plot(by_importance(of_metric)[0], self._trend.runs, ax=ax)
