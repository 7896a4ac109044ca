"""From what commands about baselines yield to text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from perfanalysis.api.rendering import PLAIN, Screen
from perfanalysis.errors import UsageError

if TYPE_CHECKING:
    from perfanalysis.model.baseline import Baseline
    from perfanalysis.model.baseline_results import Acceptance, BaselineList, BaselineReport

Found = TypeVar("Found")


def render_acceptance(acceptance: Acceptance, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return what became of runs that were to join a baseline, as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import acceptance_document
    from perfanalysis.reports.baselines import acceptance_table

    return _rendered(acceptance, format_name, acceptance_document, acceptance_table, screen)


def render_baselines(found: BaselineList, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return the list of baselines as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import baseline_list_document
    from perfanalysis.reports.baselines import baseline_list_table

    return _rendered(found, format_name, baseline_list_document, baseline_list_table, screen)


def render_baseline(report: BaselineReport, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return one baseline as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import baseline_document
    from perfanalysis.reports.baselines import baseline_table

    return _rendered(report, format_name, baseline_document, baseline_table, screen)


def render_removed(baseline: Baseline, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return what was removed, as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    from perfanalysis.reports.baseline_documents import stored_document
    from perfanalysis.reports.baselines import removed_text

    return _rendered(baseline, format_name, stored_document, removed_text, screen)


def _rendered(
    found: Found,
    format_name: str,
    document: Callable[[Found], Mapping[str, object]],
    table: Callable[..., str],
    screen: Screen,
) -> str:
    from perfanalysis.reports.json_document import render_json

    match format_name:
        case "table":
            return table(found, width=screen.width, color=screen.color)
        case "json":
            return render_json(document(found))
    raise UsageError(f"baselines have no format {format_name!r}")
