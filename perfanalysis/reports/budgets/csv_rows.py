"""Budgets as CSV: one row a budget and name, in the columns of the JSON document."""

from __future__ import annotations

from perfanalysis.model.budget_results import BudgetResult, Check
from perfanalysis.reports.budgets.wording import by_importance
from perfanalysis.reports.csv_table import Cell, joined_caveats, rendered_table

_COLUMNS = (
    "outcome",
    "level",
    "metric",
    "name",
    "tags",
    "source",
    "file",
    "line",
    "relative",
    "bound",
    "limit",
    "for_s",
    "unit",
    "value",
    "baseline",
    "ci_low",
    "ci_high",
    "confidence",
    "method",
    "reason",
    "headroom",
    "error_budget_left",
    "message",
    "caveats",
)


def check_csv(check: Check) -> str:
    """Return judged budgets as a table, what matters first."""
    return rendered_table(_COLUMNS, [_row(result) for result in by_importance(check.results)])


def _row(result: BudgetResult) -> list[Cell]:
    written: dict[str, Cell] = {
        "outcome": str(result.outcome),
        "tags": ",".join(f"{key}:{value}" for key, value in result.tags),
        "caveats": joined_caveats(result.caveats),
    }
    return [written.get(column, getattr(result, column, None)) for column in _COLUMNS]
