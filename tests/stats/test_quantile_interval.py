"""Woodruff's interval of a quantile."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.quantile_interval import quantile_interval, values_needed


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9, 0.95])
@pytest.mark.parametrize("n", [200, 2000])
def test_it_holds_the_true_quantile_nineteen_times_in_twenty(q, n):
    from scipy.special import ndtri

    rng = np.random.default_rng(4)
    truth, held, tries = float(np.exp(ndtri(q))), 0, 2000
    for _ in range(tries):
        values = rng.lognormal(0.0, 1.0, n)
        low, high = quantile_interval(
            lambda share, v=values: float(np.quantile(v, share)),
            q,
            n_effective=n,
            df=1e9,
            confidence=0.95,
        )
        held += low <= truth <= high
    assert held / tries == pytest.approx(0.95, abs=0.02)


def test_it_is_skewed_as_the_data_are():
    low, high = quantile_interval(
        lambda share: float(np.exp(5 * share)), 0.5, n_effective=100, df=1e9, confidence=0.95
    )
    value = np.exp(2.5)
    assert high - value > value - low


def test_an_end_that_the_data_do_not_reach_is_infinite():
    ends = {
        q: quantile_interval(float, q, n_effective=30, df=1e9, confidence=0.95)
        for q in (0.02, 0.5, 0.98)
    }
    assert np.isneginf(ends[0.02][0])
    assert np.isfinite(ends[0.5]).all()
    assert np.isposinf(ends[0.98][1])


@pytest.mark.parametrize("q", [0.01, 0.5, 0.99, 0.999])
def test_as_many_values_as_are_needed_reach_both_ends(q):
    need = values_needed(q, df=9, confidence=0.95)
    for factor, reached in ((0.99, False), (1.01, True)):
        ends = quantile_interval(float, q, n_effective=need * factor, df=9, confidence=0.95)
        assert bool(np.isfinite(ends).all()) is reached
