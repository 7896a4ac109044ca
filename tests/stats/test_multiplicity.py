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


def test_weights_shift_the_level_to_where_it_is_wanted():
    """Step 1: .02 x 4/3 and .02 x 4/1; step 2 has the light one alone: max(.0267, .02)."""
    adjusted = holm(np.array([0.02, 0.02]), np.array([3.0, 1.0]))
    assert adjusted == pytest.approx([0.02 * 4 / 3, 0.02 * 4 / 3])


@given(P_VALUES)
def test_equal_weights_change_nothing(p_values):
    array = np.array(p_values)
    assert holm(array, np.full(len(array), 0.3)) == pytest.approx(holm(array))


def test_no_p_values_are_no_error():
    assert holm(np.array([])).size == 0
    assert benjamini_hochberg(np.array([])).size == 0
