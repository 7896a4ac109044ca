"""Budgets in Markdown: a cell beside a result, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.wording import counts_text, value_text
from perfanalysis.reports.language import gettext as _
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
from perfanalysis.reports.numbers import counted, format_ratio, significant
from perfanalysis.reports.words import word

OUTCOME_SYMBOLS = {Outcome.BROKEN: "❌", Outcome.UNDECIDED: "⚠️", Outcome.MET: "✅"}
_MARKS = {Outcome.BROKEN: "✗", Outcome.UNDECIDED: "?", Outcome.MET: "✓"}
_BOUNDS = {"max": "", "min": "≥ ", "equal": "= ", "unequal": "≠ "}
_OUTCOME_ORDER = (Outcome.BROKEN, Outcome.UNDECIDED, Outcome.MET)
_LONGEST_SOURCE = 100


def badness(budget: BudgetResult) -> tuple[int, bool, float]:
    """Return what budgets are sorted by: broken ones first, then errors, then the least room."""
    room = 0.0 if budget.headroom is None else budget.headroom
    return _OUTCOME_ORDER.index(budget.outcome), budget.level == "warn", room


def symbol(budget: BudgetResult) -> str:
    """Return a sign for the outcome; a broken budget that only warns is no failure."""
    if budget.outcome is Outcome.BROKEN and budget.level == "warn":
        return "⚠️"
    return OUTCOME_SYMBOLS[budget.outcome]


def limit_cell(budget: BudgetResult | None) -> str:
    """Return the limit with a mark for its outcome: `250 ms ✗`, `≥ 100 /s ✓`."""
    if budget is None:
        return wording.NONE
    limit = f"{_BOUNDS[budget.bound]}{value_text(budget, budget.limit)}"
    if budget.for_s is not None:
        limit = _("{limit} for {seconds} s").format(limit=limit, seconds=significant(budget.for_s))
    return figure_text(_warning(budget, f"{limit} {_MARKS[budget.outcome]}"))


def outcome_words(budget: BudgetResult) -> str:
    """Return the outcome, and whether it leaves the gate alone: `budget broken (warn)`."""
    return _warning(budget, _("budget {outcome}").format(outcome=word(budget.outcome)))


def _warning(budget: BudgetResult, text: str) -> str:
    if budget.level == "warn" and budget.outcome is not Outcome.MET:
        return _("{text} (warn)").format(text=text)
    return text


def budget_table(budgets: Sequence[BudgetResult]) -> str:
    """Return budgets as a table, or nothing without any."""
    return table(_columns(), [_row(budget) for budget in budgets])


def budget_section(budgets: Sequence[BudgetResult], *, keep: int) -> Section:
    """Return all budgets as a folded table, the worst first."""
    title = counted(
        "{num} budget: {outcomes}",
        "{num} budgets: {outcomes}",
        len(budgets),
        outcomes=counts_text(budgets),
    )
    rows = (_row(budget) for budget in sorted(budgets, key=badness))
    return table_section(title, _columns(), rows, len(budgets), keep=keep)


def _columns() -> list[Column]:
    return [
        Column(title=" ", align="center"),
        Column(title=_("Budget"), align="left"),
        Column(title=_("Name"), align="left"),
        Column(title=_("Value"), align="right"),
        Column(title=_("Headroom"), align="right"),
        Column(title=_("Outcome"), align="left"),
    ]


def _row(budget: BudgetResult) -> list[str]:
    outcome = word(budget.outcome)
    if budget.level == "warn":
        outcome = _("{outcome}, warns only").format(outcome=outcome)
    return [
        symbol(budget),
        code(budget.source, _LONGEST_SOURCE),
        name_code(budget.name),
        figure_text(value_text(budget, budget.value)),
        figure_text(_headroom(budget)),
        f"{outcome}: {prose(budget.message)}",
    ]


def _headroom(budget: BudgetResult) -> str:
    room = format_ratio(budget.headroom)
    if budget.error_budget_left is None:
        return room
    return _("{room}; {left} of the error budget").format(
        room=room, left=format_ratio(budget.error_budget_left)
    )
