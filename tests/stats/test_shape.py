"""The simultaneous band of the shift function, and which pattern a curve shows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from perfanalysis.model.shapes import ShapeKind
from perfanalysis.stats.shape import (
    ShiftFunction,
    SpreadInterval,
    classify,
    simultaneous_confidence,
)

SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)


def curve(changes, half):
    """A curve at p10, p50, p90, p95 and p99 with a band of that half-width."""
    change = np.array(changes)
    shares = np.array([0.1, 0.5, 0.9, 0.95, 0.99])
    return ShiftFunction(shares=shares, change=change, low=change - half, high=change + half)


def spread(change, half):
    return SpreadInterval(change=change, low=change - half, high=change + half)


def test_the_band_of_quantiles_leaves_out_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(11)
    n, samples = 1000, 2000
    values = np.sort(rng.random((samples, n)), axis=1)
    shares = np.array(SHARES)
    found = np.array([np.searchsorted(sample, shares) for sample in values]) / n
    z = (found - shares) / np.sqrt(shares * (1 - shares) / n)
    bound = ndtri(0.5 + simultaneous_confidence(SHARES, 0.05) / 2)
    left_out = np.mean(np.any(np.abs(z) > bound, axis=1))
    # Two standard errors of 2,000 samples are 1 %.
    assert left_out == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("alpha", [0.05, 0.001])
def test_neighbouring_quantiles_count_as_fewer_than_they_are(alpha):
    single = 1 - alpha
    bonferroni = 1 - alpha / len(SHARES)
    assert single < simultaneous_confidence(SHARES, alpha) < bonferroni


def test_more_quantiles_make_a_wider_band():
    few, more = simultaneous_confidence(SHARES[::4], 0.05), simultaneous_confidence(SHARES, 0.05)
    assert few < more


def test_no_change_is_named_where_the_band_includes_none():
    assert classify(curve([0.05, -0.02, 0.08, 0.1, 0.2], 0.25), spread(0.1, 0.2)) == "none"


@pytest.mark.parametrize(
    ("changes", "half", "of_spread", "kind"),
    [
        pytest.param([0.2, 0.2, 0.2, 0.2, 0.2], 0.1, spread(0, 0.1), "shift", id="alike"),
        pytest.param([0.15, 0.2, 0.22, 0.2, 0.3], 0.1, spread(0.07, 0.1), "shift", id="roughly"),
        pytest.param([0, 0, 0.05, 0.3, 0.8], 0.2, spread(0.05, 0.1), "tail", id="tail"),
        pytest.param([0, 0, 0.1, 0.3, 0.8], 0.2, spread(0.1, 0.05), "tail", id="reaching-p90"),
        pytest.param([-0.2, 0, 0.2, 0.26, 0.36], 0.1, spread(0.4, 0.1), "spread", id="apart"),
        pytest.param([-0.1, 0, 0.1, 0.13, 0.18], 0.2, spread(0.2, 0.1), "spread", id="unseen"),
        pytest.param([0.2, 0, -0.2, -0.26, -0.36], 0.1, spread(-0.4, 0.1), "spread", id="together"),
        pytest.param([0.3, 0.2, 0.1, 0.08, 0.05], 0.08, spread(-0.2, 0.1), "mixed", id="10-ms"),
        pytest.param([0, 0.2, 0.3, 0.3, 0.3], 0.1, spread(0.3, 0.1), "mixed", id="slow-half"),
        pytest.param([0.2, 0.2, 0.25, 0.5, 0.9], 0.1, spread(0.05, 0.1), "mixed", id="both"),
        pytest.param([0, 0, 0.05, 0.4, -0.4], 0.2, spread(0.05, 0.1), "mixed", id="to-and-fro"),
        pytest.param([0, 0, 0.05, 0.3, 0.8], 0.2, None, "tail", id="without-spread"),
    ],
)
def test_a_curve_is_named_by_the_pattern_that_it_shows(changes, half, of_spread, kind):
    assert classify(curve(changes, half), of_spread) == kind


def test_what_became_faster_is_named_as_what_became_slower():
    assert classify(curve([0, 0, -0.05, -0.3, -0.8], 0.2), spread(-0.05, 0.1)) is ShapeKind.TAIL
    assert classify(curve([-0.2] * 5, 0.1), spread(0, 0.1)) is ShapeKind.SHIFT


def test_a_change_that_begins_at_the_median_is_no_change_of_the_tail():
    assert classify(curve([0, 0.3, 0.3, 0.4, 0.4], 0.1), spread(0.3, 0.5)) is ShapeKind.MIXED


def test_a_shift_that_shows_in_the_tail_only_is_a_shift():
    found = curve([0.2, 0.2, 0.22, 0.25, 0.3], 0.24)
    assert found.excludes_zero.tolist() == [False, False, False, True, True]
    assert classify(found, spread(0.02, 0.1)) is ShapeKind.SHIFT
