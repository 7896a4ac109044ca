"""Exact order statistics from a histogram and one pass."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.analysis import selection
from perfanalysis.analysis.selection import Selection
from perfanalysis.model.buckets import bucket_edges, bucket_of

# Many equal values, neighbours of the edges of buckets, zero.
VALUES = st.one_of(
    st.floats(0, 1e6),
    st.integers(0, 40).map(float),
    st.integers(-500, 2000).map(lambda b: float(bucket_edges(np.array([b]))[0][0])),
)


def selected(values, ranks, parts=3):
    bucket, count = np.unique(bucket_of(values), return_counts=True)
    found = Selection(bucket[::-1], count[::-1], ranks)
    for part in np.array_split(values, parts):
        found.add(part)
    return found


@given(st.lists(VALUES, min_size=1, max_size=200), st.data())
def test_the_value_of_a_rank_is_that_of_the_sorted_sample(values, data):
    values = np.array(values)
    ranks = data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1, max_size=5))
    found = selected(values, ranks)
    assert [found.value(rank) for rank in ranks] == [np.sort(values)[rank] for rank in ranks]


def test_many_equal_values_are_held_as_one(monkeypatch):
    monkeypatch.setattr(selection, "_MOST_HELD", 100)
    values = np.repeat([20.0, 20.05], 5_000)
    found = selected(values, {0, 4_999, 5_000, 9_999}, parts=50)
    assert [found.value(rank) for rank in (0, 4_999, 5_000, 9_999)] == [20.0, 20.0, 20.05, 20.05]
    assert found._size == 2


def test_the_mean_is_that_of_all_parts():
    values = np.random.default_rng(3).lognormal(3, 1, 10_000)
    assert np.isclose(selected(values, {0}).mean, values.mean(), rtol=1e-14)
