"""Histograms and heat maps hold every request, in few bins that line up between runs."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.views import view_run


def views_of(rows_run, load_of, latencies, seconds=60.0, **known):
    return view_run(rows_run(load_of("a", latencies, seconds=seconds), **known))


@pytest.mark.parametrize("n", [1, 30, 1000, 50_000])
@pytest.mark.parametrize("sd", [0.01, 0.5, 3.0])
def test_a_histogram_holds_every_request_in_bins_of_equal_ratio(rows_run, load_of, n, sd):
    values = np.random.default_rng(n).lognormal(3, sd, n)
    drawn = views_of(rows_run, load_of, values).histograms["a"]
    assert drawn.count.sum() == n
    assert np.all(drawn.count >= 0)
    assert 1 <= len(drawn.count) <= 60
    assert len(drawn.edges_ms) == len(drawn.count) + 1
    ratios = drawn.edges_ms[1:] / drawn.edges_ms[:-1]
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]))


def test_many_requests_have_forty_to_sixty_bins_from_the_thousandth_to_the_last(rows_run, load_of):
    values = np.random.default_rng(1).lognormal(3, 0.5, 50_000)
    drawn = views_of(rows_run, load_of, values).histograms["a"]
    assert 30 <= len(drawn.count) <= 60
    low, high = np.quantile(values, [0.001, 0.999])
    ratio = drawn.edges_ms[1] / drawn.edges_ms[0]
    assert low / ratio**2 < drawn.edges_ms[0] <= low * 1.01
    assert high * 0.99 <= drawn.edges_ms[-1] < high * ratio**2


def test_the_bins_hold_the_latencies_between_their_edges(rows_run, load_of):
    values = np.random.default_rng(2).lognormal(3, 0.5, 20_000)
    drawn = views_of(rows_run, load_of, values).histograms["a"]
    expected, _ = np.histogram(values, drawn.edges_ms)
    expected[0] += np.sum(values < drawn.edges_ms[0])
    expected[-1] += np.sum(values >= drawn.edges_ms[-1])
    assert np.abs(drawn.count - expected).max() <= 1


def test_bins_of_two_runs_line_up(rows_run, load_of):
    rng = np.random.default_rng(3)
    one, other = (
        views_of(rows_run, load_of, factor * rng.lognormal(3, 0.5, 20_000)).histograms["a"]
        for factor in (1.0, 1.31)
    )
    shared = np.intersect1d(np.round(one.edges_ms, 6), np.round(other.edges_ms, 6))
    assert len(shared) > 20


def test_ticks_of_a_coarse_clock_leave_no_comb(rows_run, load_of):
    values = np.round(np.random.default_rng(4).lognormal(2.5, 0.3, 20_000))
    drawn = views_of(rows_run, load_of, values, clock_resolution_ms=1.0).histograms["a"]
    assert drawn.count.sum() == 20_000
    body = drawn.count[drawn.count > drawn.count.max() / 4]
    assert body.min() > 0
    inner = drawn.count[10:-10]
    assert np.mean(inner == 0) < 0.05


def test_latencies_of_zero_are_in_the_first_bin_and_alone_have_none(rows_run, load_of):
    some = np.concatenate([np.zeros(500), np.random.default_rng(5).lognormal(3, 0.5, 500)])
    drawn = views_of(rows_run, load_of, some)
    assert drawn.histograms["a"].count[0] >= 500
    assert drawn.histograms["a"].edges_ms[0] > 1
    assert drawn.heatmaps["a"].count.sum() == 1000
    nothing = views_of(rows_run, load_of, np.zeros(500))
    assert (nothing.histograms, nothing.heatmaps) == ({}, {})
    assert nothing.distributions["a"].share[-1] == 1.0


@pytest.mark.parametrize("seconds", [0.5, 3.0, 59.3, 7000.0])
def test_a_heat_map_has_at_most_sixty_windows_and_thirty_steps(rows_run, load_of, seconds):
    values = np.random.default_rng(6).lognormal(3, 1.0, 5000)
    view = views_of(rows_run, load_of, values, seconds=seconds)
    drawn = view.heatmaps["a"]
    windows, steps = drawn.count.shape
    assert windows <= 60
    assert steps <= 30
    assert drawn.count.sum() == 5000
    assert (len(drawn.edges_s), len(drawn.edges_ms)) == (windows + 1, steps + 1)
    assert np.all(np.diff(drawn.edges_s) > 0)
    assert drawn.edges_s[0] >= 0
    middles = view.timelines["a"].offset_s
    assert len(middles) == windows
    assert np.all((drawn.edges_s[:-1] <= middles) & (middles <= drawn.edges_s[1:]))


def test_cells_are_those_of_their_time_and_latency(rows_run, load_of):
    run = rows_run(
        load_of("a", np.full(900, 10.0), seconds=30.0),
        load_of("a", np.full(900, 80.0), seconds=30.0, offset_s=30.0),
    )
    drawn = view_run(run).heatmaps["a"]
    early = drawn.edges_s[1:] <= 30
    fast = drawn.edges_ms[1:] <= 40
    assert drawn.count[np.ix_(early, fast)].sum() == 900
    assert drawn.count[np.ix_(~early, ~fast)].sum() == 900
    assert drawn.count[:, 0].sum() == drawn.count[:, -1].sum() == 900


def test_a_coarse_clock_keeps_the_requests_of_every_window(rows_run, load_of):
    values = np.round(np.random.default_rng(7).lognormal(2, 0.4, 6000))
    view = views_of(rows_run, load_of, values, clock_resolution_ms=1.0)
    drawn = view.heatmaps["a"]
    assert drawn.count.sum() == 6000
    assert np.all(drawn.count >= 0)
    width = np.diff(drawn.edges_s)
    assert drawn.count.sum(axis=1) == pytest.approx(view.timelines["a"].throughput * width, abs=1)


def test_all_requests_are_the_sum_of_the_names(rows_run, load_of):
    rng = np.random.default_rng(8)
    run = rows_run(
        load_of("a", rng.lognormal(1, 0.5, 3000), seconds=60.0),
        load_of("b", rng.lognormal(4, 0.5, 2000), seconds=40.0, offset_s=10.0),
        load_of("c", np.zeros(100), seconds=60.0),
    )
    view = view_run(run)
    assert set(view.histograms) == {None, "a", "b"}
    assert view.histograms[None].count.sum() == view.heatmaps[None].count.sum() == 5100


def test_failed_requests_are_in_no_histogram(rows_run, load_of):
    run = rows_run(load_of("a", np.full(1000, 10.0)), load_of("a", np.full(1000, 9000.0), ok=False))
    assert view_run(run).histograms["a"].count.sum() == 1000
    assert view_run(run).histograms["a"].edges_ms[-1] < 20


def test_a_source_of_windows_has_no_heat_map(rows_run, interval_rows):
    window = {"scope": "window", "name": "a", "duration_s": 1.0, "requests": 20}
    rows = [window | {"offset_s": i, "latency_mean_ms": 5.0} for i in range(20)]
    view = view_run(rows_run(intervals=[interval_rows(*rows)]))
    assert (view.histograms, view.heatmaps) == ({}, {})
