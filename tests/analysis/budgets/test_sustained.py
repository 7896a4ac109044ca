"""Limits that must be exceeded for a while."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfanalysis.analysis.budgets.sustained import Levels, sustained
from perfanalysis.model.outcome import Outcome

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


def levels(values, *, starts=None, width_s=1.0):
    values = np.asarray(values, dtype=np.float64)
    starts = np.arange(len(values)) if starts is None else starts
    return Levels(
        start_s=np.asarray(starts, dtype=np.float64), level=values, width_s=width_s, per_span=1.0
    )


def brute(found, for_s, *, most):
    """The worst level kept up for so long, by looking at every stretch."""
    worst = None
    for first in range(len(found.level)):
        for last in range(first, len(found.level)):
            lasted = found.start_s[last] - found.start_s[first] + found.width_s
            if lasted >= for_s - 1e-9:
                part = found.level[first : last + 1]
                kept = part.min() if most else part.max()
                better = max if most else min
                worst = kept if worst is None else better(worst, kept)
                break
    return worst


@given(
    values=st.lists(st.integers(0, 9), min_size=0, max_size=30),
    gaps=st.lists(st.integers(1, 3), min_size=30, max_size=30),
    for_s=st.integers(1, 12),
    most=st.booleans(),
)
def test_the_worst_level_is_that_of_the_worst_stretch(values, gaps, for_s, most):
    starts = np.cumsum(gaps)[: len(values)]
    found = levels(values, starts=starts)
    assert sustained(found, for_s, most=most) == brute(found, for_s, most=most)


def test_a_run_shorter_than_the_time_tells_nothing():
    assert sustained(levels([9, 9, 9]), 4, most=True) is None
    assert sustained(levels([9, 9, 9]), 3, most=True) == 9


@pytest.fixture
def spiky(rows_run, load_of):
    """Fifty requests a second for a minute, 10 ms each; from 20 s to 30 s they take 100 ms."""
    values = np.full(3000, 10.0)
    values[1000:1500] = 100.0
    failing = np.zeros(3000, dtype=bool)
    failing[2000:2150:2] = True
    return rows_run(load_of("a", values, seconds=60.0, ok=(~failing).tolist()))


@pytest.mark.parametrize(
    ("text", "outcome", "value"),
    [
        ("metric: latency.p95, limit: 50 ms, for: 10s", BROKEN, 100.0),
        ("metric: latency.p95, limit: 50 ms, for: 5 s", BROKEN, 100.0),
        ("metric: latency.p95, limit: 50 ms, for: 12s", MET, 10.0),
        ("metric: latency.mean, limit: 50 ms, for: 10s", BROKEN, 100.0),
        ("metric: latency.max, limit: 50 ms, for: 11s", MET, 10.0),
        ("metric: error_rate, limit: 10 %, for: 3s", BROKEN, 0.5),
        ("metric: error_rate, limit: 10 %, for: 4s", MET, 0.0),
        ("metric: throughput, min: 49 /s, for: 2s", MET, 50.0),
        ("metric: throughput, max: 49 /s, for: 2s", BROKEN, 50.0),
    ],
)
def test_a_limit_breaks_where_it_is_exceeded_for_so_long_on_end(only, spiky, text, outcome, value):
    found = only(f"budgets: [{{{text}}}]", spiky)
    assert (found.outcome, found.value) == (outcome, pytest.approx(value))
    assert found.for_s == float(text.rpartition("for: ")[2].removesuffix("s"))
    assert (found.ci_low, found.method) == (None, "none")


def test_a_time_longer_than_the_run_is_undecided_never_met(only, spiky):
    found = only("budgets: [{metric: latency.p95, limit: 50 ms, for: 2 min}]", spiky)
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")


def test_seconds_without_requests_count_as_no_throughput(rows_run, load_of, only):
    run = rows_run(
        load_of("a", [5.0] * 500, seconds=10.0),
        load_of("a", [5.0] * 500, seconds=10.0, offset_s=20.0),
    )
    found = only("budgets: [{metric: throughput, min: 10 /s, for: 5s}]", run)
    assert (found.outcome, found.value) == (BROKEN, 0.0)
    # Nothing was slow in seconds in which nothing was asked.
    found = only("budgets: [{metric: latency.p95, limit: 4 ms, for: 15s}]", run)
    assert found.outcome is BROKEN


def test_the_sentence_tells_the_worst_level_and_the_time(only, spiky):
    found = only("budgets: [{metric: latency.p95, limit: 50 ms, for: 10s}]", spiky)
    assert found.message == (
        "latency.p95 was at least 100 ms for 10 s on end at its worst, "
        "budget at most 50 ms for 10 s on end"
    )


def test_percentiles_of_seconds_with_few_requests_are_footnoted(only, rows_run, load_of, spiky):
    few = rows_run(load_of("a", [5.0] * 300, seconds=60.0))
    text = "budgets: [{metric: latency.p99, limit: 50 ms, for: 5s}]"
    assert [caveat.code for caveat in only(text, few).caveats] == ["few-per-step"]
    assert only("budgets: [{metric: latency.p90, limit: 1 s, for: 5s}]", spiky).caveats == ()


def test_series_are_read_second_by_second(rows_run, series_of, only):
    busy = [20.0] * 10 + [95.0] * 6 + [20.0] * 10
    run = rows_run(series=(series_of("system.cpu", busy, unit="%"),))
    for seconds, outcome in ((6, BROKEN), (7, MET)):
        text = f"budgets: [{{metric: system.cpu.mean, limit: 90 %, for: {seconds}s}}]"
        assert only(text, run).outcome is outcome


def test_windows_of_a_tool_stand_for_seconds(rows_run, interval_rows, only):
    rows = [
        {
            "name": "a",
            "scope": "window",
            "offset_s": second,
            "duration_s": 1.0,
            "requests": 10,
            "failures": 9 if 5 <= second < 9 else 0,
            "latency_mean_ms": 80.0 if 5 <= second < 9 else 8.0,
        }
        for second in range(20)
    ]
    run = rows_run(intervals=(interval_rows(*rows),), duration_s=20.0)
    for seconds, outcome in ((4, BROKEN), (5, MET)):
        for text in ("metric: latency.mean, limit: 50 ms", "metric: error_rate, limit: 50 %"):
            found = only(f"budgets: [{{{text}, for: {seconds}s}}]", run)
            assert found.outcome is outcome
    found = only("budgets: [{metric: latency.p95, limit: 1 s, for: 2s}]", run)
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")


def test_histograms_stand_for_rows(only, spiky, tmp_path):
    import shutil

    from perfanalysis.store.bundle import Run

    shutil.copytree(spiky.path, tmp_path / "lean.run")
    (tmp_path / "lean.run" / "requests.parquet").unlink()
    lean = Run.open(tmp_path / "lean.run")
    for seconds, outcome in ((10, BROKEN), (12, MET)):
        text = f"budgets: [{{metric: latency.p95, limit: 50 ms, for: {seconds}s}}]"
        assert only(text, lean).outcome is outcome


def test_of_several_runs_the_worst_one_counts(only, spiky, rows_run, load_of):
    calm = rows_run(load_of("a", [10.0] * 3000, seconds=60.0))
    text = "budgets: [{metric: latency.p95, limit: 50 ms, for: 10s}]"
    assert only(text, calm).outcome is MET
    assert only(text, calm, spiky).outcome is BROKEN
