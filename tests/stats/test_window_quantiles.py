"""Quantiles of many windows at once are those of each window alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfanalysis.model.buckets import bucket_edges
from perfanalysis.stats.histogram import Cdf
from perfanalysis.stats.window_quantiles import window_quantiles

BUCKETS = np.arange(100, 108)


@given(
    arrays(np.int64, (5, 8), elements=st.integers(0, 50)),
    st.sampled_from([0.001, 0.5, 0.95, 0.999, 1.0]),
)
def test_each_window_has_the_quantile_of_its_own_distribution(counts, q):
    (found,) = window_quantiles(counts.astype(float), *bucket_edges(BUCKETS), [(q, 1)])
    for row, value in zip(counts, found, strict=True):
        if row.sum() == 0:
            assert np.isnan(value)
            continue
        used = row > 0
        low, high = bucket_edges(BUCKETS[used])
        assert low[0] <= value <= high[-1] * (1 + 1e-12)
        # On a plateau between buckets both ends are right.
        cdf = Cdf(BUCKETS[used], row[used], None)
        near = [cdf.quantile(min(max(q + error, 0.0), 1.0)) for error in (-1e-9, 1e-9)]
        assert near[0] * (1 - 1e-9) <= value <= near[1] * (1 + 1e-9)


def test_windows_with_too_few_requests_have_none_and_each_quantile_its_own_limit():
    counts = np.array([[10.0, 0], [100.0, 100.0]])
    median, tail = window_quantiles(
        counts, np.array([1.0, 2.0]), np.array([2.0, 3.0]), [(0.5, 5), (0.95, 40)]
    )
    assert median == pytest.approx([1.5, 2.0])
    assert np.isnan(tail[0])
    assert tail[1] == pytest.approx(2.9)


def test_no_windows_and_no_buckets_are_no_error():
    (found,) = window_quantiles(np.zeros((3, 0)), np.zeros(0), np.zeros(0), [(0.5, 1)])
    assert np.isnan(found).all()
    (found,) = window_quantiles(np.zeros((0, 2)), np.ones(2), np.ones(2), [(0.5, 1)])
    assert found.shape == (0,)
