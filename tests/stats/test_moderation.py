"""Variances that borrow strength from each other."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.moderation import MAX_PRIOR_DF, Prior, fit_prior, trigamma_inverse


def test_alike_variances_give_a_firm_prior_at_their_level():
    rng = np.random.default_rng(7)
    sampled = 4.0 * rng.chisquare(6, 5000) / 6
    prior = fit_prior(sampled, 6.0, max_df=1e9)
    assert prior.variance == pytest.approx(4.0, rel=0.03)
    assert prior.df > 100


def test_a_known_prior_is_recovered():
    """Variances with 1/sigma^2 ~ chi^2(8) / (8 * 2): scaled F(4, 8) samples."""
    rng = np.random.default_rng(8)
    sigma2 = 2.0 * 8 / rng.chisquare(8, 20_000)
    sampled = sigma2 * rng.chisquare(4, 20_000) / 4
    prior = fit_prior(sampled, 4.0, max_df=1e9)
    assert prior.df == pytest.approx(8, rel=0.1)
    assert prior.variance == pytest.approx(2.0, rel=0.05)


def test_the_prior_never_weighs_more_than_its_bound():
    assert fit_prior(np.full(100, 3.0), 4.0).df == MAX_PRIOR_DF


def test_two_variances_teach_nothing():
    assert fit_prior(np.array([1.0, 2.0]), 4.0).df == 0
    assert fit_prior(np.array([1.0, 2.0]), 4.0).moderate(9.0, 4.0) == (9.0, 4.0)


def test_wild_variances_hardly_move_each_other():
    prior = fit_prior(np.array([1e-4, 1.0, 1e4, 1e-2, 1e3]), 10.0)
    assert prior.df < 1


def test_a_zero_variance_is_drawn_up():
    variance, df = Prior(variance=2.0, df=4.0).moderate(0.0, 4.0)
    assert (variance, df) == (1.0, 8.0)


@pytest.mark.parametrize("value", [1e-4, 0.1, 1.0, 50.0, 1e9])
def test_the_inverse_of_trigamma(value):
    from scipy.special import polygamma

    assert polygamma(1, trigamma_inverse(value)) == pytest.approx(value, rel=1e-3)
