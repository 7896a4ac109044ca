"""Judged budgets of every outcome."""

from __future__ import annotations

import pytest

from perfanalysis.model.budget_results import Check
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.outcome import Outcome


@pytest.fixture
def budgets(make_budget):
    """One budget of each kind, met ones first."""
    met = make_budget(
        name="browse",
        source="latency.p95 of *: limit 50 ms",
        limit=50.0,
        value=20.0,
        ci_low=18.0,
        ci_high=23.0,
        outcome=Outcome.MET,
        headroom=0.6,
        message="browse latency.p95 is 20.0 ms (18.0 to 23.0 ms), budget at most 50 ms",
        caveats=(),
    )
    undecided = make_budget(
        name=None,
        metric="error_rate",
        unit="ratio",
        limit=0.001,
        value=0.0,
        ci_low=0.0,
        ci_high=0.0038,
        outcome=Outcome.UNDECIDED,
        reason="spans-limit",
        headroom=1.0,
        error_budget_left=1.0,
        message="error_rate is 0 %, budget at most 0.1 %: the interval spans the limit",
        caveats=(Caveat(code="odd", message="a caveat of the budget"),),
    )
    warns = make_budget(
        name="cart",
        level="warn",
        limit=30.0,
        value=40.0,
        headroom=-1 / 3,
        message="cart latency.p95 is 40.0 ms, budget at most 30 ms",
        caveats=(),
    )
    relative = make_budget(
        name="search",
        source="latency.p95 of search: change +10 %",
        relative=True,
        unit="ratio",
        limit=0.1,
        value=0.203,
        ci_low=0.12,
        ci_high=0.29,
        headroom=-1.03,
        message="search latency.p95 changed by +20.3 % against the baseline",
        caveats=(),
    )
    missing = make_budget(
        name=None,
        metric="system.cpu.mean",
        unit="%",
        limit=70.0,
        value=None,
        ci_low=None,
        ci_high=None,
        outcome=Outcome.UNDECIDED,
        reason="no-data",
        headroom=None,
        message="system.cpu.mean: no data, the runs hold no series 'system.cpu'",
        caveats=(),
    )
    return (met, undecided, warns, relative, missing)


@pytest.fixture
def check(budgets, make_run):
    return Check(
        runs=(make_run(caveats=(Caveat(code="cut-last-line", message="k6.csv:9: cut short"),)),),
        outcome=Outcome.BROKEN,
        results=budgets,
        caveats=(Caveat(code="one-run", message="one run shows its own figures only"),),
    )
