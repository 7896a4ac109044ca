"""From results to text in any output format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError
from perfanalysis.model.results import Comparison, Summary

if TYPE_CHECKING:
    from perfanalysis.model.budget_results import Check
    from perfanalysis.model.calibration import CalibrationReport
    from perfanalysis.model.views import ReportData

FORMATS: Sequence[str] = ("table", "json", "markdown", "csv", "junit", "html", "openmetrics")


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where a table is shown: columns (None: as wide as it needs) and whether in colour."""

    width: int | None = None
    color: bool = False


PLAIN = Screen()


def render_summary(summary: Summary, format_name: str, *, screen: Screen = PLAIN) -> str:
    """Return a summary as `table`, `json`, `csv`, `markdown` or `junit`.

    Raises:
        UsageError: another format.
    """
    match format_name:
        case "table":
            from perfanalysis.reports.terminal import summary_table

            return summary_table(summary, width=screen.width, color=screen.color)
        case "json":
            from perfanalysis.reports.json_document import render_json, summary_document

            return render_json(summary_document(summary))
        case "csv":
            from perfanalysis.reports.csv_table import summary_csv

            return summary_csv(summary)
        case "markdown":
            from perfanalysis.reports.markdown import summary_markdown

            return summary_markdown(summary)
        case "junit":
            from perfanalysis.reports.junit import summary_junit

            return summary_junit(summary)
        case _:
            raise UsageError(f"a summary has no format {format_name!r}")


def render_comparison(
    comparison: Comparison,
    format_name: str,
    *,
    screen: Screen = PLAIN,
    reproduce: str | None = None,
    strict: bool = False,
) -> str:
    """Return a comparison as `table`, `json`, `csv`, `markdown`, `junit` or `openmetrics`.

    Args:
        comparison: what to render.
        format_name: one of these words.
        screen: for tables.
        reproduce: the command that made it, for Markdown.
        strict: an undecided budget is no pass, for the heading of Markdown.

    Raises:
        UsageError: another format.
    """
    match format_name:
        case "table":
            from perfanalysis.reports.terminal import comparison_table

            return comparison_table(comparison, width=screen.width, color=screen.color)
        case "json":
            from perfanalysis.reports.json_document import comparison_document, render_json

            return render_json(comparison_document(comparison))
        case "csv":
            from perfanalysis.reports.csv_table import comparison_csv

            return comparison_csv(comparison)
        case "markdown":
            from perfanalysis.reports.markdown import Framing, comparison_markdown

            return comparison_markdown(comparison, Framing(reproduce=reproduce, strict=strict))
        case "junit":
            from perfanalysis.reports.junit import comparison_junit

            return comparison_junit(comparison)
        case "openmetrics":
            from perfanalysis.reports.exports.openmetrics import comparison_metrics

            return comparison_metrics(comparison)
        case _:
            raise UsageError(f"a comparison has no format {format_name!r}")


def render_check(
    check: Check,
    format_name: str,
    *,
    screen: Screen = PLAIN,
    reproduce: str | None = None,
    strict: bool = False,
) -> str:
    """Return judged budgets as `table`, `json`, `csv`, `markdown` or `junit`.

    Args:
        check: what to render.
        format_name: one of these words.
        screen: for tables.
        reproduce: the command that made it, for Markdown.
        strict: an undecided budget is no pass, for the heading of Markdown.

    Raises:
        UsageError: another format.
    """
    match format_name:
        case "table":
            from perfanalysis.reports.budgets.table import check_table

            return check_table(check, width=screen.width, color=screen.color)
        case "json":
            from perfanalysis.reports.json_document import check_document, render_json

            return render_json(check_document(check))
        case "csv":
            from perfanalysis.reports.budgets.csv_rows import check_csv

            return check_csv(check)
        case "markdown":
            from perfanalysis.reports.markdown import Framing, check_markdown

            return check_markdown(check, Framing(reproduce=reproduce, strict=strict))
        case "junit":
            from perfanalysis.reports.junit import check_junit

            return check_junit(check)
        case _:
            raise UsageError(f"a check has no format {format_name!r}")


def render_calibration(
    report: CalibrationReport, format_name: str, *, screen: Screen = PLAIN
) -> str:
    """Return a calibration as `table` or `json`.

    Raises:
        UsageError: another format.
    """
    match format_name:
        case "table":
            from perfanalysis.reports.calibration import calibration_table

            return calibration_table(report, width=screen.width, color=screen.color)
        case "json":
            from perfanalysis.reports.json_document import calibration_document, render_json

            return render_json(calibration_document(report))
        case _:
            raise UsageError(f"a calibration has no format {format_name!r}")


def render_calibration_plot(report: CalibrationReport, format_name: str) -> bytes:
    """Return a picture of the detectable change against the number of runs, as `svg` or `png`.

    Raises:
        UsageError: another format.
    """
    if format_name not in ("svg", "png"):
        raise UsageError(f"a plot is svg or png, not {format_name!r}")
    from perfanalysis.reports.charts.detectable import detectable_plot

    return detectable_plot(report, format_name)


def render_report(data: ReportData, *, reproduce: str | None = None) -> str:
    """Return a self-contained HTML document.

    Args:
        data: from `report_data`.
        reproduce: the command that made it, shown at the end.
    """
    from perfanalysis.reports.html.page import render_report as render

    return render(data, reproduce=reproduce)
