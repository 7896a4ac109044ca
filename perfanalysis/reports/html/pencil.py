"""Draws the charts of one name, or of one resource series, and counts what they take.

Every chart is there twice: as data for the page's script, which draws it when it is scrolled into
view, and, where asked for, as a drawing for print and for readers without script.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from perfanalysis.model.shapes import Shape
from perfanalysis.model.views import Correlation, Curve, Heatmap, RunView, Timeline
from perfanalysis.reports.charts.axes import TimeAxis
from perfanalysis.reports.charts.heatmap import heatmap_chart
from perfanalysis.reports.charts.histogram import histogram_chart
from perfanalysis.reports.charts.latency import Side, distribution_chart, percentile_chart
from perfanalysis.reports.charts.marks import Marks, marks_of
from perfanalysis.reports.charts.quantiles import quantile_chart
from perfanalysis.reports.charts.timeline import curve_chart, shown_unit, throughput_chart
from perfanalysis.reports.html import chart_data
from perfanalysis.reports.html.assets import json_text
from perfanalysis.reports.html.correlations import SideCorrelation, side_correlation
from perfanalysis.reports.html.templates import visible
from perfanalysis.reports.language import gettext as _

if TYPE_CHECKING:
    from markupsafe import Markup

    from perfanalysis.reports.html.chart_data import Chart

_BYTES_OF_A_FIGURE = 120  # of HTML


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A chart with the caption that stands over it.

    Attributes:
        side: whose, of a chart of one run; else None.
        drawing: the static one; None where there is data only.
        key: of the data for the script; None where there is a drawing only.
    """

    caption: str
    side: Side | None
    drawing: Markup | None
    key: str | None


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource series of all runs, and how it went together with latency."""

    metric: str
    labels: str
    unit: str | None
    figure: Figure
    correlations: tuple[SideCorrelation, ...]


class _OverTime(TypedDict):
    """What every chart over time is drawn with."""

    axis: TimeAxis
    points: int
    marks: Marks


class Pencil:
    """Draws charts of some runs.

    Attributes:
        runs: what is drawn, by the numbers that the data call them.
        charts: data of the interactive charts so far, by key.
        bytes: what the charts so far take in the page.
    """

    def __init__(
        self, runs: Sequence[tuple[Side, RunView]], *, axis: TimeAxis, points: int
    ) -> None:
        """Take up the runs, the time that they span, and the points of a static line."""
        self.runs = tuple(runs)
        self.charts: dict[str, Chart] = {}
        self.bytes = 0
        self._axis = axis
        self._points = points

    def name_figures(
        self, name: str | None, prefix: str, shape: Shape | None, *, drawn: bool
    ) -> list[Figure]:
        """Return the figures of one name; None is all requests.

        Args:
            name: whose.
            prefix: of the keys of their data.
            shape: how the distribution of the name changed, where that is known.
            drawn: whether static drawings are wanted.
        """
        spread = self._distribution(name, prefix, drawn=drawn)
        change = self._figure(
            _("Quantile by quantile"),
            f"{prefix}-quantiles",
            chart_data.quantile_data(shape),
            (lambda: quantile_chart(shape)) if drawn else None,
        )
        figures = [*spread, change, *self._timelines(name, prefix, drawn=drawn)]
        if drawn:
            figures += self._heatmaps(name, prefix)
        return [figure for figure in figures if figure is not None]

    def resources(self, *, most: int, most_drawn: int) -> list[Resource]:
        """Return the resource series, at most so many, and at most so many with drawings."""
        found = []
        for index, key in enumerate(self.curve_keys()[:most]):
            resource = self._resource(key, f"r{index}", drawn=index < most_drawn)
            if resource is not None:
                found.append(resource)
        return found

    def curve_keys(self) -> list[tuple[str, str]]:
        """Return metric and labels of every resource series that some run has."""
        return list(dict.fromkeys((c.metric, c.labels) for _side, v in self.runs for c in v.curves))

    def _distribution(self, name: str | None, prefix: str, *, drawn: bool) -> list[Figure | None]:
        lines = [
            (number, side, view.distributions[name])
            for number, (side, view) in enumerate(self.runs)
            if name in view.distributions
        ]
        bins = [
            (number, side, view.histograms[name])
            for number, (side, view) in enumerate(self.runs)
            if name in view.histograms
        ]
        sides = [(side, line) for _number, side, line in lines]
        return [
            self._figure(
                _("Latency distribution"),
                f"{prefix}-distribution",
                chart_data.distribution_data([(number, line) for number, _side, line in lines]),
                (lambda: distribution_chart(sides, points=self._points)) if drawn else None,
            ),
            self._figure(
                _("Histogram"),
                f"{prefix}-histogram",
                chart_data.histogram_data([(number, line) for number, _side, line in bins]),
                (lambda: histogram_chart([(s, line) for _n, s, line in bins])) if drawn else None,
            ),
        ]

    def _timelines(self, name: str | None, prefix: str, *, drawn: bool) -> list[Figure | None]:
        timed: list[tuple[int, Timeline]] = []
        sides: list[tuple[Side, Timeline]] = []
        for number, (side, view) in enumerate(self.runs):
            if name in view.timelines:
                timed.append((number, view.timelines[name]))
                sides.append((side, view.timelines[name]))
        marks = marks_of([view for _side, view in self.runs], name)
        return [
            self._figure(
                _("Latency over time"),
                f"{prefix}-latency",
                chart_data.latency_chart(timed),
                (lambda: percentile_chart(sides, **self._over_time(marks))) if drawn else None,
            ),
            self._figure(
                _("Throughput and errors"),
                f"{prefix}-load",
                chart_data.load_chart(timed),
                (lambda: throughput_chart(sides, **self._over_time(marks))) if drawn else None,
            ),
        ]

    def _heatmaps(self, name: str | None, prefix: str) -> list[Figure | None]:
        """Return the heat map of the first run of each side: more would say the same again."""
        first: dict[Side, tuple[int, Heatmap]] = {}
        for number, (side, view) in enumerate(self.runs):
            if name in view.heatmaps:
                first.setdefault(side, (number, view.heatmaps[name]))
        if not first:
            return []
        maps = [first[side] for side in ("current", "baseline") if side in first]
        among = [heatmap for _number, heatmap in maps]
        if name is None:
            return [self._total_heatmap(number, among) for number, _heatmap in maps]
        # Those of a name are not drawn: they weigh more than all its other charts.
        data = chart_data.heat_data(maps, among)
        return [self._figure(self._heat_caption(maps[0][0]), f"{prefix}-heat", data, None)]

    def _total_heatmap(self, number: int, among: Sequence[Heatmap]) -> Figure | None:
        """Return the heat map of all requests of one run."""
        side, view = self.runs[number]
        heatmap = view.heatmaps[None]
        marks = marks_of([view], None)
        return self._figure(
            self._heat_caption(number),
            f"all-heat-{side}",
            chart_data.heat_data([(number, heatmap)], among),
            lambda: heatmap_chart(heatmap, axis=self._axis, among=among, marks=marks),
            side=side if len(among) > 1 else None,
        )

    def _heat_caption(self, number: int) -> str:
        side, view = self.runs[number]
        runs = sum(of == side for of, _view in self.runs)
        if runs == 1:
            return _("Heat map")
        run = view.summary.run.name
        return _("Heat map of {run}, one of {count} runs").format(run=run, count=runs)

    def _resource(self, key: tuple[str, str], prefix: str, *, drawn: bool) -> Resource | None:
        curves: list[tuple[int, Curve]] = []
        sides: list[tuple[Side, Curve]] = []
        correlations: dict[Side, list[Correlation]] = {}
        for number, (side, view) in enumerate(self.runs):
            mine = [curve for curve in view.curves if (curve.metric, curve.labels) == key]
            curves += [(number, curve) for curve in mine]
            sides += [(side, curve) for curve in mine]
            correlations.setdefault(side, []).extend(
                found for found in view.correlations if (found.metric, found.labels) == key
            )
        unit = shown_unit([curve for _side, curve in sides])
        marks = marks_of([view for _side, view in self.runs], None)
        figure = self._figure(
            key[0],
            prefix,
            chart_data.resource_chart(curves, unit=unit, shown_unit=str(visible(unit or ""))),
            (lambda: curve_chart(sides, **self._over_time(marks))) if drawn else None,
        )
        if figure is None:
            return None
        return Resource(
            metric=key[0],
            labels=key[1],
            unit=unit,
            figure=figure,
            correlations=tuple(
                side_correlation(side, found) for side, found in correlations.items() if found
            ),
        )

    def _over_time(self, marks: Marks) -> _OverTime:
        return {"axis": self._axis, "points": self._points, "marks": marks}

    def _figure(
        self,
        caption: str,
        key: str,
        data: Chart | None,
        draw: Callable[[], Markup | None] | None,
        *,
        side: Side | None = None,
    ) -> Figure | None:
        drawing = None if draw is None else draw()
        if data is None and drawing is None:
            return None
        if data is not None:
            self.charts[key] = data
            self.bytes += len(json_text(data)) + len(key)
        self.bytes += len(drawing or "") + _BYTES_OF_A_FIGURE
        return Figure(
            caption=caption, side=side, drawing=drawing, key=None if data is None else key
        )
