"""SVG files for Markdown: what a comparison or a run shows at a glance.

GitHub and GitLab show such a file as a picture: no script runs in it, no font is loaded for it,
and the page's colours do not reach it. So letters are outlines, the ground is white, and nothing
that a result file says is in it as text. The same data give the same bytes, whatever style the
user chose for his own figures.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import matplotlib as mpl

from perfanalysis.model.metric import Metric, parse_metric
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.model.views import Distribution, ReportData, RunView
from perfanalysis.reports.charts.svg import drawing
from perfanalysis.reports.markdown.rows import ordered_rows
from perfanalysis.reports.plots.chart import Chart, ChartKind
from perfanalysis.reports.plots.course import run_courses
from perfanalysis.reports.plots.ecdf import ecdf_plot
from perfanalysis.reports.plots.lettering import name_label, writable_language
from perfanalysis.reports.plots.lines import Line, Side
from perfanalysis.reports.plots.shift import shift_plot
from perfanalysis.reports.plots.strip import Strip, strip_plot
from perfanalysis.reports.wording import ALL_REQUESTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NAMES: Final = 5
_MOST_STRIPS: Final = 12  # some 60 KB: letters are outlines
# What is not needed is a third of the bytes. The comments hold the texts whose outlines follow.
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)
_GROUP_NAME = re.compile(r'(?<=<g) id="[^"]*"')
_INDENTATION = re.compile(r"\n *(?=[<\dA-Za-z\"])")
_MOVED = re.compile(r'(<use [^>]*)transform="translate\((-?[\d.]+) (-?[\d.]+)\)"(?=/>)')
_PLACE = re.compile(r'(?<= (?:d|x|y)=")[^"]*')
_NEEDLESS_DIGITS = re.compile(r"(\.\d\d)\d+")


def comparison_charts(comparison: Comparison, data: ReportData) -> list[Chart]:
    """Draw the strips of what matters, and how the names that regressed most did.

    Texts are in the current language, if a font can write it. What the runs do not carry is not
    drawn: the list is empty for sources that know totals only.

    Args:
        comparison: current against baseline.
        data: what its runs show.
    """
    found = []
    with _drawing():
        if (strips := _strips(comparison, data)) is not None:
            found.append(Chart(kind="strip", name=None, file_name="strip.svg", svg=strips))
        number = 0
        for name in _regressed(comparison):
            shift, ecdf = _shift(comparison, name), _sides(data, name)
            if shift is None and ecdf is None:
                continue
            number += 1
            drawn: tuple[tuple[ChartKind, bytes | None], ...] = (("shift", shift), ("ecdf", ecdf))
            found += [
                Chart(kind=kind, name=name, file_name=f"{kind}-{number}.svg", svg=svg)
                for kind, svg in drawn
                if svg is not None
            ]
            if number == _MOST_NAMES:
                break
    return found


def run_charts(view: RunView) -> list[Chart]:
    """Draw a run over time and the distribution of its latencies, as far as it carries them.

    Texts are in the current language, if a font can write it.
    """
    found = []
    with _drawing():
        if (figure := run_courses(view)) is not None:
            found.append(
                Chart(kind="timeline", name=None, file_name="timeline.svg", svg=_svg(figure))
            )
        everything = view.distributions.get(None)
        if everything is not None and everything.latency_ms.size:
            line = Line(side=None, name=None, data=everything)
            figure = ecdf_plot([line], title=name_label(view.summary.run.name))
            found.append(Chart(kind="ecdf", name=None, file_name="ecdf.svg", svg=_svg(figure)))
    return found


@contextmanager
def _drawing() -> Iterator[None]:
    """Draw in matplotlib's own style, whatever the user chose for his figures."""
    with (
        drawing(),
        mpl.rc_context(
            {
                "font.size": 10,
                "axes.unicode_minus": True,
                "svg.fonttype": "path",
                "svg.hashsalt": "perfanalysis",  # ids are random without
                "savefig.facecolor": "white",
                "savefig.transparent": False,
            }
        ),
        writable_language(),
    ):
        yield


