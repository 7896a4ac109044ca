"""Results as HTML tables for a notebook: no style sheet, no script, everything escaped."""

from __future__ import annotations

from perfanalysis.model.budget_results import Check
from perfanalysis.model.results import Comparison, Summary
from perfanalysis.reports import wording
from perfanalysis.reports.budgets.wording import by_importance, headline
from perfanalysis.reports.html.templates import templates
from perfanalysis.reports.summary_wording import summary_sentence

_MAX_ROWS = 200


def comparison_fragment(comparison: Comparison) -> str:
    """Return a comparison as a table, the verdict first."""
    ordered = wording.by_importance(comparison.results)
    return (
        templates()
        .get_template("notebook_comparison.html")
        .render(
            comparison=comparison,
            headline=wording.headline(comparison),
            results=ordered[:_MAX_ROWS],
            left_out=max(len(ordered) - _MAX_ROWS, 0),
        )
    )


def check_fragment(check: Check) -> str:
    """Return judged budgets as a table, broken ones first."""
    ordered = by_importance(check.results)
    return (
        templates()
        .get_template("notebook_check.html")
        .render(
            check=check,
            headline=headline(check),
            results=ordered[:_MAX_ROWS],
            left_out=max(len(ordered) - _MAX_ROWS, 0),
        )
    )


def summary_fragment(summary: Summary) -> str:
    """Return a summary as a table of names, the total last."""
    names = [entry for entry in summary.names if entry.kind == summary.total.kind]
    return (
        templates()
        .get_template("notebook_summary.html")
        .render(
            headline=summary_sentence(summary),
            names=[*names[:_MAX_ROWS], summary.total],
            left_out=max(len(names) - _MAX_ROWS, 0),
        )
    )
