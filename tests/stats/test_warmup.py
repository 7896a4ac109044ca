"""Where a run settles."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.stats.warmup import mser, settled_from, stretches, warmup_points


def noise(seed, n=200, sd=0.05):
    return np.random.default_rng(seed).normal(0, sd, n)


def wandering(seed, correlation, n=240, sd=0.1):
    rng = np.random.default_rng(seed)
    level = np.zeros(n)
    for i in range(1, n):
        level[i] = correlation * level[i - 1] + rng.normal(0, sd * np.sqrt(1 - correlation**2))
    return level + rng.normal(0, 0.05, n)


def test_mser_leaves_out_a_slow_start():
    assert mser(np.array([9.0] * 10 + [1.0, 2.0] * 45)) == 10


def test_mser_minimises_the_standard_error_of_what_is_left():
    """By hand: means of five 4, 1, 3, 1, 3; the errors of the last 5, 4, 3 are these."""
    level = np.repeat([4.0, 1.0, 3.0, 1.0, 3.0], 5)
    # 7.2 / 25 = .288, 4 / 16 = .25, 2.667 / 9 = .296
    assert mser(level) == 5


def test_mser_leaves_out_at_most_half():
    assert mser(np.linspace(9.0, 1.0, 100)) == 50


def test_stretches_begin_where_the_level_changes():
    level = noise(1)
    level[60:] += 0.4
    level[140:] -= 0.8
    assert stretches(level) == [0, 60, 140]


def test_a_spike_is_no_stretch():
    level = noise(2)
    level[100] = 3.0
    assert stretches(level) == [0]


def test_a_series_without_any_noise_is_cut_where_it_steps():
    assert stretches(np.repeat([1.0, 2.0], 40)) == [0, 40]
    assert stretches(np.full(80, 1.0)) == [0]


def test_a_stretch_near_the_last_level_has_settled():
    level = noise(3, sd=0.005)
    level[:40] += 0.5
    level[40:120] += 0.03  # within 5 % of the end
    assert settled_from(level) == 40


def test_a_start_that_differs_is_a_warmup():
    level = noise(3)
    level[:30] += 0.5
    assert warmup_points(level) == 30


def test_a_start_that_is_faster_is_one_too():
    level = noise(3)
    level[:30] -= 0.5
    assert warmup_points(level) == 30


def test_a_decay_is_cut_where_it_has_ended():
    level = noise(4) + 1.5 * np.exp(-np.arange(200) / 8)
    # 1.5 exp(-i / 8) is below 5 % from i = 27 on.
    assert 20 <= warmup_points(level) <= 50


def test_what_differs_by_less_than_a_quarter_is_left_alone():
    level = noise(5, sd=0.02)
    level[:30] += np.log(1.15)
    assert settled_from(level) == 30
    assert warmup_points(level) == 0


def test_a_run_that_never_settles_is_left_alone():
    late = noise(6)
    late[:120] += 0.5
    assert warmup_points(late) == 0
    assert warmup_points(noise(7) + np.linspace(1.0, 0.0, 200)) == 0


def test_too_few_points_tell_nothing():
    level = np.repeat([1.0, 0.0], [10, 49])
    assert warmup_points(level) == 0
    assert warmup_points(np.append(level, 0.0)) == 10


def test_the_scale_does_not_matter():
    level = noise(8)
    level[:25] += 0.6
    assert warmup_points(level + 7.3) == warmup_points(level) > 0


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_wandering_is_no_warmup(correlation):
    found = sum(warmup_points(wandering(seed, correlation)) > 0 for seed in range(150))
    assert found <= 1
