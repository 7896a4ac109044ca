"""Budgets in JSON documents; keys and their order are part of the contract."""

from __future__ import annotations

from perfanalysis.model.budget_results import BudgetResult


def budget_object(result: BudgetResult) -> dict[str, object]:
    """Return one judged budget, ready for `render_json`."""
    return {
        "metric": result.metric,
        "name": result.name,
        "tags": dict(result.tags),
        "source": result.source,
        "file": result.file,
        "line": result.line,
        "level": result.level,
        "relative": result.relative,
        "bound": result.bound,
        "limit": result.limit,
        "for_s": result.for_s,
        "unit": result.unit,
        "value": result.value,
        "baseline": result.baseline,
        "ci_low": result.ci_low,
        "ci_high": result.ci_high,
        "confidence": result.confidence,
        "method": result.method,
        "outcome": str(result.outcome),
        "reason": result.reason,
        "headroom": result.headroom,
        "error_budget_left": result.error_budget_left,
        "message": result.message,
        "caveats": [{"code": entry.code, "message": entry.message} for entry in result.caveats],
    }
