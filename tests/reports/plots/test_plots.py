"""What each plot draws, from data made by hand."""

from __future__ import annotations

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from perfanalysis.errors import UsageError
from perfanalysis.model.shapes import QuantileChange, Shape, ShapeKind
from perfanalysis.model.views import Distribution, Heatmap
from perfanalysis.reports.plots.ecdf import ecdf_plot
from perfanalysis.reports.plots.heatmap import heatmap_plot
from perfanalysis.reports.plots.lines import Line
from perfanalysis.reports.plots.shift import shift_plot
from perfanalysis.reports.plots.strip import Strip, strip_plot
from perfanalysis.reports.plots.timeline import Course, Marks, timeline_panel
from tests.reports.hostile import NAMES


@pytest.fixture
def axes():
    return Figure(layout="constrained").add_subplot()


def distribution(factor=1.0, n=300):
    share = np.arange(1, n + 1) / n
    return Distribution(latency_ms=10 * factor * np.exp(2 * share), share=share)


def course(*values):
    return Course(offset_s=np.arange(len(values)) + 0.5, value=np.array(values, dtype=np.float64))


def line(side, name, data):
    return Line(side=side, name=name, data=data)


def entries(axes):
    legend = axes.get_legend()
    return [] if legend is None else [text.get_text() for text in legend.get_texts()]


def shape(**changes):
    curve = tuple(
        QuantileChange(share=share, change=change, low=change - 0.1, high=change + 0.1)
        for share, change in ((0.1, 0.0), (0.5, 0.1), (0.9, 0.4), (0.99, 0.9))
    )
    known = Shape(
        name="search",
        kind=ShapeKind.TAIL,
        sentence="a change is seen in the slowest 10 % only",
        confidence=0.95,
        curve=curve,
        spread=None,
        baseline_modes=(),
        current_modes=(),
    )
    return replace(known, **changes)


def test_without_axes_a_plot_returns_a_figure_and_with_axes_these():
    left, right = Figure().subplots(1, 2)
    lines = [line(None, "search", distribution())]
    assert isinstance(ecdf_plot(lines, title="search"), Figure)
    assert ecdf_plot(lines, title="search", ax=left) is left
    assert isinstance(shift_plot(shape(), tolerance=0.05), Figure)
    assert shift_plot(shape(), tolerance=0.05, ax=right) is right


def test_a_plot_into_axes_of_a_subfigure_returns_these():
    axes = Figure().subfigures(1, 2)[0].add_subplot()
    assert ecdf_plot([line(None, "a", distribution())], title="a", ax=axes) is axes


def test_a_distribution_is_drawn_in_milliseconds_and_shares(axes):
    data = distribution()
    ecdf_plot([line(None, "search", data)], title="search", ax=axes)
    (drawn,) = axes.get_lines()
    assert drawn.get_ydata()[0] == 0
    assert np.array_equal(drawn.get_xdata()[1:], data.latency_ms)
    assert np.array_equal(drawn.get_ydata()[1:], data.share)
    assert axes.get_xlabel() == "latency, ms"
    assert axes.get_ylabel() == "share of requests at or below"


def test_few_latencies_are_steps(axes):
    lines = [line(None, "few", distribution(n=5)), line(None, "many", distribution())]
    ecdf_plot(lines, title="", ax=axes)
    assert [drawn.get_drawstyle() for drawn in axes.get_lines()] == ["steps-post", "default"]


def test_runs_of_a_side_share_a_colour_and_an_entry_of_the_legend(axes):
    lines = [line("baseline", f"b{n}", distribution()) for n in range(3)]
    lines.append(line("current", "new", distribution(1.2)))
    ecdf_plot(lines, title="search", ax=axes)
    colors = [drawn.get_color() for drawn in axes.get_lines()]
    assert len(set(colors[:3])) == 1
    assert colors[3] != colors[0]
    assert entries(axes) == ["baseline (3 runs)", "current: new"]


def test_a_second_plot_in_the_same_axes_goes_on_where_the_first_left_off(axes):
    ecdf_plot([line(None, "a", distribution())], title="", ax=axes)
    ecdf_plot([line(None, "b", distribution(9.0))], title="", ax=axes)
    first, second = axes.get_lines()
    assert first.get_color() != second.get_color()
    assert entries(axes) == ["a", "b"]
    low, high = axes.get_xlim()
    assert low < first.get_xdata().min()
    assert high > second.get_xdata().max()


