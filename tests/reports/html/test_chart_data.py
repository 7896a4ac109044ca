"""The data of the interactive charts: what the script reads is what was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perfanalysis.model.views import Curve, Distribution, Histogram, Timeline
from perfanalysis.reports.html import chart_data
from perfanalysis.reports.html.chart_data import packed

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def unpacked(column: list) -> np.ndarray:
    """As the page's script does it."""
    low, high, log, codes = column
    if isinstance(codes, int):
        way = np.linspace(0, 1, codes)
    else:
        pairs = zip(codes[::2], codes[1::2], strict=True)
        numbers = np.array([64 * ALPHABET.index(a) + ALPHABET.index(b) for a, b in pairs])
        way = np.where(numbers == 4095, np.nan, numbers / 4094)
    return low * (high / low) ** way if log else low + (high - low) * way


def timeline(p95: np.ndarray | None = None, errors: float = 0.0) -> Timeline:
    windows = np.arange(30)
    return Timeline(
        offset_s=windows + 0.5,
        throughput=np.full(30, 40.0),
        error_rate=np.where(windows == 7, errors, 0.0),
        mean_ms=np.full(30, 21.0),
        p50_ms=np.full(30, 20.0),
        p95_ms=np.full(30, 60.0) if p95 is None else p95,
        p99_ms=np.full(30, np.nan),
    )


@pytest.mark.parametrize("log", [False, True])
def test_packed_numbers_come_back_within_three_digits(log):
    values = np.random.default_rng(1).lognormal(3, 0.6, 300)
    found = unpacked(packed(values, log=log))
    span = np.ptp(values)
    assert np.allclose(found, values, rtol=1e-3 if log else 0, atol=0 if log else span / 4000)


def test_gaps_and_constant_columns_survive_packing():
    assert np.isnan(unpacked(packed(np.array([np.nan, 5.0, np.inf])))).tolist() == [
        True,
        False,
        True,
    ]
    assert unpacked(packed(np.full(4, 7.25))).tolist() == [7.25] * 4
    assert np.isnan(unpacked(packed(np.full(3, np.nan)))).all()
    assert packed(np.empty(0))[3] == ""


def test_percentiles_over_time_carry_run_time_and_unit():
    chart = chart_data.latency_chart([(2, timeline())])
    assert chart["panels"] == [{"keys": ["p50", "p95"], "unit": "ms", "log": False}]
    [line] = chart["lines"]
    assert line["run"] == 2
    assert line["x"] == {"from": 0.5, "step": 1.0, "n": 30}
    assert unpacked(line["y"]["p95"]).tolist() == [60.0] * 30


def test_a_percentile_known_in_few_windows_is_left_out():
    seldom = np.where(np.arange(30) < 14, 60.0, np.nan)
    often = np.where(np.arange(30) < 16, 60.0, np.nan)
    assert chart_data.latency_chart([(0, timeline(seldom))])["panels"][0]["keys"] == ["p50"]
    assert chart_data.latency_chart([(0, timeline(often))])["panels"][0]["keys"] == ["p50", "p95"]


def test_peaks_make_the_latency_axis_logarithmic():
    peaks = np.where(np.arange(30) == 3, 5000.0, 60.0)
    assert chart_data.latency_chart([(0, timeline(peaks))])["panels"][0]["log"] is True


def test_means_stand_in_where_no_percentile_is_known():
    line = timeline(np.full(30, np.nan))
    line = replace(line, p50_ms=np.full(30, np.nan))
    assert chart_data.latency_chart([(0, line)])["panels"][0]["keys"] == ["mean"]
    line = replace(line, mean_ms=np.full(30, np.nan))
    assert chart_data.latency_chart([(0, line)]) is None


def test_errors_get_a_panel_only_where_a_request_failed():
    calm = chart_data.load_chart([(0, timeline())])
    assert [panel["keys"] for panel in calm["panels"]] == [["throughput"]]
    failing = chart_data.load_chart([(0, timeline()), (1, timeline(errors=0.25))])
    assert [panel["keys"] for panel in failing["panels"]] == [["throughput"], ["errors"]]
    assert unpacked(failing["lines"][1]["y"]["errors"]).max() == 25.0


def test_of_too_many_points_the_peaks_stay():
    value = np.zeros(5000)
    value[1234] = 9.0
    curve = Curve(metric="m", unit="%", labels="", offset_s=np.arange(5000.0), value=value)
    chart = chart_data.resource_chart([(0, curve)], unit="%", shown_unit="%")
    [line] = chart["lines"]
    found = unpacked(line["y"]["value"])
    assert len(found) == chart_data.MOST_POINTS
    assert found.max() == 9.0
    assert line["x"][int(found.argmax())] == 1234.0


def test_bytes_are_told_in_the_unit_that_is_shown():
    value = np.array([0.0, 2.0**30, 2.0**31])
    curve = Curve(metric="m", unit="bytes", labels="", offset_s=np.arange(3.0), value=value)
    chart = chart_data.resource_chart([(0, curve)], unit="GiB", shown_unit="GiB")
    assert unpacked(chart["lines"][0]["y"]["value"]).tolist() == [0.0, 1.0, 2.0]
    own = Curve(metric="m", unit="GiB", labels="", offset_s=np.arange(3.0), value=value)
    chart = chart_data.resource_chart([(0, own)], unit="GiB", shown_unit="GiB")
    assert unpacked(chart["lines"][0]["y"]["value"]).max() == pytest.approx(2.0**31)


def test_distributions_of_all_runs_share_their_latencies():
    one = Distribution(latency_ms=np.geomspace(1, 100, 200), share=np.linspace(0.005, 1, 200))
    other = Distribution(latency_ms=np.geomspace(2, 400, 200), share=np.linspace(0.005, 1, 200))
    chart = chart_data.distribution_data([(0, one), (3, other)])
    x = unpacked(chart["x"])
    assert (np.diff(x) > 0).all()
    assert [line["run"] for line in chart["lines"]] == [0, 3]
    places = [unpacked(line["y"]) for line in chart["lines"]]
    assert all(len(column) == len(x) for column in places)
    assert np.isnan(places[1][0])
    assert np.interp(10.0, x, places[0]) == pytest.approx(0.0, abs=0.05)


def test_histograms_with_different_steps_are_equally_high():
    wide = Histogram(edges_ms=np.geomspace(1, 100, 11), count=np.full(10, 50))
    fine = Histogram(edges_ms=np.geomspace(1, 100, 21), count=np.full(20, 50))
    chart = chart_data.histogram_data([(0, wide), (1, fine)])
    heights = [unpacked(line["y"]).max() for line in chart["lines"]]
    assert heights == pytest.approx([10.0, 10.0])
    assert unpacked(chart["lines"][1]["x"]) == pytest.approx(fine.edges_ms, rel=1e-4)


def test_an_open_band_is_a_gap(tail_shape):
    curve = (*tail_shape.curve[:-1], replace(tail_shape.curve[-1], low=None, high=None))
    chart = chart_data.quantile_data(replace(tail_shape, curve=curve))
    assert np.isnan(unpacked(chart["high"]))[-1]
    changes = [quantile.change for quantile in curve]
    assert np.expm1(unpacked(chart["change"])) == pytest.approx(changes, abs=1e-3)
    low, high = chart["range"]
    assert low < np.log1p(min(changes))
    assert high > np.log1p(max(changes))
