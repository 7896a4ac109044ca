"""What the tables of a comment show: results with their budgets, what matters first.

A row is a result, the budget on the same name and metric, or both.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Result, Severity, Verdict
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.wording import value_text
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import listed, sentences
from perfanalysis.reports.markdown import budgets as budget_cells
from perfanalysis.reports.markdown.layout import Column, figure_text, metric_text, name_code
from perfanalysis.reports.numbers import format_quantity

SYMBOLS = {
    Verdict.REGRESSED: "❌",
    Verdict.UNDECIDED: "⚠️",
    Verdict.NOT_REGRESSED: "✅",
    Verdict.IMPROVED: "✅",
    Verdict.UNCHANGED: "✅",
}
_SEVERITY_ORDER = (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.NONE)


class Rank(IntEnum):
    """How much a row matters. What this change broke goes before what was broken already."""

    REGRESSED = 0
    BROKEN = 1
    NOT_GATING = 2
    UNDECIDED = 3
    IMPROVED = 4
    QUIET = 5


@dataclass(frozen=True, kw_only=True)
class Row:
    """A result, a budget, or both of the same name and metric; one of them is there."""

    result: Result | None
    budget: BudgetResult | None

    @property
    def rank(self) -> Rank:
        """How much this row matters."""
        result, budget = self.result, self.budget
        if result is not None and result.gate and result.verdict is Verdict.REGRESSED:
            return Rank.REGRESSED
        if budget is not None and budget.fails:
            return Rank.BROKEN
        broken = budget is not None and budget.outcome is Outcome.BROKEN
        if broken or (result is not None and result.verdict is Verdict.REGRESSED):
            return Rank.NOT_GATING
        unsure = budget is not None and budget.outcome is Outcome.UNDECIDED
        if unsure or (result is not None and result.verdict is Verdict.UNDECIDED):
            return Rank.UNDECIDED
        if result is not None and result.verdict is Verdict.IMPROVED:
            return Rank.IMPROVED
        return Rank.QUIET

    @property
    def fails(self) -> bool:
        """Whether this row alone fails the gate."""
        return self.rank in (Rank.REGRESSED, Rank.BROKEN)

    def order(self) -> tuple[int, int, float, str, str]:
        """Return what rows are sorted by: rank, severity, size, name, metric."""
        result, budget = self.result, self.budget
        severity = Severity.NONE if result is None else result.severity
        of = result or budget
        name = "" if of is None or of.name is None else of.name
        metric = "" if of is None else of.metric
        return self.rank, _SEVERITY_ORDER.index(severity), -self._size(), name, metric

    def _size(self) -> float:
        """Return how big the change is relative to its tolerance, else how far over budget."""
        if self.rank is not Rank.BROKEN and self.result is not None:
            change, tolerance = self.result.change, self.result.tolerance
            return 0.0 if change is None or not tolerance else abs(change) / tolerance
        return 0.0 if self.budget is None else -(self.budget.headroom or 0.0)


def ordered_rows(results: Iterable[Result], budgets: Sequence[BudgetResult]) -> list[Row]:
    """Return rows for results and for the budgets that are on none of them, by importance.

    Of several budgets on one name and metric the worst is shown. Budgets that are met, and no
    result stands beside them, have no row: the table of budgets has them.
    """
    worst: dict[tuple[str, str], BudgetResult] = {}
    for budget in sorted(budgets, key=budget_cells.badness, reverse=True):
        # Results, too, call all requests together by their name in words.
        worst[wording.ALL_REQUESTS if budget.name is None else budget.name, _key(budget)] = budget
    rows = [
        Row(result=result, budget=worst.pop((result.name, result.metric), None))
        for result in results
    ]
    rows += [
        Row(result=None, budget=budget)
        for budget in worst.values()
        if budget.outcome is not Outcome.MET
    ]
    return sorted(rows, key=Row.order)


def _key(budget: BudgetResult) -> str:
    """Return a metric, made another one by tags: those select a part of a name's requests."""
    tags = ",".join(f"{key}={value}" for key, value in budget.tags)
    return f"{budget.metric}{{{tags}}}" if tags else budget.metric


def columns(rows: Sequence[Row], *, with_budgets: bool) -> list[Column]:
    """Return the heads of the columns."""
    results = [row.result for row in rows if row.result is not None]
    interval = wording.interval_heading(results)
    budget = [Column(title=_("Budget"), align="left")] if with_budgets else []
    return [
        Column(title=" ", align="center"),
        Column(title=_("Name"), align="left"),
        Column(title=_("Metric"), align="left"),
        Column(title=_("Baseline"), align="right"),
        Column(title=_("Current"), align="right"),
        Column(title=_("Change ({interval})").format(interval=interval), align="right"),
        *budget,
        Column(title=_("Verdict"), align="left"),
    ]


def cells(row: Row, *, with_budgets: bool) -> list[str]:
    """Return the cells of a row as Markdown."""
    budget = [budget_cells.limit_cell(row.budget)] if with_budgets else []
    if row.result is None:
        assert row.budget is not None  # noqa: S101  (a row has a result or a budget)
        return [*_budget_figures(row.budget), *budget, _verdict(row)]
    result = row.result
    return [
        _symbol(row),
        name_code(result.name),
        metric_text(result.metric),
        figure_text(format_quantity(result.baseline, result.unit)),
        figure_text(format_quantity(result.current, result.unit)),
        wording.change_with_interval(result),
        *budget,
        _verdict(row),
    ]


def _budget_figures(budget: BudgetResult) -> list[str]:
    value = value_text(budget, budget.value)
    baseline = wording.NONE if budget.relative else format_quantity(budget.baseline, budget.unit)
    current, change = (wording.NONE, value) if budget.relative else (value, wording.NONE)
    return [
        budget_cells.symbol(budget),
        name_code(budget.name),
        metric_text(_key(budget)),
        figure_text(baseline),
        figure_text(current),
        figure_text(change),
    ]


def _symbol(row: Row) -> str:
    if row.fails:
        return "❌"
    return "⚠️" if row.rank in (Rank.NOT_GATING, Rank.UNDECIDED) else "✅"


def _verdict(row: Row) -> str:
    parts = []
    if row.result is not None:
        way = _remedy(row.result)
        verdict = wording.verdict_text(row.result)
        if way is not None:
            verdict = _("{verdict}: {way} would decide").format(verdict=verdict, way=way)
        parts.append(verdict)
    if row.budget is not None and row.budget.outcome is not Outcome.MET:
        parts.append(budget_cells.outcome_words(row.budget))
    return sentences(parts)


def _remedy(result: Result) -> str | None:
    """Return the one thing that would decide a result; a table has no room for two."""
    if result.runs_needed is not None and result.verdict is Verdict.UNDECIDED:
        return wording.runs_a_side(result.runs_needed)
    return wording.remedy(result)


def worst_text(row: Row) -> str:
    """Return the row that matters most in a few words."""
    over = row.budget is not None and row.budget.outcome is Outcome.BROKEN
    if row.result is not None:
        name, metric = name_code(row.result.name), metric_text(row.result.metric)
        size = wording.change_with_interval(row.result)
        said = f"{name} {metric} **{size}**"
        said = listed([said, wording.verdict_words(row.result)])
    else:
        assert row.budget is not None  # noqa: S101  (a row has a result or a budget)
        name, metric = name_code(row.budget.name), metric_text(_key(row.budget))
        said = f"{name} {metric} **{figure_text(value_text(row.budget, row.budget.value))}**"
    if not over:
        return said
    return listed([said, _("budget {limit}").format(limit=budget_cells.limit_cell(row.budget))])
