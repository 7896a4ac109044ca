"""A summary in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.results import NameSummary, SeriesSummary, Summary, ThresholdOutcome
from perfanalysis.reports import summary_wording, wording
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import pgettext
from perfanalysis.reports.markdown.budgets import OUTCOME_SYMBOLS
from perfanalysis.reports.markdown.charts import LinkedChart, picture
from perfanalysis.reports.markdown.layout import (
    Column,
    Section,
    code,
    figure_text,
    fitted,
    list_section,
    name_code,
    prose,
    table,
    table_section,
)
from perfanalysis.reports.name_columns import NameColumn, name_columns
from perfanalysis.reports.numbers import counted, format_count
from perfanalysis.reports.series_names import series_names
from perfanalysis.reports.words import word

_MOST_ROWS = 10
_HIGHEST_RANK = 5  # columns of a higher rank would make the table scroll sideways


def summary_markdown(summary: Summary, charts: Sequence[LinkedChart] = ()) -> str:
    """Return a summary, with the files that show it, as Markdown of at most 60,000 bytes."""
    columns = [column for column in name_columns(summary) if column.rank <= _HIGHEST_RANK]
    thresholds = summary_wording.thresholds_by_outcome(summary.thresholds)
    first = [*summary.names[:_MOST_ROWS], summary.total]
    if not summary_wording.has_requests(summary):
        first = []
    further = summary.names[_MOST_ROWS:]
    head = [
        "### " + _("Performance of {run}").format(run=code(wording.name_text(summary.run.name))),
        prose(summary_wording.summary_sentence(summary)),
        summary_wording.threshold_counts(thresholds) if thresholds else "",
        table(_threshold_columns(), _threshold_rows(thresholds[:_MOST_ROWS])),
        table(_name_heads(columns), _name_rows(first, columns)),
        *(picture(chart) for chart in charts),
    ]
    more_thresholds = thresholds[_MOST_ROWS:]
    sections = [
        table_section(
            counted("{num} more threshold", "{num} more thresholds", len(more_thresholds)),
            _threshold_columns(),
            _threshold_rows(more_thresholds),
            len(more_thresholds),
            keep=4,
        ),
        table_section(
            counted("{num} more name", "{num} more names", len(further)),
            _name_heads(columns),
            _name_rows(further, columns),
            len(further),
            keep=2,
        ),
        _checks(summary, keep=1),
        _series(summary.series, keep=0),
        list_section(_("Caveats"), _caveats(summary), keep=3),
    ]
    return fitted(head, sections, [])


def _threshold_columns() -> list[Column]:
    return [
        Column(title=" ", align="center"),
        Column(title=_("Threshold"), align="left"),
        Column(title=_("Outcome"), align="left"),
    ]


def _threshold_rows(thresholds: Iterable[ThresholdOutcome]) -> Iterable[list[str]]:
    for threshold in thresholds:
        yield [
            OUTCOME_SYMBOLS[threshold.outcome],
            code(wording.name_text(threshold.source)),
            f"{word(threshold.outcome)}: {prose(threshold.message)}",
        ]


def _name_heads(columns: Sequence[NameColumn]) -> list[Column]:
    return [
        Column(title=_("Name"), align="left"),
        *(
            Column(title=column.title, align="right" if column.right else "left")
            for column in columns
        ),
    ]


def _name_rows(
    entries: Iterable[NameSummary], columns: Sequence[NameColumn]
) -> Iterable[list[str]]:
    for entry in entries:
        name = f"**{name_code(None)}**" if entry.name is None else name_code(entry.name)
        yield [name, *(figure_text(column.text(entry)) for column in columns)]


def _checks(summary: Summary, *, keep: int) -> Section:
    checks = sorted(summary.checks, key=lambda check: (check.fails == 0, check.name))
    failed = sum(check.fails > 0 for check in checks)
    title = counted(
        "{num} check, {failed} with failures",
        "{num} checks, {failed} with failures",
        len(checks),
        failed=str(failed),
    )
    columns = [
        Column(title=_("Check"), align="left"),
        Column(title=_("passes"), align="right"),
        Column(title=_("fails"), align="right"),
    ]
    rows = (
        [
            code(wording.name_text(check.name)),
            format_count(check.passes),
            format_count(check.fails),
        ]
        for check in checks
    )
    return table_section(title, columns, rows, len(checks), keep=keep)


def _series(series: Sequence[SeriesSummary], *, keep: int) -> Section:
    columns = [
        Column(title=_("Series"), align="left"),
        Column(title=pgettext("figure", "mean"), align="right"),
        Column(title="p95", align="right"),
        Column(title=pgettext("figure", "max"), align="right"),
        Column(title=pgettext("figure", "total"), align="right"),
    ]
    rows = (
        [
            code(wording.name_text(name)),
            *(figure_text(figure) for figure in summary_wording.series_figures(entry)),
        ]
        for name, entry in zip(series_names(series), series, strict=True)
    )
    title = counted("{num} series", "{num} series", len(series))
    return table_section(title, columns, rows, len(series), keep=keep)


def _caveats(summary: Summary) -> list[str]:
    of_names = [
        f"{wording.name_text(entry.name)}: {sentence}"
        for entry in (*summary.names, summary.total)
        for sentence in wording.caveat_sentences(entry.caveats)
    ]
    return [*wording.caveat_sentences(summary.run.caveats), *of_names]
