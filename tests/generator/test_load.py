"""Curves of users and arrivals."""

from __future__ import annotations

import math
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfanalysis.errors import UsageError
from perfanalysis.generator.load import (
    ClosedLoad,
    Curve,
    OpenLoad,
    Stage,
    constant_rate,
    constant_users,
)

stages = st.lists(
    st.builds(
        Stage,
        duration_s=st.floats(0, 20).map(lambda x: round(x, 3)),
        target=st.floats(0, 30).map(lambda x: round(x, 2)),
    ),
    min_size=1,
    max_size=5,
).filter(lambda found: sum(stage.duration_s for stage in found) > 0.01)


def open_load(*targets, start=0.0, **options):
    made = tuple(Stage(duration_s=seconds, target=target) for seconds, target in targets)
    return OpenLoad(stages=made, start=start, **options)


def test_a_constant_rate_is_evenly_spaced_from_the_start():
    assert list(constant_rate(4, 2).arrivals(seed=1)) == [n / 4 for n in range(8)]


def test_a_ramp_has_as_many_arrivals_as_the_area_under_it():
    times = list(open_load((10, 10)).arrivals(seed=1))
    assert len(times) == 50
    # Half of them come in the last 29 % of the time: the area grows with the square.
    assert sum(time < 10 / math.sqrt(2) for time in times) == 25


@given(stages, st.floats(0, 30))
@settings(max_examples=200, deadline=None)
def test_arrivals_come_when_the_area_under_the_curve_says(found, start):
    load = OpenLoad(stages=tuple(found), start=start)
    curve = load.curve
    times = list(load.arrivals(seed=1))
    assert abs(len(times) - math.ceil(curve.area - 1e-9)) <= 1
    assert all(a <= b for a, b in pairwise(times))
    assert all(0 <= time <= curve.duration_s for time in times)
    for number, time in list(enumerate(times))[:: max(len(times) // 10, 1)]:
        assert _area(curve, time) == pytest.approx(number, abs=1e-6)


def _area(curve, until):
    total = 0.0
    for piece in curve.pieces:
        seconds = min(max(until - piece.begin_s, 0.0), piece.duration_s)
        if seconds:
            end = piece.first + (piece.last - piece.first) * seconds / piece.duration_s
            total += seconds * (piece.first + end) / 2
    return total


@pytest.mark.parametrize("arrival", ["constant", "poisson"])
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_workers_share_the_same_arrivals(arrival, workers):
    load = open_load((5, 20), (5, 20), (2, 0), arrival=arrival)
    shares = [list(load.arrivals(seed=3, worker=w, workers=workers)) for w in range(workers)]
    assert sorted(chain.from_iterable(shares)) == list(load.arrivals(seed=3))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_poisson_process_has_exponential_gaps_and_the_rate_that_was_asked_for():
    load = constant_rate(100, 200, arrival="poisson")
    times = np.array(list(load.arrivals(seed=7)))
    assert len(times) == pytest.approx(20_000, abs=4 * math.sqrt(20_000))
    gaps = np.diff(times)
    assert gaps.mean() == pytest.approx(0.01, rel=0.05)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)
    assert np.mean(gaps > 0.01) == pytest.approx(math.exp(-1), abs=0.02)


def test_a_seed_makes_random_arrivals_come_again():
    load = constant_rate(10, 20, arrival="poisson")
    assert list(load.arrivals(seed=1)) == list(load.arrivals(seed=1))
    assert list(load.arrivals(seed=1)) != list(load.arrivals(seed=2))


def test_users_come_and_go_with_the_curve():
    load = ClosedLoad(
        stages=(
            Stage(duration_s=10, target=10),
            Stage(duration_s=20, target=10),
            Stage(duration_s=0, target=5),
            Stage(duration_s=5, target=5),
        )
    )
    assert list(load.presence(0)) == [(0.5, True)]
    assert list(load.presence(9)) == [(9.5, True), (30.0, False)]
    assert load.most_users == 10


def test_constant_users_are_there_from_the_start():
    load = constant_users(3, 60)
    assert [list(load.presence(user)) for user in range(4)] == [[(0.0, True)]] * 3 + [[]]


def test_a_user_may_come_a_second_time():
    load = ClosedLoad(
        stages=tuple(Stage(duration_s=1, target=target) for target in (1, 0, 1)), start=0
    )
    assert list(load.presence(0)) == [(0.5, True), (1.5, False), (2.5, True)]


@given(stages, st.floats(0, 30), st.floats(0, 1))
@settings(max_examples=200, deadline=None)
def test_as_many_users_are_there_as_the_rounded_curve_says(found, start, share):
    load = ClosedLoad(stages=tuple(found), start=start)
    curve = load.curve
    time = share * curve.duration_s
    there = 0
    for user in range(load.most_users):
        changes = [is_there for when, is_there in load.presence(user) if when <= time]
        there += bool(changes and changes[-1])
    value = curve.value(time)
    near_a_change = abs(value % 1 - 0.5) < 1e-6 or any(
        abs(time - piece.begin_s) < 1e-9 for piece in curve.pieces
    )
    assert near_a_change or there == math.floor(value + 0.5)


def test_the_stage_and_the_value_at_a_time():
    curve = Curve([Stage(duration_s=10, target=20), Stage(duration_s=10, target=0)])
    assert [curve.stage(time) for time in (0, 9.9, 10, 25)] == [0, 0, 1, 1]
    assert [curve.value(time) for time in (0, 5, 10, 15, 25)] == [0, 10, 20, 10, 0]
    assert (curve.most, curve.area, curve.duration_s) == (20, 200, 20)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stage(duration_s=-1, target=1),
        lambda: Stage(duration_s=1, target=float("nan")),
        lambda: Curve([]),
        lambda: Curve([Stage(duration_s=0, target=5)]),
        lambda: OpenLoad(stages=(), max_users=0),
    ],
)
def test_what_is_no_load_is_refused(make):
    with pytest.raises(UsageError):
        make()
