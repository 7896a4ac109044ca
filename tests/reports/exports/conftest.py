"""Runs with measurements, plain and hostile, for every export's tests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Commit
from perfanalysis.reports.exports.measurements import measured


@pytest.fixture
def run_measured(summary):
    """The measurements of a k6 run of a known commit."""
    commit = Commit(sha="9f8e7d6", branch="main")
    return measured(replace(summary, run=summary.run.model_copy(update={"commit": commit})), {})


@pytest.fixture
def hostile_measured(hostile_summary):
    """The measurements of a run whose every text comes from a hostile result file."""
    commit = Commit(sha="=cmd()", branch="=1+1\x1b[31m\n")
    run = hostile_summary.run.model_copy(update={"commit": commit})
    return measured(replace(hostile_summary, run=run), {})


@pytest.fixture
def long_name():
    """A name of 10 KB, and another that differs at its end only."""
    return "GET /" + "a" * 10_000, "GET /" + "a" * 9_999 + "b"


@pytest.fixture
def comparison(comparison):
    """The comparison with two budgets: one met, one without data."""
    met = BudgetResult(
        metric="latency.p95",
        name="search",
        tags=(),
        source="http_req_duration{name:search}: p(95)<500",
        file=None,
        line=None,
        level="error",
        relative=False,
        bound="max",
        limit=500.0,
        for_s=None,
        unit="ms",
        value=57.9,
        baseline=None,
        ci_low=55.0,
        ci_high=61.0,
        confidence=0.95,
        method="batch-means",
        outcome=Outcome.MET,
        reason=None,
        headroom=0.88,
        error_budget_left=None,
        message="search latency.p95: 57.9 ms, limit 500 ms",
        caveats=(),
    )
    missing = replace(
        met,
        metric="system.cpu.mean",
        name=None,
        source="system.cpu.mean: 70 %",
        outcome=Outcome.UNDECIDED,
        value=None,
        headroom=None,
        reason="no-data",
    )
    return replace(comparison, budgets=(met, missing))
