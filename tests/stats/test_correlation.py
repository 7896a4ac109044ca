"""Rank correlation of series that remember: the coefficient, and how little it may mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from perfanalysis.stats.correlation import rank_correlation, ranks
from perfanalysis.stats.multiplicity import holm


def remembering(rng, n, correlation):
    values = rng.normal(0, 1, n + 300)
    for i in range(1, n + 300):
        values[i] += correlation * values[i - 1]
    return values[300:]


@pytest.mark.parametrize("n", [12, 50, 300])
def test_the_coefficient_is_spearmans(n):
    rng = np.random.default_rng(n)
    x = np.round(rng.normal(0, 2, n))
    y = x + rng.normal(0, 3, n)
    assert rank_correlation(x, y).coefficient == pytest.approx(spearmanr(x, y).statistic)
    assert ranks(x) == pytest.approx(rankdata(x))


def test_independent_values_are_worth_about_their_number():
    rng = np.random.default_rng(2)
    found = rank_correlation(rng.normal(size=300), rng.normal(size=300))
    assert found.n_effective > 200
    assert found.low < 0 < found.high


def test_slow_series_are_worth_few_values():
    rng = np.random.default_rng(3)
    found = rank_correlation(remembering(rng, 300, 0.95), remembering(rng, 300, 0.95))
    assert found.n_effective < 60


def test_series_that_alternate_are_never_worth_more_than_their_number():
    x = np.tile([0.0, 1.0], 50) + np.random.default_rng(1).normal(0, 0.01, 100)
    assert rank_correlation(x, np.roll(x, 1)).n_effective <= 100


def test_the_interval_holds_the_coefficient_and_stays_within_one():
    x = np.random.default_rng(4).normal(size=60)
    for y in (x, -x, x**3, x + np.random.default_rng(5).normal(size=60)):
        found = rank_correlation(x, y)
        assert -1 <= found.low <= found.coefficient + 1e-6
        assert found.coefficient - 1e-6 <= found.high <= 1
        assert 0 <= found.p_value <= 1


def test_swapping_and_reversing_change_nothing_but_the_sign():
    rng = np.random.default_rng(6)
    x, y = remembering(rng, 80, 0.6), remembering(rng, 80, 0.6)
    one, other, turned = (
        rank_correlation(x, y),
        rank_correlation(y, x),
        rank_correlation(x, -y),
    )
    assert one.coefficient == pytest.approx(other.coefficient) == pytest.approx(-turned.coefficient)
    assert one.n_effective == pytest.approx(other.n_effective)
    assert (one.low, one.high) == pytest.approx((-turned.high, -turned.low))


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.arange(11.0), np.arange(11.0)),
        (np.arange(50.0), np.full(50, 3.0)),
        (np.full(50, 3.0), np.arange(50.0)),
        (np.where(np.arange(50) < 11, np.arange(50.0), np.nan), np.arange(50.0)),
        (np.zeros(0), np.zeros(0)),
    ],
)
def test_too_few_values_or_a_constant_have_no_correlation(x, y):
    assert rank_correlation(x, y) is None


def test_unknown_values_are_left_out():
    x = np.random.default_rng(7).normal(size=100)
    y = x + np.random.default_rng(8).normal(size=100)
    known = np.arange(100) % 4 != 0
    holes = np.where(known, y, np.nan)
    assert rank_correlation(x, holes) == rank_correlation(x[known], y[known])


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("n", [20, 60])
def test_independent_series_are_called_distinct_in_at_most_one_run_of_twenty(n, correlation):
    """Ten series a run, Holm over them; measured 0.3 to 5 %, here with the room of 200 runs."""
    rng = np.random.default_rng(3)
    runs, alarms = 200, 0
    for _ in range(runs):
        latency = remembering(rng, n, correlation)
        p = [rank_correlation(remembering(rng, n, correlation), latency).p_value for _ in range(10)]
        alarms += bool(np.any(holm(np.array(p)) < 0.05))
    assert alarms <= 0.05 * runs + 2 * np.sqrt(0.05 * 0.95 * runs)


@pytest.mark.slow
def test_the_interval_covers_the_truth_of_series_that_remember():
    rng = np.random.default_rng(9)
    # Both share a part: the coefficient of a very long pair is the truth.
    covered, runs = 0, 200
    shared = remembering(rng, 200_000, 0.7)
    long_x, long_y = (shared + remembering(rng, 200_000, 0.7) for _ in range(2))
    truth = float(spearmanr(long_x, long_y).statistic)
    for start in range(0, runs * 1000, 1000):
        found = rank_correlation(long_x[start : start + 80], long_y[start : start + 80])
        covered += found.low <= truth <= found.high
    assert covered >= 0.9 * runs
