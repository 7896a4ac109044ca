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
from perfanalysis.stats.histogram import (
    Cdf,
    columns_of,
    spread,
    stretches_of,
    sum_by_bucket,
    sum_by_window,
)

LATENCIES = st.floats(min_value=1e-6, max_value=1e9)
# Those of latencies, zero's, and what a hostile bundle may hold.
BUCKETS = st.one_of(
    st.integers(-500, 3000),
    st.just(ZERO_BUCKET),
    st.sampled_from([-(2**31), ZERO_BUCKET - 1, ZERO_BUCKET + 1, 2**31 - 1]),
)
COUNTED = st.lists(st.tuples(BUCKETS, st.integers(1, 1000)), min_size=1, max_size=30)


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


@given(st.lists(BUCKETS, max_size=30))
def test_edges_are_the_powers_of_the_growth_to_the_last_bit(buckets):
    numbers = np.array(buckets, np.int64)
    with np.errstate(over="ignore"):
        low, high = bucket_edges(numbers)
        exponent = np.where(numbers == ZERO_BUCKET, 0, numbers).astype(np.float64)
        powers = GROWTH**exponent, GROWTH ** (exponent + 1)
    assert np.array_equal(low, np.where(numbers == ZERO_BUCKET, 0.0, powers[0]))
    assert np.array_equal(high, np.where(numbers == ZERO_BUCKET, 1e-9, powers[1]))


@given(st.lists(BUCKETS, min_size=1, max_size=30))
def test_every_entry_has_the_column_of_its_bucket(buckets):
    column, numbers = columns_of(np.array(buckets))
    assert numbers[column].tolist() == buckets
    assert np.all(np.diff(numbers) > 0)


@given(COUNTED)
def test_buckets_are_summed_as_a_dictionary_would(entries):
    expected: dict[int, int] = {}
    for bucket, count in entries:
        expected[bucket] = expected.get(bucket, 0) + count
    numbers, sums = sum_by_bucket(*(np.array(column) for column in zip(*entries, strict=True)))
    assert list(zip(numbers.tolist(), sums.tolist(), strict=True)) == sorted(expected.items())


def test_of_no_entries_nothing_is_counted():
    none = np.zeros(0, np.int64)
    assert [part.tolist() for part in sum_by_bucket(none, none)] == [[], []]
    assert [part.tolist() for part in stretches_of(none)] == [[], []]
    windows, (sums,) = sum_by_window(none, none)
    assert (windows.tolist(), sums.tolist()) == ([], [])


@pytest.mark.parametrize("in_order", [True, False])
@given(windows=st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_windows_are_told_apart_in_order_or_not(in_order, windows):
    window = np.array(sorted(windows) if in_order else windows)
    count = np.arange(1, len(window) + 1)
    starts, place = stretches_of(window)
    assert np.array_equal(starts, np.unique(window))
    assert np.array_equal(starts[place], window)
    again, (sums,) = sum_by_window(window, count)
    assert np.array_equal(again, starts)
    assert sums.tolist() == [count[window == start].sum() for start in starts]
