"""Differences between groups of runs, against published values and scipy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.stats.differences import Difference, paired, runs_needed, welch, widest

GROUPS = st.lists(st.floats(-5, 5), min_size=2, max_size=8).filter(lambda v: np.std(v) > 1e-6)


@given(GROUPS, GROUPS)
def test_welch_agrees_with_scipy(current, baseline):
    ours = welch(np.array(current), np.array(baseline))
    theirs = scipy.stats.ttest_ind(current, baseline, equal_var=False)
    interval = theirs.confidence_interval(0.95)
    assert ours.p_value() == pytest.approx(theirs.pvalue, abs=1e-9)
    assert ours.interval(0.95) == pytest.approx((interval.low, interval.high), rel=1e-6, abs=1e-9)


@given(GROUPS, GROUPS)
def test_swapping_the_sides_flips_the_sign_and_keeps_the_evidence(current, baseline):
    there = welch(np.array(current), np.array(baseline))
    back = welch(np.array(baseline), np.array(current))
    assert back.estimate == pytest.approx(-there.estimate, abs=1e-12)
    assert back.p_value() == pytest.approx(there.p_value())


def test_welch_reproduces_a_textbook_example():
    """Yuen's sleep data as in Student, Biometrika 6 (1908); Welch t = -1.8608, df = 17.776."""
    drug_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    drug_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = welch(drug_1, drug_2)
    assert found.estimate / found.se == pytest.approx(-1.8608, abs=1e-4)
    assert found.df == pytest.approx(17.776, abs=1e-3)
    assert found.p_value() == pytest.approx(0.0794, abs=1e-4)


def test_equal_runs_have_no_difference_and_no_evidence():
    found = welch(np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    assert found.p_value() == 1.0
    assert found.interval(0.95) == (0.0, 0.0)


def test_detectable_effects_agree_with_the_noncentral_t():
    """80 % power at 5 %, in run SDs: 3.07 for 3 runs a side, 2.02 for 5, 1.32 for 10.

    The sum of two t quantiles approximates the noncentral t that those figures come from.
    """
    for k, expected in {3: 3.07, 5: 2.02, 10: 1.32}.items():
        difference = Difference(estimate=0.0, se=np.sqrt(2 / k), df=2 * k - 2, method="welch")
        assert difference.detectable(0.05) == pytest.approx(expected, rel=0.05)


def test_the_widest_interval_wins():
    narrow = Difference(estimate=1.0, se=0.1, df=np.inf, method="narrow")
    wide = Difference(estimate=1.0, se=0.09, df=2, method="wide")
    assert widest(narrow, wide).method == "wide"


def test_runs_needed_are_those_whose_detectable_change_is_small_enough():
    """A change of two run SDs needs about 5 runs a side, one of 3.3 needs 3."""
    assert runs_needed(1.0, 2.02, 0.05) in {5, 6}
    assert runs_needed(1.0, 3.3, 0.05) == 3
    assert runs_needed(1.0, 0.1, 0.05) is None


@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=3, max_size=8))
def test_pairs_agree_with_scipy(pairs):
    current, baseline = (np.array(side) for side in zip(*pairs, strict=True))
    if np.std(current - baseline) < 1e-6:
        return
    theirs = scipy.stats.ttest_rel(current, baseline)
    assert paired(current, baseline).p_value() == pytest.approx(theirs.pvalue, abs=1e-9)
