"""One metric of one name over identical runs: expected values from scipy's Student's t."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from perfanalysis.analysis.estimates import Estimate
from perfanalysis.analysis.figure_noise import measure_figures
from perfanalysis.model.metric import parse_metric
from perfanalysis.stats.rates import Share

# Their mean is .04, the squares of what they differ from it add up to .0092: .0092 / 9 = .03197^2.
SHIFTS = (0.0, 0.03, 0.06, 0.01, 0.05, 0.02, 0.08, 0.0, 0.07, 0.08)
SD = 0.031972


def estimate(value, *, variance=None, effect=1.0, n=1000, share=None, resolution=None):
    return Estimate(
        value=value,
        sampling_variance=variance,
        design_effect=effect,
        df=9,
        n=n,
        share=share,
        resolution=resolution,
    )


def noise_of(metric, estimates, alpha=0.05):
    figures = {("search", metric): (parse_metric(metric), tuple(estimates))}
    (found,) = measure_figures(figures, alpha)
    return found


def rates_of(failures, n=1000):
    shares = [Share(events=count, n=n, design_effect=1.0) for count in failures]
    return noise_of("error_rate", [estimate(s.value, share=s) for s in shares])


@pytest.fixture
def p95():
    return noise_of("latency.p95", [estimate(100 * np.exp(s), variance=1e-4) for s in SHIFTS])


def test_the_noise_is_the_standard_deviation_of_the_logarithms(p95):
    assert p95.measured.sd == pytest.approx(SD, rel=1e-4)
    assert p95.measured.df == 9
    assert p95.noise == pytest.approx(np.expm1(SD), rel=1e-4)
    assert p95.value == pytest.approx(100 * np.exp(0.04))


def test_the_share_within_runs_is_what_their_requests_explain(p95):
    # Within a tenth: design effects of ten runs are moderated by each other.
    assert p95.measured.within_share == pytest.approx(1e-4 / SD**2, rel=0.1)


def test_the_share_within_runs_counts_dependence_and_never_exceeds_one():
    values = [100 * np.exp(s) for s in SHIFTS]
    four = noise_of("latency.p95", [estimate(v, variance=1e-4, effect=4.0) for v in values])
    assert four.measured.within_share == pytest.approx(4e-4 / SD**2, rel=0.1)
    all_of_it = noise_of("latency.p95", [estimate(v, variance=1e-2) for v in values])
    assert all_of_it.measured.within_share == 1.0


def test_a_source_that_hides_its_requests_has_no_share_within_runs():
    found = noise_of("latency.p95", [estimate(100 * np.exp(s)) for s in SHIFTS])
    assert found.measured.within_share is None
    assert found.measured.sd == pytest.approx(SD, rel=1e-4)


@pytest.mark.parametrize(("runs", "df"), [(1, 4.5), (3, 13), (5, 17), (10, 27)])
def test_the_detectable_change_of_some_runs_a_side(p95, runs, df):
    critical = student.ppf(0.975, df) + student.ppf(0.8, df)
    expected = np.expm1(critical * SD * np.sqrt(2 / runs))
    assert p95.detectable_with(runs) == pytest.approx(expected, rel=1e-4)


def test_every_number_of_runs_up_to_ten_is_there_and_more_runs_see_more(p95):
    assert [entry.runs for entry in p95.detectable] == [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    changes = [entry.change for entry in p95.detectable]
    assert changes == sorted(changes, reverse=True)


@pytest.mark.parametrize(
    ("factor", "tolerance"), [(0.1, 0.01), (0.5, 0.05), (1.0, 0.1), (3.0, 0.3), (8.0, None)]
)
def test_the_proposed_tolerance_is_the_smallest_round_one_that_three_runs_detect(factor, tolerance):
    found = noise_of("latency.p95", [estimate(100 * np.exp(factor * s)) for s in SHIFTS])
    assert found.measured.tolerance == tolerance
    if tolerance is not None:
        assert found.detectable_with(3) <= tolerance


def test_a_change_that_no_number_of_runs_would_show_is_none():
    wild = noise_of("latency.p95", [estimate(np.exp(200 * s)) for s in SHIFTS])
    assert wild.detectable_with(1) is None
    assert wild.measured.tolerance is None


def test_equal_figures_are_known_no_better_than_the_source_rounds_them():
    found = noise_of("latency.p95", [estimate(44.0, resolution=0.05)] * 5)
    assert found.measured.sd == pytest.approx(0.05 / np.sqrt(3))


def test_equal_figures_of_a_source_that_does_not_round_have_no_noise():
    found = noise_of("latency.p95", [estimate(44.0)] * 5)
    assert found.measured.sd == 0
    assert found.measured.tolerance == 0.01


def test_names_lend_each_other_degrees_of_freedom():
    rng = np.random.default_rng(4)
    metric = parse_metric("latency.p50")
    figures = {
        (name, "latency.p50"): (
            metric,
            tuple(estimate(v, variance=4e-4) for v in np.exp(rng.normal(0, 0.02, 10))),
        )
        for name in "abcdef"
    }
    measured = [figure.measured for figure in measure_figures(figures, 0.05)]
    alone = [np.std(np.log([e.value for e in found]), ddof=1) for _, found in figures.values()]
    assert {entry.df for entry in measured} == {14.0}
    assert np.ptp([entry.sd for entry in measured]) < np.ptp(alone)


def test_the_noise_of_an_error_rate_is_that_of_its_arcsine_root():
    failures = (5, 5, 8, 2, 30, 4, 6, 5, 7, 3)
    found = rates_of(failures)
    roots = [np.arcsin(np.sqrt((e + 0.375) / 1000.75)) for e in failures]
    assert found.measured.sd == pytest.approx(np.std(roots, ddof=1))
    assert found.value == pytest.approx(0.0075)
    # Requests alone explain 1 / (4 n) of variance; ten runs with one burst differ by more.
    assert found.measured.within_share == pytest.approx(1 / 4000 / np.var(roots, ddof=1))


def test_no_error_in_any_run_does_not_make_every_error_an_alarm():
    found = rates_of([0] * 10)
    assert found.measured.sd == pytest.approx(0, abs=1e-12)
    assert found.measured.within_share == 1.0
    assert 0.001 < found.detectable_with(3) < 0.01
    assert found.measured.tolerance == 0.005


def test_tolerances_of_error_rates_are_differences():
    assert rates_of((50, 52, 48, 51, 49, 50, 53, 47, 50, 50)).measured.tolerance == 0.02
    assert rates_of((50, 500, 48, 300, 49, 50, 153, 47, 50, 50)).measured.tolerance is None