def test_lines_that_could_not_be_told_apart_are_refused(axes):
    lines = [line(None, str(n), distribution()) for n in range(8)]
    with pytest.raises(UsageError, match="at most 7 lines, found 8"):
        ecdf_plot(lines, title="", ax=axes)


def test_colours_suit_the_ground(axes):
    light = Figure().add_subplot()
    axes.set_facecolor("#111111")
    for place in (light, axes):
        ecdf_plot([line("current", "a", distribution())], title="", ax=place)
    assert light.get_lines()[0].get_color() == "#0072B2"
    assert axes.get_lines()[0].get_color() == "#56B4E9"


@pytest.mark.parametrize(
    ("metric", "unit", "label"),
    [
        ("latency.p95", "ms", "latency.p95, ms"),
        ("error_rate", "ratio", "error_rate"),
        ("system.memory.used", "bytes", "system.memory.used"),
        ("orders", None, "orders"),
        ("$odd$", "$u$", "$odd$, $u$"),
    ],
)
def test_a_timeline_names_metric_and_unit(axes, metric, unit, label):
    timeline_panel(axes, [line(None, "a", course(1, 2, 3))], metric=metric, unit=unit, title=None)
    assert axes.get_ylabel() == label
    axes.figure.draw_without_rendering()


def test_a_gap_stays_a_gap(axes):
    values = (1, np.nan, 3)
    timeline_panel(axes, [line(None, "a", course(*values))], metric="m", unit="ms", title=None)
    (drawn,) = axes.get_lines()
    assert np.isnan(drawn.get_ydata()[1])
    assert drawn.get_marker() == "o"  # or the points on its sides could not be seen


def test_latency_begins_at_zero_unless_peaks_would_press_it_flat(axes):
    high = Figure().add_subplot()
    for place, values in ((axes, (20, 25, 30)), (high, (20, 25, 3000))):
        lines = [line(None, "a", course(*values))]
        timeline_panel(place, lines, metric="latency.p95", unit="ms", title=None)
    assert (axes.get_yscale(), axes.get_ylim()[0]) == ("linear", 0)
    assert high.get_yscale() == "log"


@pytest.mark.parametrize("value", [0.0, 8.0, -3.0])
def test_a_constant_has_an_axis(axes, value):
    lines = [line(None, "vus", course(value, value))]
    timeline_panel(axes, lines, metric="vus", unit=None, title=None)
    low, high = axes.get_ylim()
    assert low <= value <= high
    assert low < high


def test_panels_below_each_other_show_the_same_span():
    upper, lower = Figure().subplots(2, sharex=True)
    timeline_panel(upper, [line(None, "a", course(*range(60)))], metric="m", unit=None, title=None)
    timeline_panel(lower, [line(None, "a", course(*range(5)))], metric="n", unit=None, title=None)
    assert upper.get_xlim() == lower.get_xlim() == (0.0, 59.5)


def test_what_is_left_out_and_what_is_odd_is_shaded(axes):
    marks = Marks(warmup_s=2.0, odd=[(4.0, 5.0)])
    lines = [line(None, "a", course(*range(9)))]
    timeline_panel(axes, lines, metric="m", unit=None, title=None, marks=marks)
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
    assert spans == [(0.0, 2.0), (4.0, 5.0)]
    assert len({patch.get_facecolor() for patch in axes.patches}) == 2


def test_a_shift_is_drawn_with_band_tolerance_and_sentence(axes):
    shift_plot(shape(), tolerance=0.05, ax=axes)
    curve = axes.get_lines()[-1]
    assert np.allclose(curve.get_ydata(), [0.0, 0.1, 0.4, 0.9])
    limits = {tuple(drawn.get_ydata()) for drawn in axes.get_lines()[:-1]}
    assert limits == {(0.0, 0.0), (-0.05, -0.05), (0.05, 0.05)}
    title = axes.get_title(loc="left")
    assert title == "search\na change is seen in the slowest 10 % only"
    assert entries(axes) == ["95 % band for all quantiles together", "tolerance 5 %"]
    assert axes.get_ylabel() == "change against the baseline"


