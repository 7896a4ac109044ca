"""What is marked on the time axis of a run, and that a calm run has no marks."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.views import view_run
from perfanalysis.phrases import Phrase

SECONDS = 60
RATE = 100


def moments(seconds=SECONDS, rate=RATE):
    return np.arange(round(rate * seconds)) / rate


@pytest.fixture
def load(load_of):
    """One name at a steady rate; `slower` and `ok` are made from the time of each request."""

    def make(name="a", *, slower=None, ok=None, seconds=SECONDS, rate=RATE, median=20.0, seed=1):
        at = moments(seconds, rate)
        rng = np.random.default_rng(seed)
        latency = median * rng.lognormal(0, 0.4, len(at))
        if slower is not None:
            latency = latency * slower(at)
        fine = True if ok is None else ok(at)
        return load_of(name, latency, seconds=seconds, ok=fine)

    return make


def marked(run):
    return [(a.kind, a.name, a.metric) for a in view_run(run).anomalies]


def between(begin, end, times):
    return lambda at: np.where((at >= begin) & (at < end), times, 1.0)


def test_a_calm_run_has_no_marks(rows_run, load):
    assert marked(rows_run(load("a"), load("b", seed=2), load("c", seed=3))) == []


@pytest.mark.parametrize(
    ("begin", "end", "kind"), [(30, 31, "spike"), (30, 35, "burst"), (40, 60, "shift")]
)
def test_slow_stretches_are_marked_with_when_how_long_and_how_much(
    rows_run, load, begin, end, kind
):
    view = view_run(rows_run(load("a", slower=between(begin, end, 3.0)), load("b", seed=2)))
    (found,) = view.anomalies
    assert (found.kind, found.name) == (kind, "a")
    assert (found.start_s, found.end_s) == pytest.approx((begin, end), abs=1)
    assert found.size == pytest.approx(3.0, rel=0.3)
    assert isinstance(found.message, Phrase)
    assert found.message.startswith(f"{found.metric} ")
    assert f"{found.size:.1f} times" in found.message


def test_what_several_names_show_is_one_mark_on_all_requests(rows_run, load):
    slower = between(30, 34, 3.0)
    run = rows_run(*(load(name, slower=slower, seed=n) for n, name in enumerate("abc")))
    ((kind, name, _),) = marked(run)
    assert (kind, name) == ("burst", None)


def test_a_tail_that_grows_alone_is_told_as_such(rows_run, load):
    def slower(at):
        hit = (at >= 30) & (at < 34) & (np.arange(len(at)) % 8 == 0)
        return np.where(hit, 20.0, 1.0)

    run = rows_run(load("a", slower=slower), load("b", seed=2))
    ((kind, _, metric),) = marked(run)
    assert (kind, metric) == ("burst", "latency.p95")


def test_a_faster_stretch_that_lasts_is_a_shift_below_one(rows_run, load):
    (found,) = view_run(rows_run(load(slower=between(40, 60, 0.5)))).anomalies
    assert found.kind == "shift"
    assert found.size == pytest.approx(0.5, rel=0.1)


def test_errors_in_a_burst_are_marked_and_steady_ones_are_not(rows_run, load):
    def ok(at):
        n = np.arange(len(at))
        return (n % 50 != 0) & ~((at >= 20) & (at < 24) & (n % 2 == 0))

    view = view_run(rows_run(load("a", ok=ok), load("b", seed=2)))
    (found,) = view.anomalies
    assert (found.kind, found.name, found.metric) == ("burst", "a", "error_rate")
    assert found.size == pytest.approx(0.5, abs=0.03)
    assert found.message == "50 % of requests failed from 20.0 s to 24.0 s"


def test_slow_starts_of_the_first_window_are_no_anomaly(rows_run, load):
    assert marked(rows_run(load(slower=between(0, 1, 10.0)))) == []


def test_the_warm_up_is_no_anomaly(rows_run, load):
    view = view_run(rows_run(load(slower=between(0, 8, 3.0), seconds=120)))
    assert view.warmup_s == pytest.approx(8, abs=2.5)
    assert view.anomalies == ()
    assert view.warmup_message is not None
    assert "were unlike the rest of the run" in view.warmup_message


def test_latency_that_rises_with_the_load_is_no_anomaly(rows_run, load_of):
    rng = np.random.default_rng(1)
    before = load_of("a", 20 * rng.lognormal(0, 0.4, 3000), seconds=40.0)
    busy = load_of("a", 40 * rng.lognormal(0, 0.4, 6000), seconds=20.0, offset_s=40.0)
    assert marked(rows_run(before, busy)) == []


def test_latency_that_rises_while_the_load_falls_is_one(rows_run, load_of):
    rng = np.random.default_rng(1)
    before = load_of("a", 20 * rng.lognormal(0, 0.4, 6000), seconds=40.0)
    slow = load_of("a", 40 * rng.lognormal(0, 0.4, 1500), seconds=20.0, offset_s=40.0)
    assert marked(rows_run(before, slow)) == [("shift", "a", "latency.p50")]


def test_at_most_twenty_are_marked_biggest_first(rows_run, load):
    def slower(at):
        second = at.astype(int)
        return np.where((second % 10 == 5) & (second < 290), 2.0 + second / 50, 1.0)

    found = view_run(rows_run(load(slower=slower, seconds=300))).anomalies
    assert len(found) == 20
    sizes = [anomaly.size for anomaly in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == pytest.approx(7.7, rel=0.2)


@pytest.mark.parametrize("seconds", [3, 19])
def test_a_short_run_is_not_watched(rows_run, load, seconds):
    assert marked(rows_run(load(slower=between(1, 2, 9.0), seconds=seconds))) == []


def test_rare_requests_are_not_watched(rows_run, load):
    assert marked(rows_run(load(slower=between(30, 31, 9.0), rate=3))) == []


def test_windows_of_a_source_without_rows_are_watched_by_their_means(rows_run, interval_rows):
    window = {"scope": "window", "name": "a", "duration_s": 1.0, "requests": 50}
    rng = np.random.default_rng(3)
    rows = [
        window | {"offset_s": i, "latency_mean_ms": 5.0 + rng.normal(0, 0.2) + 20 * (i == 33)}
        for i in range(60)
    ]
    view = view_run(rows_run(intervals=[interval_rows(*rows)]))
    (found,) = view.anomalies
    assert (found.kind, found.metric, found.start_s) == ("spike", "latency.mean", 33.0)
    assert view.warmup_s is None


@pytest.mark.slow
def test_runs_whose_load_wanders_are_calm(rows_run, load_of):
    """Six names, a minute, a common wandering of 15 %: measured no mark in 40 runs."""
    marks = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        weather = np.zeros(SECONDS)
        for i in range(1, SECONDS):
            weather[i] = 0.9 * weather[i - 1] + rng.normal(0, 0.15 * np.sqrt(1 - 0.81))
        at = moments()
        batches = [
            load_of(
                name,
                30 * np.exp(weather[at.astype(int)]) * rng.lognormal(0, 0.5, len(at)),
                seconds=SECONDS,
                ok=rng.random(len(at)) > 0.01,
            )
            for name in "abcdef"
        ]
        marks += bool(marked(rows_run(*batches)))
    assert marks <= 1


def test_a_slow_beginning_of_a_run_that_changed_later_is_marked(rows_run, load):
    def slower(at):
        return np.select([at < 10, at >= 95], [2.5, 1.6], 1.0)

    view = view_run(rows_run(*(load(n, slower=slower, seconds=120, seed=ord(n)) for n in "abc")))
    assert view.warmup_s == 0
    assert [(a.kind, a.name) for a in view.anomalies] == [("burst", None), ("shift", None)]
    assert view.anomalies[0].end_s == pytest.approx(10, abs=1)
