"""Stretches that are unlike the rest: found where they are, and rarely where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.stats.anomalies import bursts, peaks, running_median, shifts

QUARTER = float(np.log(1.25))


def wandering(rng, n, correlation, sd, noise=0.05):
    """A series that remembers (AR(1)), with the noise of percentiles on top."""
    steps = rng.normal(0, 1, n + 200)
    level = np.zeros(n + 200)
    for i in range(1, n + 200):
        level[i] = correlation * level[i - 1] + steps[i]
    return sd * np.sqrt(1 - correlation**2) * level[200:] + rng.normal(0, noise, n)


def test_a_spike_is_found_where_it_is_with_its_size():
    level = np.random.default_rng(1).normal(3, 0.1, 120)
    level[70] += 1.5
    (found,) = peaks(level, least=QUARTER, tests=120)
    assert (found.start, found.end) == (70, 71)
    assert found.size == pytest.approx(1.5, abs=0.3)


def test_hits_that_nearly_touch_are_one_stretch():
    level = np.random.default_rng(1).normal(3, 0.05, 120)
    level[[50, 51, 53, 80]] += 1.5
    assert [(s.start, s.end) for s in peaks(level, least=QUARTER, tests=120)] == [
        (50, 54),
        (80, 81),
    ]


def test_what_falls_is_no_peak():
    level = np.random.default_rng(1).normal(3, 0.05, 120)
    level[50] -= 1.5
    assert peaks(level, least=QUARTER, tests=120) == []


def test_a_peak_smaller_than_what_matters_is_not_told():
    level = np.random.default_rng(1).normal(3, 0.01, 120)
    level[50] += 0.2
    assert peaks(level, least=QUARTER, tests=120) == []
    assert len(peaks(level, least=0.1, tests=120)) == 1


@pytest.mark.parametrize("n", [24, 60, 150])
def test_a_slow_trend_is_no_peak(n):
    level = np.linspace(0, 3, n) + np.random.default_rng(2).normal(0, 0.03, n)
    assert peaks(level, least=QUARTER, tests=n) == []


def test_unknown_values_are_no_peaks_and_hide_none():
    level = np.random.default_rng(1).normal(3, 0.05, 120)
    level[[10, 11, 49, 51, 119]] = np.nan
    level[50] += 1.5
    assert [(s.start, s.end) for s in peaks(level, least=QUARTER, tests=120)] == [(50, 51)]


@pytest.mark.parametrize("level", [np.zeros(0), np.full(50, np.nan), np.full(19, 1.0)])
def test_too_few_values_show_nothing(level):
    assert peaks(level, least=QUARTER, tests=50) == []
    assert shifts(level, least=QUARTER, tests=50) == []


def test_a_constant_series_shows_a_peak_only_beyond_what_matters():
    level = np.full(60, 2.0)
    assert peaks(level, least=QUARTER, tests=60) == []
    assert shifts(level, least=QUARTER, tests=60) == []
    level[30] = 3.0
    assert [(s.start, s.end) for s in peaks(level, least=QUARTER, tests=60)] == [(30, 31)]


@pytest.mark.parametrize(("begin", "end"), [(80, 150), (0, 50), (60, 90)])
def test_a_lasting_level_is_found_against_the_longest_one(begin, end):
    level = np.random.default_rng(4).normal(3, 0.1, 150)
    level[begin:end] += 0.6
    (found,) = shifts(level, least=QUARTER, tests=150)
    assert found.start == pytest.approx(begin, abs=2)
    assert found.end == pytest.approx(end, abs=2)
    assert found.size == pytest.approx(0.6, abs=0.1)


def test_a_level_below_the_usual_has_a_negative_size():
    level = np.random.default_rng(4).normal(3, 0.1, 150)
    level[100:] -= 0.6
    (found,) = shifts(level, least=QUARTER, tests=150)
    assert found.size == pytest.approx(-0.6, abs=0.1)


def test_a_short_burst_is_no_lasting_level():
    level = np.random.default_rng(4).normal(3, 0.1, 150)
    level[70:74] += 0.8
    assert shifts(level, least=QUARTER, tests=150) == []


def test_a_burst_of_failures_is_told_with_its_share():
    failures, requests = np.zeros(60, np.int64), np.full(60, 200)
    failures[[5, 25]] = 1
    failures[40:43] = [80, 100, 60]
    (found,) = bursts(failures, requests, tests=60)
    assert (found.start, found.end, found.size) == (40, 43, 0.4)


@pytest.mark.parametrize("rate", [0.0, 0.002, 0.05, 0.6, 1.0])
def test_failures_at_a_steady_rate_are_no_burst(rate):
    rng = np.random.default_rng(5)
    requests = rng.poisson(100, 150)
    assert bursts(rng.binomial(requests, rate), requests, tests=150) == []


def test_a_few_failures_among_few_requests_are_no_burst():
    failures, requests = np.zeros(60, np.int64), np.full(60, 3)
    failures[30] = 3
    assert bursts(failures, requests, tests=60) == []


def test_windows_without_requests_are_no_burst():
    assert bursts(np.zeros(30, np.int64), np.zeros(30, np.int64), tests=30) == []


@given(st.integers(1, 80), st.floats(-5, 5), st.floats(-5, 5), st.sampled_from([3, 9, 31]))
def test_a_running_median_leaves_a_straight_line_as_it_is(n, slope, start, window):
    line = start + slope * np.arange(n)
    assert running_median(line, window) == pytest.approx(line, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("n", [30, 60, 150])
def test_series_that_wander_are_rarely_marked(n, correlation):
    """At most one in a hundred shows a peak, one in thirty a level: measured 0 to 0.5 and 2.5 %."""
    rng = np.random.default_rng(7)
    runs = 200
    peaky = shifted = 0
    for _ in range(runs):
        level = wandering(rng, n, correlation, sd=0.15)
        peaky += bool(peaks(level, least=QUARTER, tests=n))
        shifted += bool(shifts(level, least=QUARTER, tests=n))
    assert peaky <= runs / 100
    assert shifted <= runs / 30


@pytest.mark.slow
@pytest.mark.parametrize(("n", "least_found"), [(60, 0.75), (150, 0.9)])
def test_a_doubling_of_a_series_that_wanders_is_mostly_found(n, least_found):
    rng = np.random.default_rng(8)
    found = 0
    for _ in range(100):
        level = wandering(rng, n, 0.5, sd=0.1)
        level[2 * n // 3 :] += np.log(2)
        found += bool(shifts(level, least=QUARTER, tests=n))
    assert found >= 100 * least_found
