"""Modes: two kinds of requests under one name are seen, and one kind is not taken for two."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.model.buckets import bucket_of
from perfanalysis.stats.dependence import cdf_of
from perfanalysis.stats.modes import modes_of


def modes(values, tick=None):
    values = np.asarray(values, dtype=np.float64)
    cdf = cdf_of(bucket_of(values), np.ones(len(values), dtype=np.int64), tick)
    return modes_of(cdf, len(values), tick)


def cached(rng, n, hit_share, *, miss_ms=40.0, sd=0.4):
    """Hits take 7 ms, misses more."""
    hit = rng.random(n) < hit_share
    return np.where(hit, 7.0, miss_ms) * np.exp(rng.normal(0, sd, n))


@pytest.mark.parametrize("n", [1000, 20_000])
def test_hits_and_misses_of_a_cache_are_two_modes_with_their_shares(n):
    found = modes(cached(np.random.default_rng(3), n, 0.7))
    assert [share for _, share in found] == pytest.approx([0.7, 0.3], abs=0.04)
    assert [place for place, _ in found] == pytest.approx([7.0, 40.0], rel=0.1)


def test_three_kinds_of_requests_are_three_modes():
    rng = np.random.default_rng(3)
    kinds = [place * np.exp(rng.normal(0, 0.15, 1000)) for place in (5.0, 20.0, 100.0)]
    assert [share for _, share in modes(np.concatenate(kinds))] == pytest.approx([1 / 3] * 3, 0.05)


@pytest.mark.parametrize("n", [500, 2000, 20_000])
@pytest.mark.parametrize("sd", [0.01, 0.2, 0.5, 1.0])
def test_fewer_than_one_lognormal_sample_in_a_hundred_shows_two_modes(n, sd):
    rng = np.random.default_rng(n)
    samples = 100
    several = sum(len(modes(rng.lognormal(3, sd, n))) > 1 for _ in range(samples))
    assert several / samples < 0.01


@pytest.mark.parametrize("shape", ["gamma", "uniform", "slow tail"])
def test_other_single_peaks_are_one_mode(shape):
    rng = np.random.default_rng(5)
    values = {
        "gamma": rng.gamma(2, 10, 3000),
        "uniform": rng.uniform(10, 50, 3000),
        "slow tail": rng.lognormal(3, 0.3, 3000) * np.where(rng.random(3000) < 0.03, 3, 1),
    }
    assert len(modes(values[shape])) == 1


def test_a_tenth_of_the_requests_make_a_mode_and_fewer_do_not():
    rng = np.random.default_rng(7)
    assert len(modes(cached(rng, 5000, 0.87, miss_ms=100.0))) == 2
    assert len(modes(cached(rng, 5000, 0.95, miss_ms=100.0))) == 1


@pytest.mark.parametrize("median", [0.3, 0.6, 1.0, 2.0, 5.0])
def test_the_ticks_of_a_coarse_clock_are_no_modes(median):
    values = np.floor(np.random.default_rng(9).lognormal(np.log(median), 0.6, 3000))
    assert len(modes(values, tick=1.0)) == 1


def test_modes_are_seen_through_a_coarse_clock():
    found = modes(np.rint(cached(np.random.default_rng(9), 3000, 0.7)), tick=1.0)
    assert [share for _, share in found] == pytest.approx([0.7, 0.3], abs=0.04)


def test_equal_values_are_one_mode():
    assert modes(np.full(500, 12.0)) == [(pytest.approx(12.0, rel=0.005), 1.0)]


def test_fewer_than_300_values_tell_nothing():
    assert modes(cached(np.random.default_rng(1), 299, 0.7)) == []


def test_answers_on_the_ticks_of_a_timer_are_one_kind():
    rng = np.random.default_rng(2)
    ticks = rng.choice([5.2, 7.2, 9.2, 12.0, 15.0, 17.0, 19.5], 2500)
    assert len(modes(ticks * np.exp(rng.normal(0, 0.02, 2500)))) == 1
