"""Buckets, spreading of coarse clocks, and the distribution they stand for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.model.buckets import (
    GROWTH,
    RELATIVE_ERROR,
    ZERO_BUCKET,
    bucket_edges,
    bucket_of,
)
from perfanalysis.stats.histogram import Cdf, spread

LATENCIES = st.floats(min_value=1e-6, max_value=1e9)


@given(st.lists(LATENCIES, min_size=1, max_size=50))
def test_every_value_lies_in_its_bucket_up_to_rounding(values):
    array = np.array(values)
    low, high = bucket_edges(bucket_of(array))
    assert np.all(low * (1 - 1e-9) <= array)
    assert np.all(array <= high * (1 + 1e-9))


def test_the_middle_of_a_bucket_is_within_the_promised_error():
    assert RELATIVE_ERROR < 0.0025
    low, high = bucket_edges(np.array([1000]))
    middle = np.sqrt(low * high)
    assert (high / middle - 1)[0] <= RELATIVE_ERROR * 1.01


def test_zero_has_a_bucket_of_its_own_that_spans_almost_nothing():
    low, high = bucket_edges(bucket_of(np.array([0.0])))
    assert low[0] == 0
    assert high[0] < 1e-8


@given(st.lists(LATENCIES, min_size=1, max_size=200), st.floats(0.01, 0.99))
def test_quantiles_are_within_a_bucket_of_the_order_statistics(values, q):
    array = np.sort(np.array(values))
    buckets, counts = np.unique(bucket_of(array), return_counts=True)
    found = Cdf(buckets, counts, None).quantile(q)
    below = array[max(int(np.floor(q * len(array))) - 1, 0)]
    above = array[min(int(np.ceil(q * len(array))), len(array) - 1)]
    assert below / GROWTH**2 <= found <= above * GROWTH**2


def test_coarse_ticks_are_spread_over_the_step_they_were_rounded_from():
    low, high = spread(bucket_of(np.array([12.0, 12.0, 500.0])), 1.0)
    assert (low[0], high[0]) == (11.5, 12.5)
    # Half a second is known to 0.2 % already: its bucket is wider than the tick.
    assert high[2] - low[2] > 1.0


def test_a_tick_of_zero_is_spread_over_half_a_step_and_never_below_nothing():
    low, high = spread(np.array([ZERO_BUCKET]), 1.0)
    assert (low[0], high[0]) == (0.0, 0.5)


def test_spreading_finds_a_shift_smaller_than_the_tick():
    """A rounded clock hides a 2 % change of a median of 12 ms; spreading shows it."""
    rng = np.random.default_rng(1)
    exact = rng.lognormal(np.log(12), 0.3, 200_000)
    medians = []
    for factor in (1.0, 1.02):
        buckets, counts = np.unique(bucket_of(np.round(exact * factor)), return_counts=True)
        medians.append(Cdf(buckets, counts, 1.0).quantile(0.5))
    assert medians[1] / medians[0] == pytest.approx(1.02, abs=0.003)


@given(st.lists(LATENCIES, min_size=2, max_size=100), st.floats(1e-3, 1e3))
def test_scaling_time_scales_the_quantile(values, factor):
    def median(array):
        buckets, counts = np.unique(bucket_of(array), return_counts=True)
        return Cdf(buckets, counts, None).quantile(0.5)

    array = np.array(values)
    ratio = median(array * factor) / median(array)
    # Two middle values far apart may leave the median anywhere between them.
    ordered = np.sort(array)
    n = len(ordered)
    gap = ordered[n // 2] / ordered[(n - 1) // 2]
    assert factor / (gap * GROWTH**2) <= ratio <= factor * gap * GROWTH**2


def test_share_below_inverts_the_quantile():
    buckets, counts = np.unique(bucket_of(np.linspace(1, 100, 1000)), return_counts=True)
    cdf = Cdf(buckets, counts, None)
    assert cdf.share_below(cdf.quantile(0.7)) == pytest.approx(0.7)
