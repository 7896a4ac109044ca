from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from perfanalysis.stats.change_points import (
    LONGEST_EPISODE,
    MIN_LEVEL,
    find_levels,
    places,
    without_spikes,
)

TOLERANCE = float(np.log(1.05))


def matters(before, after):
    return abs(after - before) >= TOLERANCE


def noise(n, seed=1, sd=0.02):
    return np.random.default_rng(seed).normal(0, sd, n)


def levels(values, alpha=0.05, **known):
    return find_levels(np.asarray(values, dtype=float), alpha=alpha, matters=matters, **known)


def test_a_quiet_series_is_one_level():
    found = levels(noise(30))
    assert found.starts == (0,)
    assert found.steps == ()
    assert found.sd == pytest.approx(0.02, rel=0.4)


def test_a_step_is_found_where_it_is_with_its_size():
    values = noise(30)
    values[20:] += 0.2
    found = levels(values)
    (step,) = found.steps
    assert step.index == 20
    assert step.earliest <= 20 <= step.latest
    assert step.difference.estimate == pytest.approx(0.2, abs=0.03)
    assert step.p_value < 0.001


def test_several_steps_up_and_down_are_found():
    values = noise(60)
    values[15:30] += 0.3
    values[45:] -= 0.2
    assert levels(values).starts == (0, 15, 30, 45)


def test_three_figures_make_a_level_and_two_do_not():
    values = noise(20, sd=0.01)
    three, two = values.copy(), values.copy()
    three[-MIN_LEVEL:] += 0.3
    two[-MIN_LEVEL + 1 :] += 0.3
    assert levels(three).starts == (0, 17)
    assert levels(two).starts == (0,)


def test_a_step_within_the_tolerance_is_none_however_clear():
    values = noise(40, sd=0.001)
    values[20:] += 0.03
    assert levels(values).starts == (0,)


def test_a_single_spike_is_no_level_and_hides_none():
    values = noise(30)
    values[25:] += 0.15
    values[7] += 2.0
    assert levels(values).starts == (0, 25)


def test_what_soon_returns_is_an_episode_and_no_level():
    values = noise(30, sd=0.01)
    values[12:16] += 0.5
    found = levels(values)
    assert found.starts == (0,)
    assert found.episodes == ((12, 16),)
    assert len(found.members(0)) == 26
    assert found.mean(0).estimate == pytest.approx(0, abs=0.01)


def test_what_lasts_longer_than_an_episode_is_a_level():
    values = noise(40, sd=0.01)
    values[12 : 12 + LONGEST_EPISODE + 2] += 0.5
    assert levels(values).starts == (0, 12, 12 + LONGEST_EPISODE + 2)


def test_many_odd_figures_are_modes_and_not_taken_for_spikes():
    values = noise(30, sd=0.001)
    values[::5] += 1.0
    assert np.array_equal(without_spikes(values), values)


def test_figures_that_are_all_alike_have_no_step():
    found = levels(np.full(12, 3.0))
    assert found.starts == (0,)
    assert found.detectable(0.05) is not None


def test_figures_are_no_quieter_than_their_sampling_allows():
    values = np.repeat([1.0, 1.1], 6)
    assert levels(values).starts == (0, 6)
    assert levels(values, least_sd=0.2).starts == (0,)


def test_correlation_of_others_weighs_on_a_short_series():
    values = noise(12, sd=0.02)
    values[6:] += 0.12
    assert levels(values, alpha=0.005).starts == (0, 6)
    assert levels(values, alpha=0.005, correlation=0.9).starts == (0,)


def test_the_detectable_step_shrinks_with_the_number_of_figures():
    short, long = (levels(noise(n), least_sd=0.05).detectable(0.05) for n in (12, 60))
    assert short > long > 0.05


def test_a_level_too_short_to_be_cut_has_no_detectable_step():
    values = noise(20, sd=0.01)
    values[-4:] += 0.5
    assert levels(values).detectable(0.05) is None


@given(
    arrays.arrays(
        np.float64,
        st.integers(6, 40),
        elements=st.floats(-5, 5, allow_nan=False).map(lambda x: round(x, 3)),
    )
)
def test_levels_cover_the_series_and_are_never_too_short(values):
    found = levels(values)
    assert found.starts[0] == 0
    assert list(found.starts) == sorted(set(found.starts))
    assert all(end - first >= MIN_LEVEL for first, end in found.bounds())
    assert len(found.steps) == len(found.starts) - 1
    for step in found.steps:
        assert step.earliest <= step.index <= step.latest
        assert 0 <= step.p_value <= 0.05


@given(st.integers(0, 10_000), st.integers(5, 15))
def test_turning_a_series_upside_down_turns_its_steps(seed, at):
    values = noise(20, seed=seed)
    values[at:] += 0.2
    up, down = levels(values), levels(-values)
    assert up.starts == down.starts
    for one, other in zip(up.steps, down.steps, strict=True):
        assert one.difference.estimate == pytest.approx(-other.difference.estimate)


def test_a_series_may_step_anywhere_but_at_its_ends():
    assert [places(n) for n in (6, 7, 12)] == [1, 2, 7]
