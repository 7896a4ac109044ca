"""Adjusted p-values, against scipy and by their definition."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.stats.multiplicity import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(P_VALUES)
def test_benjamini_hochberg_agrees_with_scipy(p_values):
    array = np.array(p_values)
    expected = scipy.stats.false_discovery_control(array, method="bh")
    assert benjamini_hochberg(array) == pytest.approx(expected)


@given(P_VALUES)
def test_holm_lies_between_the_raw_and_the_bonferroni_value(p_values):
    array = np.array(p_values)
    adjusted = holm(array)
    assert np.all(adjusted >= array)
    assert np.all(adjusted <= np.minimum(array * len(array), 1) + 1e-12)


def test_holm_reproduces_a_worked_example():
    """Holm's step-down on .01 .02 .03 .04: 4 x .01, then the running maximum of 3 x .02, ..."""
    assert holm(np.array([0.04, 0.01, 0.03, 0.02])) == pytest.approx([0.06, 0.04, 0.06, 0.06])


def test_no_p_values_are_no_error():
    assert holm(np.array([])).size == 0
    assert benjamini_hochberg(np.array([])).size == 0