def _strips(comparison: Comparison, data: ReportData) -> bytes | None:
    ordered = _ordered(comparison)
    metric = _marked(ordered)
    of_metric = {result.name: result for result in ordered if result.metric == metric.key}
    strips = []
    for name in dict.fromkeys(result.name for result in ordered if result.name != ALL_REQUESTS):
        current, baseline = (_distributions(views, name) for views in (data.current, data.baseline))
        if current or baseline:
            result = of_metric.get(name)
            strips.append(Strip(name=name, result=result, baseline=baseline, current=current))
    if not strips or metric.quantile is None:
        return None
    shown = strips[:_MOST_STRIPS]
    omitted = len(strips) - len(shown)
    return _svg(strip_plot(shown, metric=metric.key, quantile=metric.quantile, omitted=omitted))


def _marked(ordered: Sequence[Result]) -> Metric:
    """Return the percentile to mark: the one in which most names regressed, else the median."""
    percentiles = {
        key: metric
        for key in dict.fromkeys(result.metric for result in ordered)
        if key.startswith("latency.p") and (metric := parse_metric(key)).quantile is not None
    }
    regressed = [result.metric for result in ordered if result.verdict is Verdict.REGRESSED]
    # Of several the one that stands nearest to the median, which most readers look for.
    return max(
        percentiles.values(),
        key=lambda metric: (regressed.count(metric.key), -abs((metric.quantile or 0.0) - 0.5)),
        default=parse_metric("latency.p50"),
    )


def _regressed(comparison: Comparison) -> list[str]:
    regressed = (r.name for r in _ordered(comparison) if r.verdict is Verdict.REGRESSED)
    return list(dict.fromkeys(regressed))


def _ordered(comparison: Comparison) -> list[Result]:
    """Return the results in the order of the table that the charts stand below."""
    rows = ordered_rows(comparison.results, comparison.budgets)
    return [row.result for row in rows if row.result is not None]


def _shift(comparison: Comparison, name: str) -> bytes | None:
    shapes = (shape for shape in comparison.shapes if shape.name == name and shape.curve)
    if (shape := next(shapes, None)) is None:
        return None
    return _svg(shift_plot(shape, tolerance=comparison.tolerance))


def _sides(data: ReportData, name: str) -> bytes | None:
    sides: tuple[tuple[Side, Sequence[RunView]], ...] = (
        ("baseline", data.baseline),
        ("current", data.current),  # drawn last: it lies on top
    )
    lines = [
        Line(side=side, name=view.summary.run.name, data=distribution)
        for side, views in sides
        for view in views
        for distribution in _distributions([view], name)
    ]
    return _svg(ecdf_plot(lines, title=name_label(name))) if lines else None


def _distributions(views: Sequence[RunView], name: str) -> list[Distribution]:
    keys = [name, None] if name == ALL_REQUESTS else [name]
    known = (
        next((view.distributions[key] for key in keys if key in view.distributions), None)
        for view in views
    )
    return [entry for entry in known if entry is not None and entry.latency_ms.size]


def _svg(plot: Figure | Axes) -> bytes:
    figure = plot.get_figure(root=True)
    if figure is None:
        raise RuntimeError("a plot of ours has a figure")
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    return _compact(buffer.getvalue()).encode()


def _compact(svg: str) -> str:
    """Return the same drawing, as exact as a hundredth of a pixel, in fewer bytes."""
    text = _GROUP_NAME.sub("", _COMMENT.sub("", svg))
    text = _INDENTATION.sub("\n", text)
    text = _MOVED.sub(r'\1x="\2" y="\3"', text).replace(' y="0"/>', "/>")
    return _PLACE.sub(lambda found: _NEEDLESS_DIGITS.sub(r"\1", found[0]), text)
