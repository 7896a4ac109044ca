"""Stalls: requests wait and none is answered; a pause of the load is none."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.views import view_run

SECONDS, RATE = 60.0, 100


def stalls(run):
    return [anomaly for anomaly in view_run(run).anomalies if anomaly.kind == "stall"]


@pytest.fixture
def load(load_of):
    """A steady load that is made at `starts` (those of a mask) with latencies in milliseconds."""

    def make(latency_of):
        at = np.arange(round(SECONDS * RATE)) / RATE
        latency = np.random.default_rng(1).lognormal(3, 0.3, len(at))
        return load_of("a", latency_of(at, latency), seconds=SECONDS)

    return make


@pytest.mark.parametrize("begin", [12.0, 40.5])
@pytest.mark.parametrize("length", [2.0, 6.0])
def test_a_time_without_answers_is_a_stall(rows_run, load, begin, length):
    def waiting(at, latency):
        held = (at >= begin) & (at < begin + length)
        return np.where(held, (begin + length - at) * 1000 + latency, latency)

    view = view_run(rows_run(load(waiting)))
    (found,) = view.anomalies
    assert (found.kind, found.name, found.metric) == ("stall", None, "throughput")
    assert found.start_s == pytest.approx(begin, abs=0.6)
    assert found.end_s == pytest.approx(begin + length, abs=0.6)
    assert found.size == pytest.approx(found.end_s - found.start_s)
    assert found.message.startswith("no answer came for about ")


def test_a_pause_of_the_load_is_no_stall(rows_run, load_of):
    rng = np.random.default_rng(1)
    halves = [
        load_of("a", rng.lognormal(3, 0.3, 2500), seconds=25.0, offset_s=offset)
        for offset in (0.0, 35.0)
    ]
    assert stalls(rows_run(*halves)) == []


def test_users_who_wait_in_step_are_no_stalls(rows_run, load_of):
    # A hundred users begin together, wait two seconds, and begin again.
    rounds = [
        load_of("a", np.full(100, 2000.0), seconds=0.05, offset_s=2.05 * n) for n in range(30)
    ]
    assert stalls(rows_run(*rounds)) == []


def test_a_slow_service_is_no_stall(rows_run, load_of):
    slow = load_of("a", np.random.default_rng(1).lognormal(8, 0.5, 300), seconds=60.0)
    assert stalls(rows_run(slow)) == []


@pytest.mark.parametrize("n", [1, 2])
def test_a_handful_of_requests_is_no_stall(rows_run, load_of, n):
    assert stalls(rows_run(load_of("a", np.full(n, 5.0), seconds=600.0))) == []
