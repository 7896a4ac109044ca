"""The gate: whether a pipeline goes on, from the verdict on changes and the outcome of budgets."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from perfanalysis.model.budget_results import BudgetResult, gate_outcome
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Verdict


class Gate(StrEnum):
    """What a comparison, a check or both mean for a pipeline."""

    PASSED = "passed"
    FAILED = "failed"
    NO_VERDICT = "no-verdict"


def gate_of(verdict: Verdict | None, budgets: Sequence[BudgetResult], *, strict: bool) -> Gate:
    """Return whether a pipeline goes on.

    Args:
        verdict: of a comparison; None where only budgets were judged.
        budgets: judged ones, of a check or a comparison.
        strict: whether a budget whose value's interval spans the limit means no verdict.
    """
    if verdict is Verdict.REGRESSED or any(budget.fails for budget in budgets):
        return Gate.FAILED
    if verdict is None or budgets:
        outcome = gate_outcome(budgets, strict=strict)
        if outcome is Outcome.UNDECIDED:
            return Gate.NO_VERDICT
    return Gate.NO_VERDICT if verdict is Verdict.UNDECIDED else Gate.PASSED
