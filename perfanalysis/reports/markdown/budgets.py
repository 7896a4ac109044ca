"""Budgets in Markdown: a cell beside a result, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports import wording
from perfanalysis.reports.markdown.layout import (
    Column,
    Section,
    code,
    figure_text,
    name_code,
    prose,
    table,
    table_section,
)
from perfanalysis.units import format_quantity, format_ratio

OUTCOME_SYMBOLS = {Outcome.BROKEN: "❌", Outcome.UNDECIDED: "⚠️", Outcome.MET: "✅"}
_MARKS = {Outcome.BROKEN: "✗", Outcome.UNDECIDED: "?", Outcome.MET: "✓"}
_BOUNDS = {"max": "", "min": "≥ ", "equal": "= ", "unequal": "≠ "}
_OUTCOME_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)
_LONGEST_SOURCE = 100
_COLUMNS = (
    Column(title=" ", align="center"),
    Column(title="Budget", align="left"),
    Column(title="Name", align="left"),
    Column(title="Value", align="right"),
    Column(title="Headroom", align="right"),
    Column(title="Outcome", align="left"),
)


def badness(budget: BudgetResult) -> tuple[int, bool, float]:
    """Return what budgets are sorted by: broken ones first, then errors, then the least room."""
    room = 0.0 if budget.headroom is None else budget.headroom
    return _OUTCOME_ORDER.index(budget.outcome), budget.level == "warn", room


def symbol(budget: BudgetResult) -> str:
    """Return a sign for the outcome; a broken budget that only warns is no failure."""
    if budget.outcome is Outcome.BROKEN and budget.level == "warn":
        return "⚠️"
    return OUTCOME_SYMBOLS[budget.outcome]


def amount_text(budget: BudgetResult, amount: float | None) -> str:
    """Return a limit or value of a budget: `250 ms`, or `+10 %` of a relative one."""
    if amount is None:
        return wording.NONE
    if budget.relative:
        return wording.size_text(amount, budget.metric, sign=True)
    return format_quantity(amount, budget.unit)


def limit_cell(budget: BudgetResult | None) -> str:
    """Return the limit with a mark for its outcome: `250 ms ✗`, `≥ 100 /s ✓`."""
    if budget is None:
        return wording.NONE
    limit = f"{_BOUNDS[budget.bound]}{amount_text(budget, budget.limit)}"
    lasting = "" if budget.for_s is None else f" for {format_quantity(budget.for_s, 's')}"
    warn = " (warn)" if budget.level == "warn" and budget.outcome is not Outcome.MET else ""
    return figure_text(f"{limit}{lasting} {_MARKS[budget.outcome]}{warn}")


def outcome_words(budget: BudgetResult) -> str:
    """Return the outcome, and whether it leaves the gate alone: `budget broken (warn)`."""
    warn = " (warn)" if budget.level == "warn" and budget.outcome is not Outcome.MET else ""
    return f"budget {budget.outcome}{warn}"


def counts_text(budgets: Sequence[BudgetResult]) -> str:
    """Return how many budgets had which outcome: `1 broken, 11 met`."""
    counts = [(sum(b.outcome is outcome for b in budgets), outcome) for outcome in _OUTCOME_ORDER]
    return ", ".join(f"{count} {outcome}" for count, outcome in counts if count)


def budget_table(budgets: Sequence[BudgetResult]) -> str:
    """Return budgets as a table, or nothing without any."""
    return table(_COLUMNS, [_row(budget) for budget in budgets])


def budget_section(budgets: Sequence[BudgetResult], *, keep: int) -> Section:
    """Return all budgets as a folded table, the worst first."""
    title = f"{wording.plural(len(budgets), 'budget')}: {counts_text(budgets)}"
    rows = (_row(budget) for budget in sorted(budgets, key=badness))
    return table_section(title, _COLUMNS, rows, len(budgets), keep=keep)


def _row(budget: BudgetResult) -> list[str]:
    level = ", warns only" if budget.level == "warn" else ""
    return [
        symbol(budget),
        code(budget.source, _LONGEST_SOURCE),
        name_code(budget.name),
        figure_text(amount_text(budget, budget.value)),
        figure_text(_headroom(budget)),
        f"{budget.outcome}{level}: {prose(budget.message)}",
    ]


def _headroom(budget: BudgetResult) -> str:
    room = format_ratio(budget.headroom)
    if budget.error_budget_left is None:
        return room
    return f"{room}; {format_ratio(budget.error_budget_left)} of the error budget"
