from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.theil_sen import theil_sen


def slope(values):
    return theil_sen(np.asarray(values, dtype=float), confidence=0.95)


def test_the_slope_is_the_median_of_the_slopes_of_all_pairs():
    values = np.array([0.0, 1.0, 10.0, 11.0, 20.0, 21.0])
    pairs = [(values[j] - values[i]) / (j - i) for i in range(6) for j in range(i + 1, 6)]
    assert slope(values).estimate == pytest.approx(float(np.median(pairs)))


def test_one_odd_figure_does_not_bend_the_slope():
    values = np.arange(20) * 0.1
    values[5] += 100
    assert slope(values).estimate == pytest.approx(0.1, abs=0.01)


def test_noise_has_no_slope_and_its_interval_spans_zero():
    found = slope(np.random.default_rng(3).normal(size=30))
    assert found.p_value > 0.05
    assert found.low < 0 < found.high


def wandering(rng, n, phi=0.7):
    values = np.zeros(n)
    for i in range(1, n):
        values[i] = phi * values[i - 1] + rng.normal()
    return values


def test_series_that_wander_have_no_slope_more_often_than_others():
    """A test that takes their figures for independent finds one in every third of them."""
    rng = np.random.default_rng(2)
    significant = [slope(wandering(rng, 40)).p_value <= 0.05 for _ in range(200)]
    assert np.mean(significant) <= 0.12


def test_the_slope_itself_is_not_taken_for_correlation():
    rng = np.random.default_rng(4)
    assert slope(np.arange(30) * 0.1 + rng.normal(0, 0.5, 30)).p_value < 1e-4


def test_intervals_hold_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(5)
    held = [
        found.low <= 0.05 <= found.high
        for found in (slope(np.arange(15) * 0.05 + rng.normal(0, 0.2, 15)) for _ in range(300))
    ]
    assert np.mean(held) >= 0.93