def test_a_band_without_ends_leaves_the_curve_readable(axes):
    curve = tuple(replace(entry, low=None, high=None) for entry in shape().curve)
    shift_plot(shape(curve=curve), tolerance=0.05, ax=axes)
    low, high = axes.get_ylim()
    assert -1 < low < -0.5
    assert 1.9 < high < 60


def strip(name, result, *, runs=1):
    sides = ([distribution(factor) for _ in range(runs)] for factor in (1.0, 1.3))
    baseline, current = sides
    return Strip(name=name, result=result, baseline=baseline, current=current)


def test_strips_tell_where_latencies_lie_and_what_became_of_them(axes, make_result):
    known = make_result(name="search", metric="latency.p50")
    strips = [strip("search", known), strip("login", None)]
    strip_plot(strips, metric="latency.p50", quantile=0.5, omitted=3, ax=axes)
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["search", "login"]
    assert entries(axes) == ["baseline", "current"]
    assert "3 more are left out" in axes.get_title(loc="left")
    notes = [text.get_text() for text in axes.texts]
    assert notes == ["+20.3 %, regressed, major", "not judged"]
    middle = float(np.interp(0.5, distribution().share, distribution().latency_ms))
    ticks = [ln.get_xdata()[0] for ln in axes.get_lines() if ln.get_marker() == "|"]
    assert ticks == pytest.approx([middle, 1.3 * middle] * 2)
    low, high = axes.get_ylim()
    assert low > high  # the first on top


def test_with_several_runs_a_side_each_is_a_dot(axes):
    strip_plot([strip("a", None, runs=4)], metric="latency.p95", quantile=0.95, omitted=0, ax=axes)
    dots = [ln for ln in axes.get_lines() if ln.get_marker() == "o"]
    assert [len(ln.get_xdata()) for ln in dots] == [4, 4]
    assert "dots: that of each run" in axes.get_title(loc="left")


@pytest.mark.slow
def test_every_hostile_name_is_drawn_without_a_warning():
    for start in range(0, len(NAMES), 20):
        strips = [strip(name, None) for name in NAMES[start : start + 20]]
        figure = strip_plot(strips, metric="latency.p50", quantile=0.5, omitted=0)
        figure.draw_without_rendering()
        for text in figure.axes[0].get_yticklabels():
            assert text._preprocess_math(text.get_text()) == (text.get_text(), False)


def test_a_heat_map_leaves_empty_cells_empty(axes):
    count = np.array([[0, 5], [2, 0], [100, 1]])
    heatmap = Heatmap(
        edges_s=np.array([0.0, 1, 2, 3]), edges_ms=np.array([1.0, 10, 100]), count=count
    )
    heatmap_plot(heatmap, title="search", ax=axes)
    (mesh,) = (c for c in axes.collections if isinstance(c, mpl.collections.QuadMesh))
    cells = mesh.get_array()
    assert cells.shape == (2, 3)
    assert np.ma.count_masked(cells) == 2
    assert cells.max() == 100
    assert axes.get_yscale() == "log"
    assert [place.get_ylabel() for place in axes.figure.axes[1:]] == ["requests in a cell"]


def test_a_latency_of_nothing_does_not_stretch_the_axis_of_strips(axes):
    zero = Distribution(latency_ms=np.array([0.0, 0.0, 1.0]), share=np.array([0.3, 0.9, 1.0]))
    strips = [
        Strip(name=name, result=None, baseline=[data], current=[data])
        for name, data in (("instant", zero), ("search", distribution()))
    ]
    strip_plot(strips, metric="latency.p50", quantile=0.5, omitted=0, ax=axes)
    low, high = axes.get_xlim()
    assert low > 1e-3
    assert high > distribution().latency_ms[-30]


def test_the_legend_of_strips_has_a_row_of_its_own(axes):
    strips = [Strip(name="a", result=None, baseline=[distribution()], current=[distribution()])]
    strip_plot(strips, metric="latency.p50", quantile=0.5, omitted=0, ax=axes)
    axes.figure.draw_without_rendering()
    legend = axes.transData.inverted().transform(axes.get_legend().get_window_extent())
    assert max(legend[:, 1]) < min(line.get_ydata().min() for line in axes.get_lines())
