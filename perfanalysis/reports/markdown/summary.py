"""A summary in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.results import NameSummary, SeriesSummary, Summary, ThresholdOutcome
from perfanalysis.reports import summary_wording, wording
from perfanalysis.reports.markdown.budgets import OUTCOME_SYMBOLS
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
from perfanalysis.units import format_count

_MOST_ROWS = 10
_HIGHEST_RANK = 5  # columns of a higher rank would make the table scroll sideways


def summary_markdown(summary: Summary) -> str:
    """Return a summary as Markdown of at most 60,000 bytes."""
    columns = [column for column in name_columns(summary) if column.rank <= _HIGHEST_RANK]
    thresholds = summary_wording.thresholds_by_outcome(summary.thresholds)
    first = [*summary.names[:_MOST_ROWS], summary.total]
    if not summary_wording.has_requests(summary):
        first = []
    further = summary.names[_MOST_ROWS:]
    head = [
        f"### Performance of {code(wording.name_text(summary.run.name))}",
        prose(summary_wording.summary_sentence(summary)),
        summary_wording.threshold_counts(thresholds) if thresholds else "",
        table(_THRESHOLD_COLUMNS, _threshold_rows(thresholds[:_MOST_ROWS])),
        table(_name_heads(columns), _name_rows(first, columns)),
    ]
    more_thresholds = thresholds[_MOST_ROWS:]
    sections = [
        table_section(
            f"{len(more_thresholds)} more thresholds",
            _THRESHOLD_COLUMNS,
            _threshold_rows(more_thresholds),
            len(more_thresholds),
            keep=4,
        ),
        table_section(
            f"{len(further)} more names",
            _name_heads(columns),
            _name_rows(further, columns),
            len(further),
            keep=2,
        ),
        _checks(summary, keep=1),
        _series(summary.series, keep=0),
        list_section("Caveats", _caveats(summary), keep=3),
    ]
    return fitted(head, sections, [])


_THRESHOLD_COLUMNS = (
    Column(title=" ", align="center"),
    Column(title="Threshold", align="left"),
    Column(title="Outcome", align="left"),
)


def _threshold_rows(thresholds: Iterable[ThresholdOutcome]) -> Iterable[list[str]]:
    for threshold in thresholds:
        yield [
            OUTCOME_SYMBOLS[threshold.outcome],
            code(wording.name_text(threshold.source)),
            f"{threshold.outcome}: {prose(threshold.message)}",
        ]


def _name_heads(columns: Sequence[NameColumn]) -> list[Column]:
    return [
        Column(title="Name", align="left"),
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
    title = f"{wording.plural(len(checks), 'check')}, {failed} with failures"
    columns = [
        Column(title="Check", align="left"),
        Column(title="passes", align="right"),
        Column(title="fails", align="right"),
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
        Column(title="Series", align="left"),
        *(Column(title=title, align="right") for title in ("mean", "p95", "max", "total")),
    ]
    rows = (
        [
            code(wording.name_text(entry.metric)),
            *(figure_text(figure) for figure in summary_wording.series_figures(entry)),
        ]
        for entry in series
    )
    return table_section(f"{len(series)} series", columns, rows, len(series), keep=keep)


def _caveats(summary: Summary) -> list[str]:
    of_names = [
        f"{wording.name_text(entry.name)}: {sentence}"
        for entry in (*summary.names, summary.total)
        for sentence in wording.caveat_sentences(entry.caveats)
    ]
    return [*wording.caveat_sentences(summary.run.caveats), *of_names]
