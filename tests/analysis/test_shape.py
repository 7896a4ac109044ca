"""Shapes of names: which requests changed, and which modes they have."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.calibration import Calibration, MeasuredNoise

# How much runs of one version differ here: by a few per cent, as on a quiet machine.
LEVELS = (1.0, 1.03, 0.98, 1.02, 0.97, 1.01, 0.99, 1.025)


@pytest.fixture
def shop(rows_run, load_of, lognormal):
    """A run of search, browse and login; `change` is applied to the latencies of search."""

    def make(number, change=lambda values: values, n=3000):
        level = LEVELS[number % len(LEVELS)]
        return rows_run(
            load_of("search", change(lognormal(20.0 * level, 0.5, n, 3 * number))),
            load_of("browse", lognormal(40.0 * level, 0.3, n, 3 * number + 1)),
            load_of("login", lognormal(60.0 * level, 0.4, n, 3 * number + 2)),
        )

    return make


@pytest.fixture
def five_against_three(shop):
    """Compare three runs in which search is changed with five in which it is not."""

    def make(change, **options):
        current = [shop(number, change) for number in (5, 6, 7)]
        baseline = [shop(number) for number in range(5)]
        return compare_runs(current, baseline, settings=Settings(), **options)

    return make


def shapes(comparison):
    return {shape.name: shape for shape in comparison.shapes}


def slow_tail(values):
    return np.where(values > np.quantile(values, 0.97), values * 2, values)


def wider(values):
    return 20 * (values / 20) ** 1.3


def test_identical_runs_show_no_change_of_shape(five_against_three):
    found = shapes(five_against_three(lambda values: values))
    assert [shape.kind for shape in found.values()] == ["none"] * 3
    assert found["search"].sentence == "no change is seen at any quantile"


@pytest.mark.parametrize(
    ("change", "kind", "sentence"),
    [
        (lambda values: values * 1.25, "shift", "fast and slow requests changed alike, by about"),
        (slow_tail, "tail", "a change is seen in the slowest 2 % only: p98 +"),
        (wider, "spread", "fast and slow requests moved apart: p10 -"),
        (lambda values: values**0.7 * 20**0.3, "spread", "requests moved together: p10 +"),
        (lambda values: values + 10, "mixed", "some requests changed more than others: p10 +"),
    ],
)
def test_a_change_of_one_name_is_named(five_against_three, change, kind, sentence):
    found = shapes(five_against_three(change))
    assert found["search"].kind == kind
    assert sentence in found["search"].sentence
    assert {found["browse"].kind, found["login"].kind} == {"none"}


def test_the_curve_holds_the_change_of_each_quantile_within_its_band(five_against_three):
    search = shapes(five_against_three(lambda values: values * 1.25))["search"]
    assert search.confidence == 0.975
    # 3,000 requests hold ten beyond p99.5, not beyond p99.8.
    assert [q.share for q in search.curve] == [
        *(0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995),
    ]
    for quantile in search.curve:
        assert quantile.low < 0.25 < quantile.high
        assert quantile.change == pytest.approx(0.25, abs=0.05)
    assert search.spread is not None
    assert search.spread.low < 0 < search.spread.high


def test_one_run_a_side_names_a_large_change_of_the_tail(shop):
    found = compare_runs([shop(1, slow_tail)], [shop(0)], settings=Settings())
    assert {name: shape.kind for name, shape in shapes(found).items()} == {
        "search": "tail",
        "browse": "none",
        "login": "none",
    }


def test_shapes_take_no_part_in_the_verdict(five_against_three):
    both = five_against_three(slow_tail)
    middle = five_against_three(slow_tail, metrics=["latency.p50"])
    assert shapes(middle)["search"].kind == shapes(both)["search"].kind == "tail"
    assert "regressed" not in {result.verdict for result in middle.results}


def test_who_asks_for_no_percentile_gets_no_shapes(shop):
    found = compare_runs([shop(0)], [shop(1)], settings=Settings(), metrics=["error_rate"])
    assert found.shapes == ()


def test_a_name_of_few_requests_has_no_curve(rows_run, load_of, lognormal):
    few = [rows_run(load_of("rare", lognormal(20.0, 0.5, 30, seed))) for seed in (1, 2)]
    assert compare_runs(few[:1], few[1:], settings=Settings()).shapes == ()


def test_hits_and_misses_are_told_with_their_shares(shop):
    def cached(values):
        return np.where(np.arange(len(values)) % 10 < 3, values * 6, values)

    found = shapes(compare_runs([shop(0, cached)], [shop(1)], settings=Settings()))
    assert [mode.share for mode in found["search"].current_modes] == pytest.approx([0.7, 0.3], 0.1)
    assert len(found["search"].baseline_modes) == 1
    assert len(found["browse"].current_modes) == 1


def test_runs_of_different_speed_are_no_modes(shop):
    slow = [shop(0), shop(1, lambda values: values * 8), shop(2, lambda values: values * 8)]
    found = shapes(compare_runs(slow, [shop(3)], settings=Settings()))
    assert len(found["search"].current_modes) == 1


def test_percentiles_that_a_source_reports_make_a_curve_without_modes(rows_run, interval_rows):
    def reported(factor):
        shares = (0.1, 0.5, 0.9, 0.95, 0.98, 0.99)
        row = {
            "name": "search",
            "requests": 5000,
            "duration_s": 60.0,
            "quantiles": {share: factor * (10 + 100 * share) for share in shares},
        }
        return rows_run(intervals=[interval_rows(row)])

    found = compare_runs([reported(2.0)], [reported(1.0)], settings=Settings())
    [search] = found.shapes
    assert search.kind == "shift"
    assert search.sentence.endswith("by about +100.0 %")
    assert search.spread is None
    assert search.current_modes == search.baseline_modes == ()


def test_measured_noise_is_used_and_what_lies_beyond_it_left_out(shop):
    def noise(metric, sd):
        return MeasuredNoise(name="search", metric=metric, sd=sd, df=30.0)

    sides = [shop(1, lambda values: values * 1.25)], [shop(0)]
    quiet = Calibration(runs=("a",), noise=(noise("latency.p10", 0.01), noise("latency.p95", 0.01)))
    noisy = Calibration(runs=("a",), noise=(noise("latency.p10", 0.01), noise("latency.p95", 0.3)))
    by_quiet, by_noisy = (
        shapes(compare_runs(*sides, settings=Settings(calibration=calibration)))["search"]
        for calibration in (quiet, noisy)
    )
    assert (by_quiet.curve[0].share, by_quiet.curve[-1].share) == (0.1, 0.95)
    assert by_quiet.kind == "shift"
    # Between two measured quantiles the noisier one counts; at p10 both calibrations agree.
    assert by_noisy.curve[0].low > 0 > by_noisy.curve[1].low
    assert by_noisy.curve[0].low == pytest.approx(by_quiet.curve[0].low)
    assert by_noisy.spread.low < by_quiet.spread.low < by_quiet.spread.high < by_noisy.spread.high


def test_p99_9_is_judged_where_every_run_carries_it_and_not_missed_elsewhere(shop):
    def judged(n):
        found = compare_runs([shop(0, n=n)], [shop(1, n=n)], settings=Settings())
        assert found.not_judged == ()
        return {r.name for r in found.results if r.metric == "latency.p99.9"}

    assert judged(3000) == set()
    assert judged(10_000) == {"search", "browse", "login"}


def test_p99_9_is_refused_with_its_reason_where_it_was_asked_for(shop):
    found = compare_runs([shop(0)], [shop(1)], settings=Settings(), metrics=["latency.p99.9"])
    assert {entry.reason for entry in found.not_judged} == {"too-few-requests"}
    assert len(found.not_judged) == 3
