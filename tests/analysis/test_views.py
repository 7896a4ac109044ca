"""What a report draws of a run."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.views import view_run


def steady(load_of, *, rate=100, seconds=30.0, offset_s=0.0, name="a", **columns):
    n = round(rate * seconds)
    return load_of(name, np.full(n, 5.0), seconds=seconds, offset_s=offset_s, **columns)


@pytest.mark.parametrize("offset_s", [0.0, 0.4, 17.7])
@pytest.mark.parametrize("seconds", [4.0, 30.0, 250.0])
def test_a_steady_load_is_a_flat_line_from_the_first_bin_to_the_last(
    rows_run, load_of, offset_s, seconds
):
    timeline = view_run(rows_run(steady(load_of, seconds=seconds, offset_s=offset_s))).timelines[
        "a"
    ]
    assert timeline.throughput == pytest.approx(100, rel=0.03)


@pytest.mark.parametrize("n", [37, 3001])
def test_timelines_hold_every_request(rows_run, load_of, n):
    rng = np.random.default_rng(n)
    # Starts at a multiple of every width: only the last bin is not full.
    run = rows_run(load_of("a", rng.lognormal(3, 1, n), seconds=50.0))
    timeline = view_run(run).timelines["a"]
    width = np.diff(timeline.offset_s)[0]
    inner = timeline.throughput[:-1].sum() * width
    last_second = n - inner
    covered = last_second / timeline.throughput[-1]
    assert inner == pytest.approx(round(inner))
    assert 0 < covered <= width + 1e-9


def test_failures_and_latencies_of_each_bin_are_its_own(rows_run, load_of):
    run = rows_run(
        load_of("a", np.full(1000, 10.0), seconds=10.0),
        load_of("a", np.full(1000, 40.0), seconds=10.0, offset_s=10.0, ok=np.arange(1000) % 2 == 0),
    )
    timeline = view_run(run).timelines["a"]
    early, late = timeline.offset_s < 10, timeline.offset_s > 10
    assert timeline.error_rate[early] == pytest.approx(0)
    assert timeline.error_rate[late] == pytest.approx(0.5)
    assert timeline.p50_ms[early] == pytest.approx(10, rel=0.005)
    assert timeline.p95_ms[late] == pytest.approx(40, rel=0.005)
    assert timeline.mean_ms[late] == pytest.approx(40, rel=0.005)


def test_bins_without_enough_requests_have_no_percentile(rows_run, load_of):
    run = rows_run(
        steady(load_of, seconds=10.0), steady(load_of, rate=3, seconds=10.0, offset_s=20)
    )
    timeline = view_run(run).timelines["a"]
    gap = (timeline.offset_s > 11) & (timeline.offset_s < 19)
    assert np.all(timeline.throughput[gap] == 0)
    assert np.all(np.isnan(timeline.error_rate[gap]))
    sparse = timeline.offset_s > 21
    assert np.all(np.isnan(timeline.p95_ms[gap | sparse]))
    assert not np.any(np.isnan(timeline.p95_ms[timeline.offset_s < 9]))


def test_a_long_run_has_at_most_sixty_bins(rows_run, load_of):
    timeline = view_run(rows_run(steady(load_of, rate=1, seconds=20_000.0))).timelines[None]
    assert 30 <= len(timeline.offset_s) <= 61
    assert np.all(np.diff(timeline.offset_s) > 0)


def test_offsets_count_from_the_start_of_the_run(rows_run, load_of):
    run = rows_run(
        steady(load_of, offset_s=5.3, seconds=20.0),
        steady(load_of, name="b", offset_s=15.3, seconds=10.0),
    )
    timelines = view_run(run).timelines
    assert 0 <= timelines["a"].offset_s[0] < 1
    assert timelines["b"].offset_s[0] == pytest.approx(10, abs=1)


def test_all_requests_are_drawn_under_none(rows_run, load_of):
    view = view_run(rows_run(steady(load_of), steady(load_of, name="b", rate=50)))
    assert set(view.timelines) == set(view.distributions) == {None, "a", "b"}
    assert view.timelines[None].throughput[5] == pytest.approx(150, rel=0.02)


def test_transactions_are_not_drawn_among_all_requests(rows_run, load_of):
    view = view_run(rows_run(steady(load_of), steady(load_of, name="Shop", kind="transaction")))
    assert set(view.timelines) == {None, "a"}
    assert view.timelines[None].throughput[5] == pytest.approx(100, rel=0.02)


def test_windows_of_a_source_without_rows_are_drawn_too(rows_run, interval_rows):
    window = {"scope": "window", "name": "a", "duration_s": 1.0, "failures": 1}
    rows = [
        window | {"offset_s": i, "requests": 20, "latency_mean_ms": 5.0 + i % 2} for i in range(20)
    ]
    timeline = view_run(rows_run(intervals=[interval_rows(*rows)])).timelines["a"]
    assert timeline.throughput[5] == pytest.approx(20)
    assert timeline.error_rate[5] == 0.05
    assert np.nanmean(timeline.mean_ms) == pytest.approx(5.5, abs=0.1)
    assert np.all(np.isnan(timeline.p50_ms))


@pytest.mark.parametrize("n", [1, 40, 20_000])
def test_distributions_rise_to_one_in_a_bounded_number_of_points(rows_run, load_of, n):
    values = np.random.default_rng(n).lognormal(3, 1.5, n)
    drawn = view_run(rows_run(load_of("a", values))).distributions["a"]
    assert np.all(np.diff(drawn.latency_ms) >= 0)
    assert np.all(np.diff(drawn.share) >= 0)
    assert drawn.share[-1] == pytest.approx(1.0)
    assert len(drawn.share) == len(drawn.latency_ms) <= 301
    assert drawn.latency_ms[-1] == pytest.approx(values.max(), rel=0.006)
    below = [np.mean(values <= x * 1.006) for x in drawn.latency_ms]
    assert np.all(drawn.share <= np.array(below) + 1e-9)


def test_reported_percentiles_are_a_distribution_that_never_falls(rows_run, interval_rows):
    # Locust rounds each percentile for itself: a higher one may come out lower.
    told = {"name": "a", "requests": 900, "quantiles": {0.99: 39.9, 0.5: 10.0, 0.95: 40.0}}
    drawn = view_run(rows_run(intervals=[interval_rows(told)])).distributions["a"]
    assert drawn.share.tolist() == [0.5, 0.95, 0.99]
    assert drawn.latency_ms.tolist() == [10.0, 40.0, 40.0]


def test_gauges_are_curves_of_at_most_three_hundred_points(rows_run, series_of):
    cpu = series_of("system.cpu", np.arange(1000.0), unit="%")
    (curve,) = view_run(rows_run(series=[cpu])).curves
    assert (curve.metric, curve.unit) == ("system.cpu", "%")
    assert len(curve.value) == len(curve.offset_s) == 300
    assert np.all(np.diff(curve.value) > 0)
    assert np.mean(curve.value) == pytest.approx(499.5, rel=0.01)


def test_short_gauges_are_drawn_as_they_are(rows_run, series_of):
    (curve,) = view_run(rows_run(series=[series_of("vus", [1.0, 5.0, 3.0])])).curves
    assert curve.value.tolist() == [1.0, 5.0, 3.0]
    assert curve.offset_s.tolist() == [0.0, 1.0, 2.0]


def test_of_too_many_series_those_that_never_change_get_no_curve(rows_run, series_of):
    still = [series_of(f"app.total.{n}", [7.0, 7.0, 7.0]) for n in range(45)]
    moving = [series_of("system.cpu", [1.0, 2.0, 3.0]), series_of("a.queue", [3.0, 2.0, 1.0])]
    curves = view_run(rows_run(series=[*still, *moving])).curves
    drawn = [curve.metric for curve in curves]
    assert len(drawn) == 40
    assert drawn == sorted(drawn)
    assert {"system.cpu", "a.queue"} <= set(drawn)


def test_counters_are_curves_per_second(rows_run, series_of):
    orders = series_of("orders", [2.0] * 20, kind="counter", step_s=0.25)
    (curve,) = view_run(rows_run(series=[orders])).curves
    assert curve.unit == "1/s"
    assert curve.value.tolist() == [8.0] * 5


def test_measured_trends_are_no_curves(rows_run, series_of):
    trend = series_of("checkout_duration", [1.0, 2.0], kind="trend")
    assert view_run(rows_run(series=[trend])).curves == ()


def test_errors_are_counted_and_listed_commonest_first(rows_run, load_of):
    run = rows_run(
        load_of("b", [1.0] * 3, ok=False, status="500", error="boom"),
        load_of("a", [1.0] * 3, ok=False, status="500", error="boom"),
        load_of("a", [1.0] * 7, ok=False, status="503"),
        load_of("a", [1.0] * 50, status="200"),
        load_of("journey", [1.0] * 90, ok=False, kind="iteration"),
    )
    errors = view_run(run).errors
    assert [(e.name, e.status, e.error, e.count) for e in errors] == [
        ("a", "503", None, 7),
        ("a", "500", "boom", 3),
        ("b", "500", "boom", 3),
    ]


def test_at_most_a_hundred_kinds_of_error_are_listed(rows_run, load_of):
    run = rows_run(load_of("a", [1.0] * 500, ok=False, error=[f"error {i}" for i in range(500)]))
    assert len(view_run(run).errors) == 100


def test_failures_that_a_source_lists_are_errors_and_no_curve(rows_run, interval_rows, series_of):
    listed = [
        series_of("errors", [3.0], kind="counter", labels={"name": "a", "error": "boom"}),
        series_of("errors", [9.0], kind="counter", labels={"name": "b", "error": "bang"}),
    ]
    totals = interval_rows({"name": "a", "requests": 50, "failures": 12})
    view = view_run(rows_run(intervals=[totals], series=listed))
    assert [(e.name, e.error, e.count) for e in view.errors] == [("b", "bang", 9), ("a", "boom", 3)]
    assert view.curves == ()


def test_a_run_without_anything_to_draw_is_an_empty_view(rows_run, load_of):
    view = view_run(rows_run(load_of("journey", [1.0], kind="iteration")))
    assert (view.distributions, view.timelines, view.curves, view.errors) == ({}, {}, (), ())
