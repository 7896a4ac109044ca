"""Marks on the time axis, the histogram and the heat map: what is drawn, and where."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from perfanalysis.model.views import Anomaly, Curve, Heatmap, Histogram, RunView, Timeline
from perfanalysis.reports.charts.axes import TimeAxis
from perfanalysis.reports.charts.heatmap import heat_classes, heat_limits, heatmap_chart
from perfanalysis.reports.charts.histogram import histogram_chart
from perfanalysis.reports.charts.latency import percentile_chart
from perfanalysis.reports.charts.marks import Marks, marks_of
from perfanalysis.reports.charts.timeline import curve_chart, throughput_chart
from perfanalysis.reports.language import in_language

MINUTE = TimeAxis(start_s=0.0, end_s=60.0)
LEFT, RIGHT = 46.0, 428.0  # of a panel of the usual margins, in pixels


def histogram(count, low=10.0, ratio=1.1):
    count = np.array(count)
    return Histogram(edges_ms=low * ratio ** np.arange(len(count) + 1), count=count)


def heatmap(count, end_s=60.0, low=10.0, high=1000.0):
    count = np.array(count)
    windows, steps = count.shape
    return Heatmap(
        edges_s=np.linspace(0, end_s, windows + 1),
        edges_ms=np.geomspace(low, high, steps + 1),
        count=count,
    )


def timeline():
    flat = np.full(60, 20.0)
    return Timeline(
        offset_s=np.arange(60) + 0.5,
        throughput=flat,
        error_rate=np.zeros(60),
        mean_ms=flat,
        p50_ms=flat,
        p95_ms=2 * flat,
        p99_ms=3 * flat,
    )


def drawn(chart, wanted):
    """Return the path data of all paths with a class."""
    return [
        element.attrib["d"]
        for element in ET.fromstring(chart).iter("path")
        if wanted in element.attrib["class"].split()
    ]


def across(data):
    """Return where each part of absolute path data begins and ends from left to right."""
    found = []
    for part in data.split("M")[1:]:
        xs = [float(n) for n in re.findall(r"-?[\d.]+", part)[::2]]
        found.append((min(xs), max(xs)))
    return found


CHARTS = {
    "percentiles": lambda marks: percentile_chart(
        [("current", timeline())], axis=MINUTE, points=300, marks=marks
    ),
    "throughput": lambda marks: throughput_chart(
        [("current", timeline())], axis=MINUTE, points=300, marks=marks
    ),
    "resource": lambda marks: curve_chart(
        [
            (
                "current",
                Curve(
                    metric="system.cpu",
                    unit="%",
                    labels="",
                    offset_s=np.arange(60.0),
                    value=np.arange(60.0),
                ),
            )
        ],
        axis=MINUTE,
        points=300,
        marks=marks,
    ),
    "heat map": lambda marks: heatmap_chart(heatmap([[1, 2], [3, 4]]), axis=MINUTE, marks=marks),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_over_time_shades_the_warm_up_and_marks_anomalies(name):
    marks = Marks(warmup_s=15.0, anomalies=((30.0, 36.0), (50.0, 50.001)))
    chart = CHARTS[name](marks)
    (shade,) = drawn(chart, "warmup")
    right = RIGHT if name != "percentiles" else 410.0
    width = right - LEFT
    assert across(shade) == [pytest.approx((LEFT, LEFT + width / 4), abs=0.2)]
    (bars,) = drawn(chart, "anomaly")
    first, second = across(bars)
    assert first == pytest.approx((LEFT + width / 2, LEFT + width * 0.6), abs=0.2)
    assert second[0] == pytest.approx(LEFT + width * 5 / 6, abs=0.2)
    assert second[1] - second[0] > 2
    assert "2 anomalies are marked" in chart


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("marks", [None, Marks(warmup_s=0.0, anomalies=())])
def test_without_marks_nothing_is_marked(name, marks):
    chart = CHARTS[name](marks)
    assert not drawn(chart, "warmup") + drawn(chart, "anomaly")
    assert "marked" not in chart


def test_marks_outside_of_the_time_axis_stay_inside_of_the_panel():
    marks = Marks(warmup_s=500.0, anomalies=((-5.0, 1.0), (59.9, 80.0), (70.0, 80.0)))
    chart = CHARTS["throughput"](marks)
    (shade,), (bars,) = drawn(chart, "warmup"), drawn(chart, "anomaly")
    assert across(shade) == [pytest.approx((LEFT, RIGHT), abs=0.2)]
    assert len(across(bars)) == 2
    assert all(LEFT - 0.2 <= a < b <= RIGHT + 0.2 for a, b in across(bars))


def test_a_name_has_its_own_marks_and_those_of_all_requests():
    def anomaly(name, start_s):
        return Anomaly(
            start_s=start_s,
            end_s=start_s + 1,
            kind="spike",
            name=name,
            metric="latency.p50",
            size=2.0,
            message="",
        )

    view = RunView(
        summary=None,  # type: ignore[arg-type]
        distributions={},
        histograms={},
        timelines={},
        heatmaps={},
        warmup_s=3.0,
        warmup_message="",
        anomalies=(anomaly("a", 10.0), anomaly("b", 20.0), anomaly(None, 30.0)),
        curves=(),
        correlations=(),
        errors=(),
    )
    assert marks_of([view], "a") == Marks(warmup_s=3.0, anomalies=((10.0, 11.0), (30.0, 31.0)))
    assert marks_of([view], None).anomalies == ((30.0, 31.0),)
    assert marks_of([], "a") == Marks(warmup_s=0.0, anomalies=())


def test_equal_distributions_are_equally_high_whatever_the_width_of_their_bins():
    fine, coarse = histogram([5, 5, 20, 20, 5, 5], ratio=1.1), histogram([10, 40, 10], ratio=1.21)
    chart = histogram_chart([("baseline", fine), ("current", coarse)])
    heights = [
        min(float(y) for y in re.findall(r"[\d.]+", drawn(chart, side)[0])[1::2])
        for side in ("baseline", "current")
    ]
    assert heights[0] == pytest.approx(heights[1], abs=0.2)
    assert "% of requests in a step of 21 %" in chart


def test_a_histogram_names_its_sides_and_its_range():
    chart = histogram_chart([("current", histogram([1, 5, 2]))])
    assert 'aria-label="Latency histogram. Share of requests in each step of latency' in chart
    assert "1 current run" in chart


@pytest.mark.parametrize("count", [[1], [0, 3], [7, 0, 0, 1]])
def test_few_bins_have_a_chart(count):
    assert drawn(histogram_chart([("current", histogram(count))]), "line")


def test_without_requests_there_is_no_histogram_and_no_heat_map():
    assert histogram_chart([]) is None
    assert histogram_chart([("current", histogram([0, 0]))]) is None
    assert heatmap_chart(heatmap([[0, 0]]), axis=MINUTE) is None


def test_cells_lie_where_their_time_and_latency_are():
    chart = heatmap_chart(heatmap([[0, 0], [0, 9], [0, 0], [1, 0]]), axis=MINUTE)
    (many,), (few,) = drawn(chart, "heat-8"), drawn(chart, "heat-1")
    # Second quarter of the time, upper half of the latency; the panel is 22 to 208 high.
    quarter = (RIGHT - LEFT) / 4
    assert many == f"M{LEFT + quarter:.1f} 22.0h{quarter:.1f}v93.0h-{quarter:.1f}z"
    assert few == f"M{LEFT + 3 * quarter:.1f} 115.0h{quarter:.1f}v93.0h-{quarter:.1f}z"
    assert not drawn(chart, "heat-0")


def test_neighbours_of_one_class_are_one_rectangle_and_one_class_is_one_path():
    (data,) = drawn(heatmap_chart(heatmap([[5], [5], [0], [5]]), axis=MINUTE), "heat-8")
    assert data.count("M") == 2


def test_heat_maps_side_by_side_share_their_scales():
    small, large = heatmap([[1, 1]], low=10, high=100), heatmap([[50, 100]], low=10, high=1000)
    alone = heatmap_chart(small, axis=MINUTE)
    beside = heatmap_chart(small, axis=MINUTE, among=[large])
    assert drawn(alone, "heat-8")
    assert drawn(beside, "heat-1")
    assert not drawn(beside, "heat-8")
    assert "1000" in beside
    assert "at most 100 in a cell" in beside


def test_a_heat_map_is_cut_off_at_the_time_axis():
    half = TimeAxis(start_s=0.0, end_s=30.0)
    chart = heatmap_chart(heatmap([[1], [2], [3], [4]]), axis=half)
    ends = [x for n in range(1, 9) for d in drawn(chart, f"heat-{n}") for x in _ends(d)]
    assert max(ends) <= RIGHT + 0.2


def _ends(data):
    return [float(x) + float(width) for x, width in re.findall(r"M([\d.]+) [\d.]+h([\d.]+)", data)]


@pytest.mark.parametrize("most", [1, 2, 7, 8, 100, 10**9])
def test_classes_begin_at_one_request_and_the_largest_count_has_the_last(most):
    limits = heat_limits(most)
    assert limits[0] == 1
    assert limits == sorted(limits)
    assert len(limits) == 8
    count = np.array([0, 1, most])
    assert heat_classes(count, most)[0] == 0
    assert heat_classes(count, most)[1] >= 1
    assert heat_classes(count, most)[2] == 8


def test_a_heat_map_of_the_greatest_size_stays_small():
    rng = np.random.default_rng(1)
    chart = heatmap_chart(heatmap(rng.integers(0, 50, (60, 30))), axis=MINUTE)
    assert len(chart) < 60_000


def test_the_words_of_charts_are_looked_up_in_the_language_of_the_report(monkeypatch):
    from perfanalysis.reports.charts import heatmap as module

    monkeypatch.setattr(module, "_", lambda text: f"<{text}>")
    chart = heatmap_chart(heatmap([[1]]), axis=MINUTE)
    assert "&lt;Latency over time as a heat map&gt;" in chart
    with in_language("en"):
        assert histogram_chart([("current", histogram([1, 2]))])
