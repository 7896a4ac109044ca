"""From results to text in any output format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.errors import UsageError
from perfanalysis.model.results import Comparison, Summary

if TYPE_CHECKING:
    from perfanalysis.model.budget_results import Check
    from perfanalysis.model.calibration import CalibrationReport
    from perfanalysis.model.views import ReportData, Timeline
    from perfanalysis.reports.markdown import LinkedChart
    from perfanalysis.reports.plots.chart import Chart

# What other languages than English there are for; the others are read by programs, or in terminals.
_WITH_LANGUAGE = ("html", "markdown")
FORMATS: Sequence[str] = (
    "table",
    "plain",
    "json",
    "markdown",
    "csv",
    "junit",
    "html",
    "openmetrics",
)


@dataclass(frozen=True, kw_only=True)
class Screen:
    """Where a table is shown.

    Attributes:
        width: columns; None for as wide as it needs.
        color: whether in colour.
        ascii_only: nothing but ASCII can be shown.
        every_row: a comparison gives every result a row, also those that say little.
    """

    width: int | None = None
    color: bool = False
    ascii_only: bool = False
    every_row: bool = False


PLAIN = Screen()
# For mail, logs and grep: `--format plain`, wherever it is shown.
_UNADORNED = Screen(ascii_only=True, every_row=True)


@contextmanager
def _in_language(format_name: str, lang: str | None) -> Iterator[None]:
    """Make a block's texts for the readers of a format.

    Raises:
        UsageError: there is no such language, or not of this format.
    """
    from perfanalysis.reports.language import ENGLISH, current_language, for_programs, in_language

    if format_name in _WITH_LANGUAGE:
        with in_language(lang or current_language()):
            yield
        return
    if lang not in (None, ENGLISH):
        known = ", ".join(_WITH_LANGUAGE)
        raise UsageError(
            f"{format_name} is in English only, not {lang!r}", hint=f"with a language: {known}"
        )
    with for_programs():
        yield


def render_summary(
    summary: Summary,
    format_name: str,
    *,
    screen: Screen = PLAIN,
    lang: str | None = None,
    courses: Mapping[str | None, Timeline] | None = None,
    charts: Sequence[LinkedChart] = (),
) -> str:
    """Return a summary as `table`, `plain`, `json`, `csv`, `markdown` or `junit`.

    Args:
        summary: what to render.
        format_name: one of these words.
        screen: for tables.
        lang: language of Markdown, `en` or `ja`; None for that of the block (`in_language`).
        courses: timelines by name (`courses`), for the sparklines of tables.
        charts: files of `draw_charts`, for Markdown to show.

    Raises:
        UsageError: another format; no such language, or not of this format.
    """
    with _in_language(format_name, lang):
        if format_name in ("table", "plain"):
            from perfanalysis.reports.terminal.tables import summary_table

            shown = _UNADORNED if format_name == "plain" else screen
            return summary_table(
                summary,
                width=shown.width,
                color=shown.color,
                ascii_only=shown.ascii_only,
                courses=courses,
            )
        if format_name == "markdown":
            from perfanalysis.reports.markdown import summary_markdown

            return summary_markdown(summary, charts)
        return _rendered_summary(summary, format_name)


def _rendered_summary(summary: Summary, format_name: str) -> str:
    match format_name:
        case "json":
            from perfanalysis.reports.json_document import render_json, summary_document

            return render_json(summary_document(summary))
        case "csv":
            from perfanalysis.reports.csv_table import summary_csv

            return summary_csv(summary)
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
    lang: str | None = None,
    charts: Sequence[LinkedChart] = (),
) -> str:
    """Return a comparison as `table`, `plain`, `json`, `csv`, `markdown`, `junit` or `openmetrics`.

    Args:
        comparison: what to render.
        format_name: one of these words.
        screen: for tables.
        reproduce: the command that made it, for Markdown.
        strict: an undecided budget is no pass, for the heading of Markdown.
        lang: language of Markdown, `en` or `ja`; None for that of the block (`in_language`).
        charts: files of `draw_charts`, for Markdown to show.

    Raises:
        UsageError: another format; no such language, or not of this format.
    """
    with _in_language(format_name, lang):
        if format_name == "markdown":
            from perfanalysis.reports.markdown import Framing, comparison_markdown

            framing = Framing(reproduce=reproduce, strict=strict, charts=charts)
            return comparison_markdown(comparison, framing)
        return _rendered_comparison(comparison, format_name, screen)


def _rendered_comparison(comparison: Comparison, format_name: str, screen: Screen) -> str:
    match format_name:
        case "table" | "plain":
            from perfanalysis.reports.terminal.tables import comparison_table

            shown = _UNADORNED if format_name == "plain" else screen
            return comparison_table(
                comparison,
                width=shown.width,
                color=shown.color,
                ascii_only=shown.ascii_only,
                every_row=shown.every_row,
            )
        case "json":
            from perfanalysis.reports.json_document import comparison_document, render_json

            return render_json(comparison_document(comparison))
        case "csv":
            from perfanalysis.reports.csv_table import comparison_csv

            return comparison_csv(comparison)
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
    lang: str | None = None,
) -> str:
    """Return judged budgets as `table`, `plain`, `json`, `csv`, `markdown` or `junit`.

    Args:
        check: what to render.
        format_name: one of these words.
        screen: for tables.
        reproduce: the command that made it, for Markdown.
        strict: an undecided budget is no pass, for the heading of Markdown.
        lang: language of Markdown, `en` or `ja`; None for that of the block (`in_language`).

    Raises:
        UsageError: another format; no such language, or not of this format.
    """
    with _in_language(format_name, lang):
        if format_name == "markdown":
            from perfanalysis.reports.markdown import Framing, check_markdown

            return check_markdown(check, Framing(reproduce=reproduce, strict=strict))
        return _rendered_check(check, format_name, screen)


def _rendered_check(check: Check, format_name: str, screen: Screen) -> str:
    match format_name:
        case "table" | "plain":
            from perfanalysis.reports.budgets.table import check_table
            from perfanalysis.reports.terminal.layout import in_ascii

            shown = _UNADORNED if format_name == "plain" else screen
            with in_ascii(shown.ascii_only):
                return check_table(check, width=shown.width, color=shown.color)
        case "json":
            from perfanalysis.reports.json_document import check_document, render_json

            return render_json(check_document(check))
        case "csv":
            from perfanalysis.reports.budgets.csv_rows import check_csv

            return check_csv(check)
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


def render_report(
    data: ReportData, *, reproduce: str | None = None, lang: str | None = None
) -> str:
    """Return a self-contained HTML document.

    Args:
        data: from `report_data`.
        reproduce: the command that made it, shown at the end.
        lang: its language, `en` or `ja`; None for that of the block (`in_language`).

    Raises:
        UsageError: there is no such language.
    """
    from perfanalysis.reports.html.page import render_report as render

    with _in_language("html", lang):
        return render(data, reproduce=reproduce)


def draw_charts(data: ReportData, *, lang: str | None = None) -> list[Chart]:
    """Return SVG files for Markdown: of a comparison, or else of the first run.

    Args:
        data: from `report_data`.
        lang: language of their texts, `en` or `ja`; None for that of the block (`in_language`).

    Raises:
        UsageError: there is no such language.
    """
    from perfanalysis.reports.plots.files import comparison_charts, run_charts

    with _in_language("markdown", lang):
        if data.comparison is not None:
            return comparison_charts(data.comparison, data)
        return [chart for view in data.current[:1] for chart in run_charts(view)]
