"""A judged budget: broken, of level error."""

from __future__ import annotations

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome

BROKEN_BUDGET = BudgetResult(
    metric="latency.p95",
    name="search",
    tags=(),
    source="latency.p95 of search at most 50 ms",
    file="budget.yml",
    line=2,
    level="error",
    relative=False,
    bound="max",
    limit=50.0,
    for_s=None,
    unit="ms",
    value=57.9,
    baseline=48.1,
    ci_low=55.2,
    ci_high=60.9,
    confidence=0.95,
    method="batch-means",
    outcome=Outcome.BROKEN,
    reason=None,
    headroom=-0.158,
    error_budget_left=None,
    message="search latency.p95 is 57.9 ms, 15.8 % over 50 ms",
    caveats=(),
)
