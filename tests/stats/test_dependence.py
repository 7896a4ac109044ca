"""Intervals within one run."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.model.buckets import bucket_of
from perfanalysis.stats.dependence import (
    TooFewError,
    WindowedHistogram,
    batch_numbers,
    mean_within_run,
    quantile_within_run,
    spread_within_run,
)


def histogram(values, windows=100):
    """Requests in time order, spread evenly over windows."""
    window = np.arange(len(values)) * windows // len(values)
    return WindowedHistogram(
        window=window,
        bucket=bucket_of(np.asarray(values)),
        count=np.ones(len(values), dtype=np.int64),
        clock_resolution=None,
    )


def ar1(rng, n, phi, sd):
    noise = rng.normal(0, sd * np.sqrt(1 - phi**2), n)
    level = np.empty(n)
    level[0] = rng.normal(0, sd)
    for i in range(1, n):
        level[i] = phi * level[i - 1] + noise[i]
    return level


def run_of(rng, phi, n=20_000, group=20):
    """Lognormal latencies whose level wanders like AR(1), constant over groups of requests."""
    level = np.repeat(ar1(rng, n // group, phi, 0.15), group)
    return histogram(np.exp(np.log(50) + level + rng.normal(0, 0.5, n)))


def test_the_value_is_the_sample_quantile():
    values = np.random.default_rng(2).lognormal(3, 0.5, 5000)
    found = quantile_within_run(histogram(values), 0.95)
    assert found.value == pytest.approx(np.quantile(values, 0.95), rel=0.006)


def test_independent_requests_are_worth_about_their_number():
    effects = []
    for seed in range(20):
        values = np.random.default_rng(seed).lognormal(3, 0.5, 20_000)
        effects.append(quantile_within_run(histogram(values), 0.5).design_effect)
    assert np.mean(effects) == pytest.approx(1.0, abs=0.25)


def test_dependent_requests_are_worth_far_fewer():
    rng = np.random.default_rng(4)
    effects = [quantile_within_run(run_of(rng, 0.98), 0.5).design_effect for _ in range(20)]
    assert np.median(effects) > 10


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("q", [0.5, 0.95])
def test_intervals_of_identical_runs_differ_in_at_most_one_of_ten_pairs(phi, q):
    """Naive tests reach 89 % on such pairs; batch means stay near their nominal level."""
    rng = np.random.default_rng(int(phi * 100) + int(q * 1000))
    pairs, alarms = 300, 0
    for _ in range(pairs):
        a, b = (quantile_within_run(run_of(rng, phi), q) for _ in range(2))
        variance = sum(r.sampling_variance * max(r.design_effect, 1.0) for r in (a, b))
        se = np.sqrt(variance)
        alarms += abs(np.log(a.value / b.value)) > 2.262 * se
    assert alarms / pairs <= 0.10


def test_too_few_requests_beyond_the_quantile_are_refused_with_the_number_needed():
    with pytest.raises(TooFewError, match="p99 needs at least 1000 requests, found 999"):
        quantile_within_run(histogram(np.linspace(1, 2, 999)), 0.99)


def test_exceedances_in_one_burst_are_refused():
    values = np.concatenate([np.full(9_500, 1.0), np.full(500, 9.0)])
    with pytest.raises(TooFewError, match="bursts"):
        quantile_within_run(histogram(values), 0.95)


def test_the_spread_is_the_ratio_of_two_quantiles_with_the_error_that_samples_show():
    rng = np.random.default_rng(3)
    found = [spread_within_run(histogram(rng.lognormal(3, 0.5, 2000)), 0.1, 0.9) for _ in range(60)]
    # The 90th percentile of a lognormal is exp(2 * 1.2816 * 0.5) times its 10th.
    assert np.mean([f.value for f in found]) == pytest.approx(3.602, rel=0.02)
    scatter = np.std([np.log(f.value) for f in found])
    assert np.sqrt(np.mean([f.sampling_variance for f in found])) == pytest.approx(scatter, rel=0.3)
    assert np.mean([f.design_effect for f in found]) == pytest.approx(1.0, abs=0.25)


def test_a_machine_that_was_slow_for_a_while_hardly_shows_in_the_spread():
    rng = np.random.default_rng(4)
    runs = [run_of(rng, 0.98) for _ in range(10)]
    of_median = np.median([quantile_within_run(run, 0.5).design_effect for run in runs])
    of_spread = np.median([spread_within_run(run, 0.1, 0.9).design_effect for run in runs])
    assert of_spread < of_median / 4


def test_a_spread_takes_requests_beyond_both_quantiles():
    with pytest.raises(TooFewError, match="p10 needs at least 100 requests, found 99"):
        spread_within_run(histogram(np.linspace(1, 2, 99)), 0.1, 0.9)


def test_batches_are_contiguous_and_about_equal():
    window = np.repeat(np.arange(100), 10)
    numbers = batch_numbers(window, np.ones(1000, dtype=np.int64))
    assert np.all(np.diff(numbers) >= 0)
    assert np.bincount(numbers).tolist() == [100] * 10


def test_the_mean_is_weighted_by_requests():
    window = np.arange(6)
    count = np.array([1, 1, 1, 1, 1, 5])
    total = np.array([10.0, 10, 10, 10, 10, 100])
    assert mean_within_run(window, count, total).value == 15.0


def test_a_mean_of_four_windows_is_refused():
    with pytest.raises(TooFewError, match="5 windows"):
        mean_within_run(np.arange(4), np.ones(4, dtype=np.int64), np.ones(4))


def test_medians_of_batches_are_those_of_their_requests():
    values = np.random.default_rng(9).lognormal(3, 0.5, 20_000)
    values[10_000:] *= 2
    found = histogram(values).batched.medians()
    parts = np.array_split(values, 10)
    assert found == pytest.approx([np.median(part) for part in parts], rel=0.006)


def test_requests_out_of_order_give_the_same_quantile():
    data = run_of(np.random.default_rng(6), 0.9)
    order = np.random.default_rng(7).permutation(len(data.window))
    mixed = WindowedHistogram(
        window=data.window[order],
        bucket=data.bucket[order],
        count=data.count[order],
        clock_resolution=None,
    )
    assert quantile_within_run(mixed, 0.95) == quantile_within_run(data, 0.95)
