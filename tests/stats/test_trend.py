"""A trend through one run."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.trend import total_trend


def test_a_steady_rise_is_measured_from_third_to_third():
    assert total_trend(np.linspace(0, 0.9, 10)) == pytest.approx(0.7)
    assert total_trend(np.linspace(0.9, 0, 10)) == pytest.approx(-0.7)


def test_noise_hardly_ever_looks_like_a_trend():
    rng = np.random.default_rng(9)
    assert sum(total_trend(rng.normal(size=10)) != 0 for _ in range(5000)) <= 10


def test_a_single_jump_at_the_end_is_no_trend():
    assert total_trend(np.array([0.0] * 9 + [5.0])) == 0
