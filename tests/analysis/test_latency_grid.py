"""The table of latencies over time: every request is in it, and its size has a bound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.analysis.evidence import NameEvidence, Windows
from perfanalysis.analysis.latency_grid import add_into, empty_grid, latency_grid, span_of
from perfanalysis.model.buckets import ZERO_BUCKET
from perfanalysis.stats.dependence import WindowedHistogram
from perfanalysis.stats.histogram import sum_by_bucket

STEP_US = 125_000


def evidence(cells, name="a"):
    """Evidence of one name from `(window, bucket, count)`; windows are numbers from 0."""
    cells = sorted(cells)
    window, bucket, count = (np.array(column, np.int64) for column in zip(*cells, strict=True))
    starts = np.unique(window) * STEP_US
    requests = np.array([count[window * STEP_US == start].sum() for start in starts])
    return NameEvidence(
        name=name,
        requests=int(count.sum()),
        failures=0,
        duration_s=None,
        latencies=WindowedHistogram(
            window=window * STEP_US, bucket=bucket, count=count, clock_resolution=None
        ),
        windows=Windows(start_us=starts, requests=requests, failures=0 * requests, mean_ms=None),
        total=None,
    )


BUCKETS = st.one_of(st.integers(500, 700), st.just(ZERO_BUCKET))
CELLS = st.lists(st.tuples(st.integers(0, 40), BUCKETS, st.integers(1, 9)), min_size=1, max_size=60)


@given(CELLS, CELLS)
def test_the_sum_of_names_holds_what_each_of_them_holds(one, other):
    names = {"a": evidence(one, "a"), "b": evidence(other, "b")}
    span = span_of(names)
    total = empty_grid(names, span)
    for found in names.values():
        grid = latency_grid(found.latencies, span)
        assert grid.n == found.requests
        add_into(total, grid)
    assert total.n == sum(found.requests for found in names.values())
    for window, bucket, _ in [*one, *other]:
        row = span.rows(np.array([window * STEP_US]))[0]
        column = int(np.flatnonzero(total.buckets == bucket)[0])
        expected = sum(
            count
            for at, number, count in [*one, *other]
            if (span.rows(np.array([at * STEP_US]))[0], number) == (row, bucket)
        )
        assert total.counts[row, column] == expected


@given(CELLS, st.integers(1, 9))
def test_bins_hold_the_requests_of_their_windows(cells, factor):
    names = {"a": evidence(cells)}
    span = span_of(names)
    grid = latency_grid(names["a"].latencies, span)
    width = factor * span.step_us
    windows = names["a"].windows.start_us
    first, last = (int(windows[end]) // width for end in (0, -1))
    binned = grid.binned(first, last - first + 1, width)
    expected = np.bincount(windows // width - first, weights=names["a"].windows.requests)
    assert binned.sum(axis=1).tolist() == expected.tolist()


def test_windows_of_centuries_and_latencies_of_ages_make_no_large_table():
    far = 10**9
    names = {"a": evidence([(0, -(2**31), 5), (1, 2**31 - 1, 5), (far, 600, 5)])}
    span = span_of(names)
    assert span.windows <= 512
    grid = latency_grid(names["a"].latencies, span)
    assert grid.n == 15
    assert grid.counts.size < 512 * 12_000


def test_without_windows_there_is_no_table():
    assert span_of({}) is None


@pytest.mark.parametrize("far", [0, 2**31 - 1])
def test_summed_buckets_are_each_there_once_whatever_their_distance(far):
    bucket = np.array([700, ZERO_BUCKET, 650, 700, ZERO_BUCKET, far])
    numbers, counts = sum_by_bucket(bucket, np.array([1, 2, 3, 4, 5, 6]))
    assert dict(zip(numbers.tolist(), counts.tolist(), strict=True)) == {
        700: 5,
        650: 3,
        ZERO_BUCKET: 7,
        far: 6,
    }
