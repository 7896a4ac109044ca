"""What the HTML report draws: which names and runs get charts, within the size of a page.

A page of some hundred names and several runs would weigh tens of megabytes, and drawing all of it
would take a minute. The charts share a budget of bytes, the static drawings one of time besides;
names with a change come first, then those with most requests.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import NameSummary, Result, Verdict
from perfanalysis.model.run import RunInfo
from perfanalysis.model.shapes import Shape
from perfanalysis.model.views import ReportData, RunView
from perfanalysis.reports.charts.axes import TimeAxis, time_axis
from perfanalysis.reports.charts.latency import Side
from perfanalysis.reports.html.pencil import Figure, Pencil, Resource
from perfanalysis.reports.wording import by_importance

if TYPE_CHECKING:
    from perfanalysis.reports.html.chart_data import Chart

MOST_DRAWN_NAMES = 10  # as static drawings, which take a tenth of a second a name
MOST_NAMES = 400  # sections at all
MOST_RUNS = 8  # of one side: beyond, lines hide each other
MOST_CURVES = 40
MOST_DRAWN_CURVES = 18
MOST_POINTS = 300  # of one line of a static drawing
_FEWEST_POINTS = 40
_ALL_POINTS = 45_000  # of the static drawings: about 11 bytes each
_LINES_OF_A_RUN = 6  # distribution, percentiles, throughput, errors
_BYTES_OF_A_SECTION = 900  # of HTML, without its rows
_BYTES_OF_A_ROW = 480


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

    @property
    def caveats(self) -> list[Caveat]:
        """What limits the figures of the runs, each once."""
        return list(dict.fromkeys(caveat for row in self.rows for caveat in row.figures.caveats))


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """All charts of a report.

    Attributes:
        names: sections, the first of them with static drawings.
        left_out: names without a section, in the same order.
        drawn_names: how many sections have static drawings.
        runs: what is drawn, by the numbers that the data call them.
        runs_omitted: runs that are in no chart.
        resources_omitted: resource series that got no chart.
        axis: the time that all charts over time span.
        charts: data of the interactive charts, by key.
    """

    total: NameSection
    names: tuple[NameSection, ...]
    left_out: tuple[str, ...]
    drawn_names: int
    runs: tuple[tuple[Side, RunView], ...]
    runs_omitted: int
    resources: tuple[Resource, ...]
    resources_omitted: int
    axis: TimeAxis
    charts: dict[str, Chart]


def draw(data: ReportData, *, room: int) -> Drawing:
    """Return the charts of a report.

    Args:
        data: what to draw.
        room: bytes that sections of names and all charts may take; the charts of all requests
            are there in any case.
    """
    views = _views(data)
    runs = [(side, view) for side, view in views if view in _first(data, side)]
    names = ordered_names(data)
    axis = time_axis(data)
    pencil = Pencil(runs, axis=axis, points=_points(len(runs), len(names)))
    figures = pencil.name_figures(None, "all", None, drawn=True)
    resources = pencil.resources(most=MOST_CURVES, most_drawn=MOST_DRAWN_CURVES)
    sections = _sections(data, names, views, pencil, room)
    return Drawing(
        total=_section(None, views, (), None, figures),
        names=tuple(sections),
        left_out=tuple(names[len(sections) :]),
        drawn_names=min(len(sections), MOST_DRAWN_NAMES),
        runs=pencil.runs,
        runs_omitted=len(views) - len(runs),
        resources=tuple(resources),
        resources_omitted=max(len(pencil.curve_keys()) - MOST_CURVES, 0),
        axis=axis,
        charts=pencil.charts,
    )


def ordered_names(data: ReportData) -> list[str]:
    """Return every name: regressed and improved ones first, then by number of requests."""
    requests: dict[str, int] = {}
    for _side, view in _views(data):
        for entry in view.summary.names:
            requests[str(entry.name)] = requests.get(str(entry.name), 0) + entry.requests
    results = data.comparison.results if data.comparison else ()
    regressed = {result.name for result in results if result.verdict is Verdict.REGRESSED}
    improved = {result.name for result in results if result.verdict is Verdict.IMPROVED}
    return sorted(
        requests,
        key=lambda name: (name not in regressed, name not in improved, -requests[name], name),
    )


def _sections(
    data: ReportData,
    names: Sequence[str],
    views: Sequence[tuple[Side, RunView]],
    pencil: Pencil,
    room: int,
) -> list[NameSection]:
    """Return sections of names until the room is used up."""
    results: dict[str, list[Result]] = {}
    for result in by_importance(data.comparison.results) if data.comparison else ():
        results.setdefault(result.name, []).append(result)
    shapes = {shape.name: shape for shape in data.comparison.shapes} if data.comparison else {}
    sections: list[NameSection] = []
    for index, name in enumerate(names[:MOST_NAMES], start=1):
        shape = shapes.get(name)
        figures = pencil.name_figures(name, f"n{index}", shape, drawn=index <= MOST_DRAWN_NAMES)
        section = _section(name, views, tuple(results.get(name, ())), shape, figures)
        pencil.bytes += _BYTES_OF_A_SECTION + _BYTES_OF_A_ROW * len(section.rows)
        if pencil.bytes > room:
            for figure in figures:
                pencil.charts.pop(figure.key or "", None)
            break
        sections.append(section)
    return sections


def _points(runs: int, names: int) -> int:
    """Return how many points a line of a static drawing has."""
    lines = runs * (_LINES_OF_A_RUN * (min(names, MOST_DRAWN_NAMES) + 1) + MOST_DRAWN_CURVES)
    return min(MOST_POINTS, max(_FEWEST_POINTS, _ALL_POINTS // max(lines, 1)))


def _views(data: ReportData) -> list[tuple[Side, RunView]]:
    baseline: list[tuple[Side, RunView]] = [("baseline", view) for view in data.baseline]
    return [*baseline, *(("current", view) for view in data.current)]


def _first(data: ReportData, side: Side) -> Sequence[RunView]:
    return (data.baseline if side == "baseline" else data.current)[:MOST_RUNS]


def _section(
    name: str | None,
    views: Sequence[tuple[Side, RunView]],
    results: tuple[Result, ...],
    shape: Shape | None,
    figures: Sequence[Figure],
) -> NameSection:
    rows = tuple(
        RunRow(side=side, run=view.summary.run, figures=entry)
        for side, view in views
        for entry in (view.summary.total, *view.summary.names)
        if entry.name == name
    )
    return NameSection(name=name, results=results, shape=shape, rows=rows, figures=tuple(figures))
