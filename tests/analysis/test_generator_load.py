"""Runs of our own generator: what they say of themselves decides whether they are comparable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from perfanalysis.analysis.comparable import loads_of, obstacles
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.evidence import RunEvidence
from perfanalysis.analysis.judge import Settings
from perfanalysis.analysis.load import Load
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import TIMESTAMP
from perfanalysis.model.results import Verdict

SATURATED = Caveat(code="generator-saturated", message="worker 0 used 97 % of its processor")
LOST = Caveat(code="worker-lost", message="worker 1 of 2 died after 3.0 s")


@pytest.fixture
def shop(rows_run, load_of, lognormal):
    def make(*, search_ms=50.0, caveats=()):
        latencies = lognormal(search_ms, 0.4, 1500)
        return rows_run(load_of("search", latencies, seconds=30.0), caveats=caveats)

    return make


def found(current, baseline):
    loads = loads_of([RunEvidence(current)], [RunEvidence(baseline)])
    return {caveat.code: caveat.message for caveat in obstacles(loads)}


def test_a_run_whose_generator_was_saturated_is_not_comparable_and_the_figure_says_why(shop):
    result = compare_runs(
        [shop(search_ms=100.0, caveats=(SATURATED,))], [shop()], settings=Settings()
    )
    assert result.verdict is Verdict.UNDECIDED
    (reason,) = result.reasons
    assert reason.startswith("not comparable: current run ")
    assert reason.endswith(": worker 0 used 97 % of its processor")


def test_a_saturated_baseline_is_an_obstacle_too(shop):
    assert set(found(shop(), shop(caveats=(SATURATED,)))) == {"generator-saturated"}


def test_a_run_that_lost_a_worker_is_not_comparable(shop):
    assert set(found(shop(caveats=(LOST,)), shop())) == {"worker-lost"}


def test_force_compares_what_a_saturated_generator_measured(shop):
    sides = [shop(search_ms=100.0, caveats=(SATURATED,))], [shop()]
    result = compare_runs(*sides, settings=Settings(force=True))
    assert result.verdict is Verdict.REGRESSED
    assert {"forced", "generator-saturated"} <= {caveat.code for caveat in result.caveats}


def test_other_caveats_of_a_run_do_not_forbid_a_comparison(shop):
    harmless = Caveat(code="unverified-tls", message="as was asked for")
    assert found(shop(caveats=(harmless,)), shop()) == {}


def journeys(load_of, *, due_s, tail_s, n=600):
    """Iterations of two requests: the first when it was due, the second `tail_s` later."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due = [start + timedelta(seconds=due_s * i / n) for i in range(n)]
    first = load_of("login", [20.0] * n, seconds=due_s, scheduled_at=due)
    second = load_of("buy", [20.0] * n, seconds=due_s, offset_s=tail_s)
    return first, second.append_column("scheduled_at", pa.nulls(n, TIMESTAMP))


def counted(series_of, *, made, dropped=0.0):
    return [
        series_of("iterations", [made / 30] * 30, kind="counter"),
        series_of("dropped_iterations", [dropped / 30] * 30, kind="counter"),
    ]


def test_long_iterations_at_the_end_are_no_load_that_was_not_reached(rows_run, load_of, series_of):
    run = rows_run(*journeys(load_of, due_s=30.0, tail_s=10.0), series=counted(series_of, made=600))
    offered = Load(RunEvidence(run), "current").offered
    assert offered.achieved == 1.0
    assert offered.per_s == pytest.approx(20.0, rel=0.01)
    assert found(run, run) == {}


def test_slower_iterations_offer_the_same_load(rows_run, load_of, series_of):
    slow, quick = (
        rows_run(*journeys(load_of, due_s=30.0, tail_s=tail_s), series=counted(series_of, made=600))
        for tail_s in (6.0, 1.0)
    )
    assert found(slow, quick) == {}


def test_dropped_arrivals_are_a_load_that_was_not_reached(rows_run, load_of, series_of):
    run = rows_run(
        *journeys(load_of, due_s=30.0, tail_s=1.0),
        series=counted(series_of, made=540, dropped=60),
    )
    assert Load(RunEvidence(run), "current").offered.achieved == pytest.approx(0.9)
    assert "load-not-reached" in found(run, run)
