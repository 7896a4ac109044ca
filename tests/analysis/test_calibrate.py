"""Identical runs against each other: runs whose medians are known, compared for real."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perfanalysis.analysis.calibrate import calibrate_runs
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.false_alarms import halves, leave_one_out, single_pairs
from perfanalysis.analysis.judge import Settings
from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.model.calibration import Calibration, MeasuredNoise

P50 = ("latency.p50",)
# Ten runs with a standard deviation of the logarithms of 0.03197; see test_figure_noise.py.
SHIFTS = (0.0, 0.03, 0.06, 0.01, 0.05, 0.02, 0.08, 0.0, 0.07, 0.08)
QUIET = (0.0, 0.001, 0.002, -0.001, -0.002, 0.0, 0.001, -0.001, 0.002, -0.002)


@pytest.fixture(scope="module")
def runs_of(rows_run, load_of, lognormal):
    """Make runs of a name from the logarithms of their factors: 600 requests about 50 ms each."""

    def make(shifts, *, names=("search",), **known):
        return [
            rows_run(
                *(load_of(name, lognormal(50 * np.exp(s), 0.3, 600, seed=i + 1)) for name in names),
                name=f"run-{i}",
                **known,
            )
            for i, s in enumerate(shifts)
        ]

    return make


@pytest.fixture(scope="module")
def calibrated(runs_of):
    def make(shifts, *, settings=None, metrics=P50, names=(), seed=1):
        runs = runs_of(shifts) if isinstance(shifts[0], float) else shifts
        rng = np.random.default_rng(seed)
        return calibrate_runs(
            runs, settings=settings or Settings(), rng=rng, metrics=metrics, names=names
        )

    return make


@pytest.fixture(scope="module")
def noisy(calibrated):
    return calibrated(SHIFTS)


@pytest.fixture(scope="module")
def with_outlier(calibrated):
    """The fourth run is 60 % slower than nine that are alike."""
    return calibrated((*QUIET[:3], 0.47, *QUIET[4:]))


def designs_of(report):
    return {(entry.design, entry.calibrated): entry for entry in report.false_alarms}


def test_the_noise_between_runs_is_measured(noisy):
    (figure,) = noisy.figures
    assert (figure.name, figure.metric, figure.unit) == ("search", "latency.p50", "ms")
    assert figure.measured.sd == pytest.approx(0.03197, rel=0.02)
    assert figure.measured.df == 9
    assert figure.value == pytest.approx(50 * np.exp(0.04), rel=0.01)


def test_what_is_stored_names_the_runs_and_their_noise(noisy):
    stored = noisy.calibration
    assert stored.runs == tuple(f"run-{i}" for i in range(10))
    assert stored.of("search", "latency.p50") == noisy.figures[0].measured
    assert stored.of("search", "latency.p95") is None
    assert stored.origin.startswith("10 identical runs")
    assert "run-0, run-1, run-2, ..." in stored.origin


def test_the_default_figures_are_those_of_a_comparison(runs_of, calibrated):
    runs = runs_of(SHIFTS[:5], names=("browse", "search"))
    report = calibrated(runs, metrics=())
    compared = compare_runs(runs[:1], runs[1:], settings=Settings())
    measured = {(figure.name, figure.metric) for figure in report.figures}
    assert measured == {(result.name, result.metric) for result in compared.results}
    assert ("all requests", "throughput") in measured


def test_every_design_is_tried_with_every_split_if_they_are_few(noisy):
    made = [(e.design, e.calibrated, e.comparisons) for e in noisy.false_alarms]
    assert made == [("1v1", False, 45), ("1v1", True, 45), ("1v9", False, 10), ("5v5", False, 126)]


def test_five_runs_are_too_few_to_leave_two_out_and_calibrate(calibrated):
    report = calibrated(SHIFTS[:5])
    made = [(e.design, e.calibrated, e.comparisons) for e in report.false_alarms]
    assert made == [("1v1", False, 10), ("1v4", False, 5), ("2v3", False, 10)]


def test_seven_runs_leave_five_to_calibrate_with(calibrated):
    report = calibrated(SHIFTS[:7])
    assert designs_of(report)["1v1", True].comparisons == 21


def test_runs_that_are_alike_raise_no_alarm(calibrated):
    report = calibrated(QUIET)
    assert [entry.alarms for entry in report.false_alarms] == [0, 0, 0, 0]
    # Wilson: z^2 / (n + z^2) for none of n.
    assert report.false_alarms[0].ci_low == 0
    assert report.false_alarms[0].ci_high == pytest.approx(1.96**2 / (45 + 1.96**2), rel=1e-3)


def test_every_pair_with_the_one_run_that_differs_is_an_alarm(with_outlier):
    pairs = designs_of(with_outlier)["1v1", False]
    assert pairs.alarms == 9
    assert pairs.rate == 0.2
    assert [(entry.name, entry.alarms) for entry in pairs.names] == [("search", 9)]


def test_the_run_that_differs_from_all_others_is_named(with_outlier):
    assert designs_of(with_outlier)["1v9", False].runs == ("run-3",)
    (caveat,) = [c for c in with_outlier.caveats if c.code == "outlying-runs"]
    assert caveat.message.startswith("run-3 raised a false alarm")


def test_measured_noise_ends_the_alarms_that_an_assumption_raises(calibrated):
    two_modes = (0.0, 0.35) * 5
    found = designs_of(calibrated(two_modes))
    # Five times five pairs hold a fast against a slow run.
    assert found["1v1", False].alarms == 25
    assert found["1v1", True].alarms == 0


def test_the_settings_are_those_that_alarms_are_counted_under(calibrated):
    lax = calibrated((0.0, 0.35) * 5, settings=Settings(tolerance=0.6))
    assert lax.tolerance == 0.6
    assert designs_of(lax)["1v1", False].alarms == 0


def test_a_rate_per_name_counts_each_name_of_each_comparison(runs_of, rows_run, load_of, lognormal):
    shifts = (*QUIET[:3], 0.47, *QUIET[4:])
    runs = [
        rows_run(
            load_of("search", lognormal(50 * np.exp(s), 0.3, 600, seed=i + 1)),
            load_of("browse", lognormal(20, 0.3, 600, seed=i + 20)),
            name=f"run-{i}",
        )
        for i, s in enumerate(shifts)
    ]
    rng = np.random.default_rng(1)
    report = calibrate_runs(runs, settings=Settings(), rng=rng, metrics=P50)
    pairs = designs_of(report)["1v1", False]
    assert [(entry.name, entry.alarms) for entry in pairs.names] == [("browse", 0), ("search", 9)]
    assert pairs.rate_per_name == 0.1


def test_what_does_not_gate_raises_no_alarm_and_has_no_rate_per_name(calibrated):
    report = calibrated(SHIFTS[:5], metrics=("throughput",))
    assert [entry.alarms for entry in report.false_alarms] == [0, 0, 0]
    assert report.false_alarms[0].rate_per_name is None


@pytest.mark.parametrize("count", [0, 1, 4])
def test_fewer_than_five_runs_are_refused(calibrated, runs_of, count):
    with pytest.raises(UsageError, match=f"at least 5 identical runs, found {count}"):
        calibrate_runs(runs_of(SHIFTS[:count]), settings=Settings(), rng=np.random.default_rng(1))


def test_fewer_than_ten_runs_are_noted_with_how_far_their_noise_may_be_off(calibrated):
    (caveat,) = [c for c in calibrated(SHIFTS[:5]).caveats if c.code == "few-runs"]
    # The 5 % quantile of chi-square with 4 degrees of freedom is 0.711: (4 / 0.711) ** 0.5.
    assert "up to 2.4 times as large" in caveat.message
    assert "few-runs" not in {c.code for c in calibrated(SHIFTS).caveats}


def test_the_same_run_twice_is_refused(calibrated, runs_of):
    runs = runs_of(SHIFTS[:5])
    with pytest.raises(UsageError, match="'run-1' and 'run-1' are the same run"):
        calibrated([*runs, runs[1]])


def test_a_name_that_some_run_lacks_is_listed_and_not_measured(calibrated, runs_of):
    runs = [*runs_of(SHIFTS[:4], names=("browse", "search")), *runs_of(SHIFTS[4:6])]
    report = calibrated(runs)
    assert [figure.name for figure in report.figures] == ["search"]
    (entry,) = report.not_measured
    assert (entry.name, entry.metric, entry.reason) == ("browse", None, "missing-in-run")
    assert entry.message == "'browse' is missing in 2 of 6 runs"


def test_a_metric_that_some_run_does_not_carry_is_listed_with_the_run(calibrated):
    report = calibrated(SHIFTS[:5], metrics=("latency.p50", "latency.p99.9"))
    (entry,) = report.not_measured
    assert (entry.name, entry.metric) == ("search", "latency.p99.9")
    assert entry.reason == "too-few-requests"
    assert entry.message.endswith("found 600 (run 'run-0')")


def test_runs_that_share_nothing_are_refused(calibrated, runs_of):
    runs = [run for i in range(5) for run in runs_of(SHIFTS[i : i + 1], names=(f"name-{i}",))]
    with pytest.raises(UsageError, match="nothing in common that could be measured"):
        calibrated(runs)


def test_names_and_metrics_are_chosen_as_in_a_comparison(calibrated, runs_of):
    runs = runs_of(SHIFTS[:5], names=("browse", "search"))
    assert [f.name for f in calibrated(runs, names=("sea*",)).figures] == ["search"]
    with pytest.raises(UsageError, match="matches none of the names"):
        calibrated(runs, names=("nope",))
    with pytest.raises(ConfigError, match="latancy"):
        calibrated(runs, metrics=("latancy.p50",))


def test_runs_of_different_tools_are_noted(calibrated, runs_of):
    runs = [*runs_of(SHIFTS[:4]), *runs_of(SHIFTS[4:6], tool="locust")]
    codes = {caveat.code for caveat in calibrated(runs).caveats}
    assert "different-tools" in codes


def test_the_report_is_a_table_of_figures(noisy):
    (row,) = noisy.to_pandas().to_dict("records")
    assert row["noise"] == pytest.approx(0.0325, rel=0.02)
    assert row["detectable_1"] > row["detectable_10"] > 0
    assert row["tolerance"] == 0.1
    assert repr(noisy) == "<CalibrationReport of 10 runs, 1 figures>"


def test_a_pair_under_calibrated_noise_rests_on_it_and_says_so(runs_of, noisy):
    new, old = runs_of((0.1, 0.0))
    settings = Settings(calibration=noisy.calibration)
    comparison = compare_runs([new], [old], settings=settings, metrics=P50)
    (result,) = comparison.results
    assert result.method == "calibrated-noise"
    # Half of 9 degrees of freedom: Student's t of .975 is 2.66.
    half = 2.66 * 0.03197 * 2**0.5
    low, high = np.log1p(result.ci_low), np.log1p(result.ci_high)
    assert (high - low) / 2 == pytest.approx(half, rel=0.03)
    (caveat,) = [c for c in comparison.caveats if "calibrat" in c.code]
    assert caveat.code == "calibrated"
    assert "of all results was measured on 10 identical runs" in caveat.message
    assert "single-run" not in {c.code for c in comparison.caveats}


def test_a_calibration_of_other_names_is_said_to_be_unused(runs_of):
    new, old = runs_of((0.1, 0.0))
    other = MeasuredNoise(name="login", metric="latency.p50", sd=0.01, df=9)
    settings = Settings(calibration=Calibration(runs=("a",), noise=(other,)))
    comparison = compare_runs([new], [old], settings=settings, metrics=P50)
    assert {"calibration-unused", "single-run"} <= {c.code for c in comparison.caveats}
    assert comparison.results[0].method == "assumed-run-noise"


def test_a_calibration_of_some_results_leaves_the_others_to_assumption(runs_of, noisy):
    new, old = runs_of((0.1, 0.0))
    settings = Settings(calibration=noisy.calibration)
    comparison = compare_runs(
        [new], [old], settings=settings, metrics=("latency.p50", "latency.p95")
    )
    (caveat,) = [c for c in comparison.caveats if c.code == "calibrated"]
    assert "of 1 of 2 results" in caveat.message
    assert "single-run" in {c.code for c in comparison.caveats}


def test_error_rates_that_differ_between_runs_widen_later_comparisons(rows_run, load_of):
    def run_with(failures):
        ok = np.arange(1000) % 1000 >= failures
        spread = np.random.default_rng(failures).permutation(ok)
        return rows_run(load_of("search", np.full(1000, 50.0), ok=spread), name=f"{failures}")

    runs = [run_with(failures) for failures in (10, 60, 20, 90, 15, 40, 75, 30, 12, 55)]
    metrics = ("error_rate",)
    rng = np.random.default_rng(1)
    report = calibrate_runs(runs, settings=Settings(), rng=rng, metrics=metrics)
    found = designs_of(report)
    assert found["1v1", False].alarms > 20
    assert found["1v1", True].alarms <= 2
    settings = Settings(calibration=report.calibration)
    alone = compare_runs(
        runs[3:4], runs[:1], settings=replace(settings, calibration=None), metrics=metrics
    )
    known = compare_runs(runs[3:4], runs[:1], settings=settings, metrics=metrics)
    width = [c.results[0].ci_high - c.results[0].ci_low for c in (alone, known)]
    assert width[1] > 2 * width[0]


def test_pairs_hold_every_two_runs_once_the_later_one_current():
    pairs = single_pairs(10, 200, np.random.default_rng(1))
    assert len(pairs) == 45
    assert {(late, early) for (late,), (early,) in pairs} == {
        (late, early) for late in range(10) for early in range(late)
    }


def test_leaving_one_out_holds_each_run_against_all_others():
    assert leave_one_out(3) == [((0,), (1, 2)), ((1,), (0, 2)), ((2,), (0, 1))]


@pytest.mark.parametrize(("n", "splits"), [(5, 10), (6, 10), (7, 35), (10, 126)])
def test_halves_use_every_run_and_no_split_twice(n, splits):
    found = halves(n, 200, np.random.default_rng(1))
    assert all(sorted([*one, *other]) == list(range(n)) for one, other in found)
    assert len({frozenset([frozenset(one), frozenset(other)]) for one, other in found}) == splits


def test_of_too_many_splits_some_are_drawn_the_same_ones_every_time():
    drawn = halves(20, 200, np.random.default_rng(1))
    assert len(set(drawn)) == 200
    assert drawn == halves(20, 200, np.random.default_rng(1))
    assert drawn != halves(20, 200, np.random.default_rng(2))


def test_the_warm_up_is_left_out_as_in_a_comparison(rows_run, load_of, lognormal, calibrated):
    runs = [
        rows_run(
            load_of("search", lognormal(200, 0.3, 300, seed=i + 50), seconds=16),
            load_of("search", lognormal(50, 0.3, 600, seed=i + 1), seconds=32, offset_s=16),
            duration_s=48.0,
            name=f"run-{i}",
        )
        for i in range(5)
    ]
    whole, cut = (calibrated(runs, settings=Settings(warmup=w)) for w in ("none", 16.0))
    assert whole.figures[0].value > 60
    assert cut.figures[0].value == pytest.approx(50, rel=0.02)
    assert "warm-up-cut" in {caveat.code for caveat in cut.caveats}


def test_runs_that_cannot_be_compared_are_noted(calibrated, runs_of):
    few, many = ({"pgbench.clients": clients} for clients in ("8", "16"))
    alike = runs_of(QUIET[:5], tags=few)
    other = runs_of(QUIET[5:6], tags=many)
    codes = [{c.code for c in calibrated(runs).caveats} for runs in (alike, [*alike, *other])]
    assert [("different-load" in found) for found in codes] == [False, True]
