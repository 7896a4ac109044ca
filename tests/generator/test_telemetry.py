"""What the recording process makes of the workers' own figures."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from perfanalysis.errors import UsageError
from perfanalysis.generator.batches import Outcomes
from perfanalysis.generator.libraries import require_libraries
from perfanalysis.generator.load import ClosedLoad, Stage, constant_rate
from perfanalysis.generator.progress import ProgressMeter
from perfanalysis.generator.saturation import SaturationWatch
from perfanalysis.generator.seconds import SecondsOfAll

START_US = 1_767_225_600_000_000


def second(number=0, *, cpu=20.0, lag=0.1, lateness=None, users=5, iterations=10, dropped=0):
    figures = None if lateness is None else (lateness / 4, lateness, 2 * lateness, 4 * lateness)
    return {
        "second": number,
        "end_ns": 0,
        "users": users,
        "iterations": iterations,
        "dropped": dropped,
        "lateness": figures,
        "lag": (lag / 4, lag, 2 * lag, 4 * lag),
        "cpu": cpu,
        "elapsed_s": 1.0,
    }


def verdict(*seconds, others=()):
    watch = SaturationWatch()
    for one in others:
        watch.add(0, one)
    for one in seconds:
        watch.add(1, one)
    caveat = watch.caveat()
    return None if caveat is None else caveat.message


def test_a_generator_that_keeps_up_is_not_saturated():
    assert verdict(*[second(cpu=85, lag=5, lateness=5)] * 10) is None
    assert SaturationWatch().caveat() is None


def test_a_worker_that_uses_up_its_processor_is_saturated():
    told = verdict(*[second(cpu=97)] * 10, others=[second(cpu=10)] * 10)
    assert told.startswith("worker 1 of the generator used 97 % of its processor")


def test_a_few_busy_seconds_are_no_saturation():
    assert verdict(*[second(cpu=100)] * 3, *[second(cpu=20)] * 7) is None


def test_a_loop_that_is_held_up_most_of_the_time_is_saturated():
    told = verdict(*[second(lag=35)] * 6, *[second()] * 4)
    assert "wait 35 ms and more" in told
    assert verdict(*[second(lag=500)] * 4, *[second()] * 6) is None


def test_arrivals_that_begin_late_most_of_the_time_are_saturation():
    told = verdict(*[second(lateness=50)] * 6, *[second(lateness=1)] * 4)
    assert "began one in twenty of its iterations 50 ms late" in told


def points(seconds_of_all):
    return [
        (point["metric"], point["value"], dict(point["labels"] or ()))
        for rows in seconds_of_all.complete()
        for point in rows.batch.to_pylist()
    ]


def test_a_second_is_told_when_all_workers_have_told_it():
    seconds = SecondsOfAll(2, START_US, is_open=False)
    seconds.add(0, second(0, users=3, iterations=7))
    assert points(seconds) == []
    seconds.add(1, second(0, users=2, iterations=5, cpu=30.0))
    told = points(seconds)
    assert ("vus", 5.0, {}) in told
    assert ("iterations", 12.0, {}) in told
    assert ("generator.cpu", 30.0, {"worker": "1"}) in told
    assert not any(metric == "dropped_iterations" for metric, _, _ in told)
    assert seconds.users == 5


def test_a_worker_that_has_ended_is_not_waited_for():
    seconds = SecondsOfAll(2, START_US, is_open=True)
    for number in range(3):
        seconds.add(0, second(number, dropped=1))
    assert points(seconds) == []
    seconds.ended(1)
    told = points(seconds)
    assert [value for metric, value, _ in told if metric == "dropped_iterations"] == [1.0] * 3


def test_a_second_that_a_worker_missed_is_not_waited_for():
    seconds = SecondsOfAll(2, START_US, is_open=False)
    seconds.add(0, second(0))
    seconds.add(0, second(1))
    seconds.add(1, second(1))  # it was held up and told two seconds as one
    assert [value for metric, value, _ in points(seconds) if metric == "vus"] == [5.0, 10.0]


def test_the_rest_of_a_second_at_the_end_tells_no_users():
    seconds = SecondsOfAll(1, START_US, is_open=False)
    seconds.add(0, second(0))
    seconds.add(0, second(1, users=0) | {"elapsed_s": 0.1})
    told = points(seconds)
    assert [value for metric, value, _ in told if metric == "vus"] == [5.0]
    assert [value for metric, value, _ in told if metric == "iterations"] == [10.0, 10.0]


def test_figures_stand_at_the_end_of_their_second():
    seconds = SecondsOfAll(1, START_US, is_open=False)
    seconds.add(0, second(2))
    seconds.ended(0)
    (rows,) = seconds.complete()
    assert rows.batch.column("time")[0].as_py().timestamp() == START_US / 1e6 + 3


def test_progress_tells_of_the_last_seconds_only():
    meter = ProgressMeter(constant_rate(10, 60))
    meter.add(1.0, Outcomes(100, 100, np.full(100, 1000.0)))
    meter.add(8.0, Outcomes(50, 5, np.full(50, 10.0)))
    now = meter.now(9.0, workers=1)
    assert (now.requests, now.failures) == (150, 105)
    assert (now.rate_per_s, now.error_rate, now.p95_ms) == (10.0, 0.1, 10.0)
    assert (now.target, now.duration_s) == (10.0, 60.0)


def test_progress_knows_nothing_before_anything_was_measured():
    now = ProgressMeter(constant_rate(10, 60)).now(0.5, workers=1)
    assert (now.error_rate, now.p50_ms, now.p99_ms, now.users) == (None, None, None, None)


def test_progress_tells_the_stage():
    stages = (Stage(duration_s=10, target=20), Stage(duration_s=10, target=0))
    meter = ProgressMeter(ClosedLoad(stages=stages))
    found = [meter.now(elapsed, workers=1) for elapsed in (5, 15, 25)]
    assert [(now.stage, now.stages, now.target) for now in found] == [
        (1, 2, 10.0),
        (2, 2, 10.0),
        (2, 2, 0.0),
    ]


def test_a_missing_library_is_told_with_what_installs_it(monkeypatch):
    require_libraries()
    monkeypatch.setattr("perfanalysis.generator.libraries.find_spec", lambda _: None)
    with pytest.raises(UsageError, match="needs cloudpickle, httptools, picows, uvloop") as caught:
        require_libraries()
    assert caught.value.hint == "pip install 'perfanalysis[generate]'"


def test_workers_do_without_the_heavy_libraries():
    import subprocess

    code = (
        "import sys, perfanalysis.generator.worker; "
        "print({'pyarrow', 'numpy', 'pandas', 'pydantic', 'click'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
