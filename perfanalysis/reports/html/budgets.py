"""Budgets of the HTML report: how much of each limit is used, drawn in its table row.

Every bar has the same scale, from nothing to one and a half times the limit, so that the eye may
run down the column: what crosses the line is over budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perfanalysis.model.budget_results import BudgetResult
from perfanalysis.reports.budgets.wording import by_importance
from perfanalysis.reports.html.tables import Shown, shown
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import pgettext

WIDTH = 180
HEIGHT = 18
_MOST = 1.5  # times the limit: the right edge
MOST_ROWS = 150


@dataclass(frozen=True, kw_only=True)
class BudgetRow:
    """A judged budget with its bar; no bar where a share of the limit means nothing."""

    budget: BudgetResult
    bar: Markup


def budget_rows(results: Sequence[BudgetResult], *, most_rows: int = MOST_ROWS) -> Shown[BudgetRow]:
    """Return the budgets of a report, what matters first."""
    ordered = by_importance(results)
    return shown([BudgetRow(budget=entry, bar=usage_bar(entry)) for entry in ordered], most_rows)


def usage_axis() -> Markup:
    """Return the labels over the column of bars."""
    return Markup(
        '<svg class="usage" viewBox="0 0 {0} {1}" aria-hidden="true">'
        '<text x="0" y="13">{3}</text><text class="middle" x="{2}" y="13">{4}</text>'
        '<text class="end" x="{0}" y="13">{5}</text></svg>'
    ).format(WIDTH, HEIGHT, _x(1.0), _("used"), pgettext("axis", "limit"), _("over"))


def usage_bar(budget: BudgetResult) -> Markup:
    """Return how much of a limit is used as a drawing; the cells beside it say it in figures."""
    used = None if budget.value is None else used_share(budget, budget.value)
    if used is None:
        return Markup("")
    middle = HEIGHT / 2
    parts = Markup(
        '<path class="track" d="M0 {0}H{1}"/><path class="used" d="M0 {0}H{2}"/>'
        '<path class="limit" d="M{3} 0V{4}"/>'
    ).format(middle, WIDTH, _x(used), _x(1.0), HEIGHT)
    return Markup('<svg class="usage {}" viewBox="0 0 {} {}" aria-hidden="true">{}{}</svg>').format(
        str(budget.outcome), WIDTH, HEIGHT, parts, _interval(budget, middle)
    )


def used_share(budget: BudgetResult, value: float) -> float | None:
    """Return how much of a limit a value uses, 1 being all of it; None where it says nothing.

    Of a service level it is the share of the allowed failures that is used up.
    """
    limit = budget.limit
    if limit is None or budget.bound not in ("max", "min"):
        return None
    if budget.error_budget_left is not None and budget.bound == "min":
        return (1 - value) / (1 - limit) if limit < 1 else None
    if budget.relative:
        worse = limit if budget.bound == "max" else -limit
        return max(value / limit, 0.0) if worse > 0 else None
    if limit <= 0:
        return None
    if budget.bound == "max":
        return max(value / limit, 0.0)
    return limit / value if value > 0 else _MOST


def _interval(budget: BudgetResult, middle: float) -> Markup:
    ends = [
        _MOST if end is None else used_share(budget, end) for end in (budget.ci_low, budget.ci_high)
    ]
    if (budget.ci_low is None and budget.ci_high is None) or None in ends:
        return Markup("")
    low, high = sorted(_x(end) for end in ends if end is not None)
    return Markup('<path class="ci" d="M{} {}H{}"/>').format(low, middle, high)


def _x(used: float) -> float:
    return round(min(max(used, 0.0), _MOST) / _MOST * WIDTH, 1)
