"""From what commands about baselines yield to text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfanalysis.api.rendering import PLAIN, Screen
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.model.baseline import Baseline
    from perfanalysis.model.baseline_results import Acceptance, BaselineList, BaselineReport


def render_acceptance(acceptance: Acceptance, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return what became of runs that were to join a baseline, as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import acceptance_document
    from perfanalysis.reports.baselines import acceptance_table
    from perfanalysis.reports.json_document import render_json

    if _is_json(format_name):
        return render_json(acceptance_document(acceptance))
    return acceptance_table(acceptance, width=screen.width, color=screen.color)


def render_baselines(found: BaselineList, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return the list of baselines as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import baseline_list_document
    from perfanalysis.reports.baselines import baseline_list_table
    from perfanalysis.reports.json_document import render_json

    if _is_json(format_name):
        return render_json(baseline_list_document(found))
    return baseline_list_table(found, width=screen.width, color=screen.color)


def render_baseline(report: BaselineReport, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return one baseline as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import baseline_document
    from perfanalysis.reports.baselines import baseline_table
    from perfanalysis.reports.json_document import render_json

    if _is_json(format_name):
        return render_json(baseline_document(report))
    return baseline_table(report, width=screen.width, color=screen.color)


def render_removed(baseline: Baseline, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return what was removed, as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import stored_document
    from perfanalysis.reports.baselines import removed_text
    from perfanalysis.reports.json_document import render_json

    if _is_json(format_name):
        return render_json(stored_document(baseline))
    return removed_text(baseline, width=screen.width, color=screen.color)


def _is_json(format_name: str) -> bool:
    if format_name not in ("table", "json"):
        raise UsageError(f"baselines have no format {format_name!r}")
    return format_name == "json"
