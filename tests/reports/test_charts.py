"""Charts: what is drawn, where, and that nothing of the drawing leaks into the user's process."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest

from perfanalysis.model.views import Curve, Distribution, ReportData, Timeline
from perfanalysis.reports.charts.axes import (
    TimeAxis,
    linear_ticks,
    log_ticks,
    thin_distribution,
    thin_line,
    time_axis,
)
from perfanalysis.reports.charts.latency import distribution_chart, percentile_chart
from perfanalysis.reports.charts.svg import path_data
from perfanalysis.reports.charts.timeline import curve_chart, shown_unit, throughput_chart

MINUTE = TimeAxis(start_s=0.0, end_s=60.0)


def distribution(*latencies: float) -> Distribution:
    values = np.array(latencies)
    return Distribution(latency_ms=values, share=np.arange(1, values.size + 1) / values.size)


def timeline(**columns: list[float]) -> Timeline:
    count = len(next(iter(columns.values())))
    given = {key: np.array(values, dtype=float) for key, values in columns.items()}
    defaults = {
        "offset_s": np.arange(count) + 0.5,
        "throughput": np.full(count, 10.0),
        "error_rate": np.zeros(count),
        "mean_ms": np.full(count, 20.0),
        "p50_ms": np.full(count, 20.0),
        "p95_ms": np.full(count, 40.0),
        "p99_ms": np.full(count, 60.0),
    }
    return Timeline(**{**defaults, **given})


def curve(values: list[float], unit: str | None = "%") -> Curve:
    offsets = np.arange(len(values), dtype=float)
    return Curve(
        metric="system.cpu", unit=unit, labels="", offset_s=offsets, value=np.array(values)
    )


def paths(chart: str, wanted: str) -> list[list[tuple[float, float]]]:
    """Return the strokes of every path that has all the wanted classes, as lists of points."""
    found = []
    for element in ET.fromstring(chart).iter("path"):
        if set(wanted.split()) <= set(element.attrib["class"].split()):
            for stroke in element.attrib["d"].split("M")[1:]:
                numbers = [float(n) for n in re.findall(r"[\d.]+", stroke.removesuffix("h0"))]
                found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def texts(chart: str, wanted: str) -> list[str]:
    return [
        element.text or ""
        for element in ET.fromstring(chart).iter("text")
        if wanted in element.attrib["class"].split()
    ]


def test_equal_latencies_of_two_runs_are_drawn_at_equal_places():
    one = distribution(10.0, 20.0, 40.0)
    chart = distribution_chart([("baseline", one), ("current", one)], points=300)
    assert paths(chart, "line baseline") == paths(chart, "line current") != []


def test_a_slower_run_lies_to_the_right():
    fast, slow = distribution(10.0, 20.0, 40.0), distribution(15.0, 30.0, 60.0)
    chart = distribution_chart([("baseline", fast), ("current", slow)], points=300)
    [left], [right] = paths(chart, "line baseline"), paths(chart, "line current")
    assert [x for x, _ in left] < [x for x, _ in right]
    assert [y for _, y in left] == [y for _, y in right]


def test_latency_is_logarithmic_so_each_doubling_is_equally_wide():
    chart = distribution_chart([("current", distribution(10.0, 20.0, 40.0, 80.0))], points=300)
    [stroke] = paths(chart, "line current")
    xs = sorted({x for x, _ in stroke})
    assert np.diff(xs) == pytest.approx([np.diff(xs)[0]] * 3, abs=0.2)


def test_tail_percents_are_labelled_only_where_the_data_reach_them():
    few = distribution_chart([("current", distribution(*range(1, 101)))], points=300)
    many = distribution_chart([("current", distribution(*range(1, 5001)))], points=300)
    assert "99.9" not in texts(few, "tick")
    assert "99.9" in texts(many, "tick")


@pytest.mark.parametrize("latencies", [(7.0,), (7.0, 7.0), (0.0, 0.0, 0.0), (0.0, 5.0)])
def test_constant_and_zero_latencies_have_a_chart(latencies):
    chart = distribution_chart([("current", distribution(*latencies))], points=300)
    assert paths(chart, "line current")
    assert len(texts(chart, "tick")) > 3


def test_a_chart_without_data_is_none():
    empty = np.array([])
    nothing = Distribution(latency_ms=empty, share=empty)
    gaps = timeline(p50_ms=[np.nan] * 3, p95_ms=[np.nan] * 3, throughput=[np.nan] * 3)
    assert distribution_chart([], points=300) is None
    assert distribution_chart([("current", nothing)], points=300) is None
    assert percentile_chart([("current", gaps)], axis=MINUTE, points=300) is None
    assert throughput_chart([("current", gaps)], axis=MINUTE, points=300) is None
    assert curve_chart([("current", curve([]))], axis=MINUTE, points=300) is None


def test_windows_without_a_percentile_leave_a_gap_and_a_lone_window_stays_visible():
    line = timeline(p50_ms=[20, 20, np.nan, 20, np.nan, 20, 20])
    chart = percentile_chart([("current", line)], axis=MINUTE, points=300)
    assert [len(stroke) for stroke in paths(chart, "line current p50")] == [2, 1, 2]
    assert "h0" in chart


def test_latency_over_time_begins_at_zero_unless_a_peak_would_flatten_it():
    calm = percentile_chart([("current", timeline(p95_ms=[40, 60]))], axis=MINUTE, points=300)
    peak = percentile_chart([("current", timeline(p95_ms=[40, 6000]))], axis=MINUTE, points=300)
    assert texts(calm, "note") == ["ms"]
    assert "0" in texts(calm, "end")
    assert texts(peak, "note") == ["ms, logarithmic"]
    assert "0" not in texts(peak, "end")


def test_percentile_labels_of_near_curves_do_not_overlap():
    near = timeline(p50_ms=[20.0] * 5, p95_ms=[20.1] * 5)
    chart = percentile_chart([("current", near)], axis=MINUTE, points=300)
    found = [e for e in ET.fromstring(chart).iter("text") if "label" in e.attrib["class"]]
    heights = {element.text: float(element.attrib["y"]) for element in found}
    assert heights["p50"] - heights["p95"] >= 12


def test_one_error_in_a_thousand_does_not_fill_the_error_panel():
    line = timeline(throughput=[10.0, 10.0], error_rate=[0.0, 0.001])
    chart = throughput_chart([("current", line)], axis=MINUTE, points=300)
    _, errors = paths(chart, "line current")
    assert 0 < errors[0][1] - errors[1][1] < 10


def test_a_resource_series_is_cut_to_the_time_of_the_runs():
    chart = curve_chart([("current", curve([50.0] * 100))], axis=MINUTE, points=300)
    [stroke] = paths(chart, "line current")
    assert len(stroke) == 61


def test_a_label_at_the_right_edge_ends_there_and_is_not_cut_off():
    lines = [("current", curve([50.0] * 600))]
    chart = curve_chart(lines, axis=TimeAxis(start_s=0.0, end_s=600.0), points=300)
    root = ET.fromstring(chart)
    [last] = [element for element in root.iter("text") if element.text == "10 min"]
    assert last.attrib["class"].split() == ["tick", "end"]
    assert float(last.attrib["x"]) <= float(root.attrib["viewBox"].split()[2])


def test_bytes_are_shown_in_binary_units():
    values = [3.0 * 2**30, 2.0 * 2**30]
    lines = [("current", curve(values, unit="bytes"))]
    assert shown_unit([line for _, line in lines]) == "GiB"
    assert "3" in texts(curve_chart(lines, axis=MINUTE, points=300), "tick")


def test_many_runs_are_drawn_thin():
    one = distribution(10.0, 20.0)
    lines = [("baseline", one), ("baseline", one), ("current", one)]
    assert paths(distribution_chart(lines, points=300), "many")
    assert not paths(distribution_chart(lines[1:], points=300), "many")


def test_thinning_keeps_peaks_and_bounds_the_number_of_points():
    x, y = np.arange(100_000.0), np.ones(100_000)
    y[77_777] = 99.0
    thin_x, thin_y = thin_line(x, y, 300)
    assert thin_x.size <= 300
    assert thin_y.max() == 99.0
    assert 77_777.0 in thin_x
    assert (np.diff(thin_x) >= 0).all()


def test_thinning_keeps_long_gaps():
    y = np.ones(10_000)
    y[4000:6000] = np.nan
    thin_x, thin_y = thin_line(np.arange(10_000.0), y, 300)
    assert np.isnan(thin_y[(thin_x > 4100) & (thin_x < 5900)]).all()


def test_a_thinned_distribution_keeps_its_ends_and_its_tail():
    whole = Distribution(
        latency_ms=np.geomspace(1, 1000, 50_000), share=np.arange(1, 50_001) / 50_000
    )
    latency, share = thin_distribution(whole, 300)
    assert latency.size <= 300
    assert (latency[0], latency[-1], share[-1]) == (1.0, 1000.0, 1.0)
    assert ((share > 0.99) & (share < 0.9999)).sum() > 40


def test_the_time_axis_spans_the_longest_run():
    axis = time_axis(report_of(timeline(p50_ms=[1.0] * 30), timeline(p50_ms=[1.0] * 45)))
    assert axis == TimeAxis(start_s=0.0, end_s=45.0)


def test_a_monitor_alone_sets_the_time_axis():
    view = report_of(timeline(p50_ms=[1.0])).current[0]
    alone = replace(view, timelines={}, curves=(curve([1.0] * 11),))
    data = ReportData(comparison=None, current=(alone,), baseline=(), budgets=())
    assert time_axis(data) == TimeAxis(start_s=0.0, end_s=10.0)


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.4, ["0", "0.1", "0.2", "0.3", "0.4 s"]),
        (31, ["0", "5", "10", "15", "20", "25", "30 s"]),
        (1500, ["0", "5", "10", "15", "20", "25 min"]),
        (30_000, ["0", "2", "4", "6", "8 h"]),
    ],
)
def test_time_is_labelled_in_the_unit_that_people_would_use(seconds, labels):
    assert TimeAxis(start_s=0.0, end_s=seconds).ticks()[1] == labels


@pytest.mark.parametrize("low", [1e-9, 1e-3, 0.9, 17.0, 4e5])
@pytest.mark.parametrize("factor", [1.0001, 1.5, 30.0, 1e9])
def test_every_range_has_two_to_eight_or_so_ticks_inside(low, factor):
    high = low * factor
    for ticks in (log_ticks(low, high), linear_ticks(low, high)):
        assert 2 <= len(ticks) <= 20
        assert all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)


def test_path_data_of_two_strokes():
    assert path_data("M 1 2 \nL 3.25 4 \nL 5 6 \nM 7 8 \nL 9 10 \n") == "M1 2 3.2 4 5 6M7 8 9 10"


def test_charts_carry_no_id_no_style_and_no_reference():
    line = timeline(p50_ms=[20.0] * 5)
    for chart in (
        distribution_chart([("current", distribution(1.0, 2.0))], points=300),
        percentile_chart([("current", line)], axis=MINUTE, points=300),
        throughput_chart([("current", line)], axis=MINUTE, points=300),
    ):
        names = {key for element in ET.fromstring(chart).iter() for key in element.attrib}
        assert names == {"class", "viewBox", "role", "aria-label", "d", "x", "y"}


def test_a_chart_says_in_words_what_it_shows():
    lines = [("baseline", distribution(10.0, 40.0)), ("current", distribution(12.0, 50.0))]
    root = ET.fromstring(distribution_chart(lines, points=300))
    assert root.attrib["role"] == "img"
    assert "1 current run and 1 baseline run" in root.attrib["aria-label"]


def test_the_users_matplotlib_settings_neither_change_a_chart_nor_are_changed():
    line = [("current", distribution(10.0, 20.0, 40.0))]
    plain = distribution_chart(line, points=300)
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "axes.grid": True}):
        assert distribution_chart(line, points=300) == plain
        assert mpl.rcParams["font.size"] == 30
        assert mpl.rcParams["svg.fonttype"] == "path"


def test_charts_drawn_in_several_threads_are_the_same():
    line = [("current", distribution(*range(1, 60)))]
    before = dict(mpl.rcParams)
    with ThreadPoolExecutor(4) as pool:
        charts = list(pool.map(lambda _: distribution_chart(line, points=300), range(12)))
    assert len(set(charts)) == 1
    assert dict(mpl.rcParams) == before


@pytest.mark.slow
def test_drawing_does_not_load_pyplot():
    code = (
        "import sys, numpy as np\n"
        "from perfanalysis.model.views import Distribution\n"
        "from perfanalysis.reports.charts.latency import distribution_chart\n"
        "d = Distribution(latency_ms=np.array([1.0, 2.0]), share=np.array([0.5, 1.0]))\n"
        "assert distribution_chart([('current', d)], points=300)\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def report_of(*lines: Timeline) -> ReportData:
    from perfanalysis.model.views import RunView

    views = tuple(
        RunView(
            summary=None,  # type: ignore[arg-type]
            distributions={},
            histograms={},
            timelines={None: line},
            heatmaps={},
            warmup_s=None,
            warmup_message=None,
            anomalies=(),
            curves=(),
            correlations=(),
            errors=(),
        )
        for line in lines
    )
    return ReportData(comparison=None, current=views, baseline=(), budgets=())
