"""Markdown: for comments on pull requests and for job summaries (GitHub, GitLab).

The heading holds the verdict, one table the ten results that matter most; everything else is
folded. The text is complete for a person and lossy for a program: programs read the JSON document.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from perfanalysis.model.results import (
    Comparison,
    NameSummary,
    Outcome,
    Result,
    Summary,
    ThresholdOutcome,
    Verdict,
)
from perfanalysis.reports import summary_wording, wording
from perfanalysis.reports.escape import markdown_code, markdown_text
from perfanalysis.reports.markdown_layout import Column, Section, bullets, fitted, prose, table
from perfanalysis.reports.name_columns import NameColumn, name_columns
from perfanalysis.reports.shape_wording import changed_shapes, several_modes
from perfanalysis.units import format_count, format_quantity, format_ratio

VERDICT_SYMBOLS = {
    Verdict.REGRESSED: "❌",
    Verdict.UNDECIDED: "⚠️",
    Verdict.NOT_REGRESSED: "✅",
    Verdict.IMPROVED: "✅",
    Verdict.UNCHANGED: "✅",
}
_OUTCOME_SYMBOLS = {Outcome.BROKEN: "❌", Outcome.UNDECIDED: "⚠️", Outcome.MET: "✅"}
_MOST_ROWS = 10
_MOST_SHAPES = 5
_HIGHEST_RANK = 5  # columns of a higher rank would make the table scroll sideways


def comparison_markdown(comparison: Comparison, *, reproduce: str | None = None) -> str:
    """Return a comparison as Markdown of at most 60,000 characters.

    Args:
        comparison: what was found.
        reproduce: the command line that gives the same comparison.
    """
    alpha = comparison.alpha
    ordered = wording.by_importance(comparison.results)
    notable = [result for result in ordered if result.verdict is not Verdict.UNCHANGED]
    unchanged = [result for result in ordered if result.verdict is Verdict.UNCHANGED]
    further = notable[_MOST_ROWS:]
    not_judged = [wording.not_judged_text(entry) for entry in comparison.not_judged]
    changed = changed_shapes(comparison.shapes)
    modes = several_modes(comparison.shapes)
    sections = [
        Section(
            title=f"{len(further)} more changed or undecided", body=_results(further, alpha), keep=2
        ),
        Section(title=f"{len(unchanged)} unchanged", body=_results(unchanged, alpha), keep=0),
        Section(
            title=f"{len(changed[_MOST_SHAPES:])} more changed in shape",
            body=bullets(changed[_MOST_SHAPES:]),
            keep=2,
        ),
        Section(title=f"{len(modes)} with several kinds of requests", body=bullets(modes), keep=1),
        Section(title=f"{len(not_judged)} not judged", body=bullets(not_judged), keep=3),
        Section(title="How this was decided", body=_method(comparison, ordered), keep=1),
    ]
    foot = [] if reproduce is None else [f"Reproduce: {markdown_code(reproduce)}"]
    shown = [_results(notable[:_MOST_ROWS], alpha), bullets(changed[:_MOST_SHAPES])]
    return fitted([*_head(comparison), *shown], sections, foot)


def _head(comparison: Comparison) -> list[str]:
    symbol = VERDICT_SYMBOLS[comparison.verdict]
    counts = wording.verdict_counts(comparison.results)
    facts = [
        wording.direction(comparison),
        wording.coverage(comparison),
        f"tolerance {wording.size_text(comparison.tolerance, 'latency')}",
    ]
    return [
        f"### {symbol} Performance: {comparison.verdict} ({counts})",
        prose(wording.reasons_text(comparison)),
        " · ".join(prose(fact) for fact in facts),
    ]


def _results(results: Sequence[Result], alpha: float) -> str:
    columns = [
        Column(title=" ", align="center"),
        Column(title="Name", align="left"),
        Column(title="Metric", align="left"),
        Column(title="Baseline", align="right"),
        Column(title="Current", align="right"),
        Column(title=f"Change ({wording.interval_heading(results)})", align="right"),
        Column(title="Verdict", align="left"),
    ]
    return table(columns, [_result_row(result, alpha) for result in results])


def _result_row(result: Result, alpha: float) -> list[str]:
    hidden = wording.undecided_text(result, alpha)
    verdict = wording.verdict_text(result)
    return [
        "⚠️" if wording.is_harmless_regression(result) else VERDICT_SYMBOLS[result.verdict],
        markdown_code(wording.name_text(result.name)),
        markdown_text(result.metric),
        markdown_text(format_quantity(result.baseline, result.unit)),
        markdown_text(format_quantity(result.current, result.unit)),
        wording.change_with_interval(result),
        verdict if hidden is None else f"{verdict}: {hidden}",
    ]


def _method(comparison: Comparison, results: Sequence[Result]) -> str:
    methods = sorted({result.method for result in results})
    of_results = [caveat for result in results for caveat in result.caveats]
    alpha = format_ratio(comparison.alpha)
    return bullets(
        [
            f"design {comparison.design}, alpha {alpha}, correction {comparison.correction}",
            f"methods: {', '.join(methods) or 'none'}",
            *wording.comparison_caveats(comparison),
            *wording.caveat_sentences(of_results),
        ]
    )


def summary_markdown(summary: Summary) -> str:
    """Return a summary as Markdown of at most 60,000 characters."""
    columns = [column for column in name_columns(summary) if column.rank <= _HIGHEST_RANK]
    thresholds = summary_wording.thresholds_by_outcome(summary.thresholds)
    first = [*summary.names[:_MOST_ROWS], summary.total]
    if not summary_wording.has_requests(summary):
        first = []
    further = summary.names[_MOST_ROWS:]
    head = [
        f"### Performance of {markdown_code(wording.name_text(summary.run.name))}",
        prose(summary_wording.summary_sentence(summary)),
        summary_wording.threshold_counts(thresholds) if thresholds else "",
        _thresholds(thresholds[:_MOST_ROWS]),
        _names(first, columns),
    ]
    more_thresholds = thresholds[_MOST_ROWS:]
    sections = [
        Section(
            title=f"{len(more_thresholds)} more thresholds",
            body=_thresholds(more_thresholds),
            keep=4,
        ),
        Section(title=f"{len(further)} more names", body=_names(further, columns), keep=2),
        Section(title=_checks_title(summary), body=_checks(summary), keep=1),
        Section(title=f"{len(summary.series)} series", body=_series(summary), keep=0),
        Section(title="Caveats", body=_caveats(summary), keep=3),
    ]
    return fitted(head, sections, [])


def _thresholds(thresholds: Iterable[ThresholdOutcome]) -> str:
    columns = [
        Column(title=" ", align="center"),
        Column(title="Threshold", align="left"),
        Column(title="Outcome", align="left"),
    ]
    rows = [
        [
            _OUTCOME_SYMBOLS[threshold.outcome],
            markdown_code(wording.name_text(threshold.source)),
            f"{threshold.outcome}: {prose(threshold.message)}",
        ]
        for threshold in thresholds
    ]
    return table(columns, rows)


def _names(entries: Iterable[NameSummary], columns: Sequence[NameColumn]) -> str:
    titles = [
        Column(title="Name", align="left"),
        *(
            Column(title=column.title, align="right" if column.right else "left")
            for column in columns
        ),
    ]
    rows = [
        [_name(entry), *(markdown_text(column.text(entry)) for column in columns)]
        for entry in entries
    ]
    return table(titles, rows)


def _name(entry: NameSummary) -> str:
    shown = wording.name_text(entry.name)
    return f"**{shown}**" if entry.name is None else markdown_code(shown)


def _checks_title(summary: Summary) -> str:
    failed = sum(check.fails > 0 for check in summary.checks)
    return f"{wording.plural(len(summary.checks), 'check')}, {failed} with failures"


def _checks(summary: Summary) -> str:
    columns = [
        Column(title="Check", align="left"),
        Column(title="passes", align="right"),
        Column(title="fails", align="right"),
    ]
    rows = [
        [
            markdown_code(wording.name_text(check.name)),
            format_count(check.passes),
            format_count(check.fails),
        ]
        for check in sorted(summary.checks, key=lambda check: (check.fails == 0, check.name))
    ]
    return table(columns, rows)


def _series(summary: Summary) -> str:
    columns = [
        Column(title="Series", align="left"),
        *(Column(title=title, align="right") for title in ("mean", "p95", "max", "total")),
    ]
    rows = [
        [
            markdown_code(wording.name_text(entry.metric)),
            *(markdown_text(figure) for figure in summary_wording.series_figures(entry)),
        ]
        for entry in summary.series
    ]
    return table(columns, rows)


def _caveats(summary: Summary) -> str:
    of_names = [
        f"{wording.name_text(entry.name)}: {sentence}"
        for entry in (*summary.names, summary.total)
        for sentence in wording.caveat_sentences(entry.caveats)
    ]
    return bullets([*wording.caveat_sentences(summary.run.caveats), *of_names])
