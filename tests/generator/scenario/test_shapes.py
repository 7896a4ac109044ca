"""Ready shapes of load."""

from __future__ import annotations

import pytest

from perfanalysis.generator.load import ClosedLoad, OpenLoad
from perfanalysis.generator.scenario.model import Limits, Load, Stage
from perfanalysis.generator.scenario.shapes import SHAPES, engine_load, stages_of


def curve(load: Load, *times: float) -> list[float]:
    return [engine_load(load, Limits()).curve.value(time) for time in times]


def test_the_shapes_are_those_that_load_scripts_hold():
    assert curve(Load(shape="smoke"), 0, 29) == [1, 1]
    assert curve(Load(shape="load"), 120, 420, 540, 840, 959.99) == pytest.approx(
        [10, 10, 20, 20, 0], abs=0.01
    )
    assert curve(Load(shape="stress"), 420, 840, 1260, 1560) == [20, 50, 100, 50]
    assert curve(Load(shape="spike"), 10, 70, 80, 260, 270) == [100, 100, 1400, 1400, 100]
    assert curve(Load(shape="soak"), 300, 7500) == [50, 50]
    assert curve(Load(shape="breakpoint"), 60, 180, 480, 600, 900, 960) == [
        100,
        200,
        300,
        400,
        500,
        600,
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_scales_to_any_peak_and_length(shape):
    scaled = engine_load(Load(shape=shape, vus=7, duration="12 s"), Limits())
    assert isinstance(scaled, ClosedLoad)
    assert scaled.curve.most == 7
    assert scaled.curve.duration_s == pytest.approx(12)
    opened = engine_load(Load(shape=shape, rate="3 /s"), Limits())
    assert isinstance(opened, OpenLoad)
    assert opened.curve.most == pytest.approx(3)


def test_scaling_down_empties_no_stage():
    targets = [stage.target for stage in stages_of(Load(shape="spike", vus=3))]
    assert targets == [1, 1, 3, 3, 1, 1, 0]


def test_a_constant_load_begins_and_ends_at_its_height():
    assert curve(Load(vus=5, duration="10 s"), 0, 5, 10) == [5, 5, 5]
    assert curve(Load(rate="5 /s", duration="10 s"), 0, 10) == [5, 5]


def test_a_stage_may_jump_to_where_it_begins():
    stages = (
        Stage(duration="10 s", target=4, **{"from": 2}),
        Stage(duration="10 s", target=1, **{"from": 1}),
    )
    load = Load(model="open", stages=stages)
    assert curve(load, 0, 5, 10, 15) == [2, 3, 1, 1]


def test_an_open_load_lets_ten_seconds_of_arrivals_be_under_way():
    limits = Limits()
    assert engine_load(Load(rate="20 /s", duration="1 s"), limits).max_users == 200
    assert engine_load(Load(rate="0.1 /s", duration="1 s"), limits).max_users == 10
    assert engine_load(Load(rate="1000 /s", duration="1 s"), limits).max_users == limits.vus
    stated = Load(rate="20 /s", duration="1 s", max_vus=3, arrival="poisson")
    assert engine_load(stated, limits).max_users == 3
    assert engine_load(stated, limits).arrival == "poisson"
