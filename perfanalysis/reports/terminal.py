"""Terminal: the tables that `perfanalysis compare` and `summary` print.

The verdict comes first, as a sentence; then which runs were held against which; then a table in
benchstat's shape, what matters first; then what the table cannot say: what was not judged and why,
and caveats as footnotes. Colour only repeats what words say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.text import Text

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import (
    CheckSummary,
    Comparison,
    NameSummary,
    Result,
    SeriesSummary,
    Summary,
    ThresholdOutcome,
    Verdict,
)
from perfanalysis.reports import summary_wording, wording
from perfanalysis.reports.budgets.table import OUTCOME_STYLES, budget_lines, budgets_headline
from perfanalysis.reports.escape import shortened, terminal_text
from perfanalysis.reports.name_columns import NameColumn, name_columns
from perfanalysis.reports.shape_wording import changed_shapes, several_modes
from perfanalysis.reports.terminal_layout import (
    GAP,
    SEE_JSON,
    Footnotes,
    Row,
    aligned,
    heading,
    paragraph,
    render,
    section,
    sentence,
    table_width,
)
from perfanalysis.units import format_count, format_quantity

VERDICT_STYLES = {
    Verdict.REGRESSED: "bold red",
    Verdict.IMPROVED: "green",
    Verdict.UNDECIDED: "yellow",
    Verdict.UNCHANGED: "",
    Verdict.NOT_REGRESSED: "green",
}
_TILDE = "~ the interval includes no change; <X: a change of up to X could hide"
_MOST_ROWS = 40
_NAME_WORTH_A_COLUMN = 24
_WIDEST_SUMMARY_NAME = 40
_NOT_GATING = Caveat(
    code="not-gating", message="this result does not gate: it fails no comparison by itself"
)


def comparison_table(comparison: Comparison, *, width: int | None, color: bool) -> str:
    """Return a comparison for a terminal.

    Args:
        comparison: what was found.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
    """
    ordered = wording.by_importance(comparison.results)
    listed = _listed(ordered)
    notes = Footnotes()
    lines = budgets_headline(comparison.budgets, width) + _header(comparison, width)
    lines += budget_lines(comparison.budgets, notes, width)
    if listed:
        lines += [Text(), *_results(listed, comparison.alpha, notes, width)]
    if any(wording.is_indistinct(result, comparison.alpha) for result in listed):
        lines += paragraph(_TILDE, width=width)
    if len(listed) < len(ordered):
        left_out = wording.plural(len(ordered) - len(listed), "more result")
        lines += paragraph(f"{left_out} unchanged; {SEE_JSON}", width=width)
    lines += section("What would decide the undecided:", wording.remedies(listed), width)
    lines += section("Changed in shape:", changed_shapes(comparison.shapes), width)
    lines += section("Several kinds of requests:", several_modes(comparison.shapes), width)
    not_judged = [wording.not_judged_text(entry) for entry in comparison.not_judged]
    lines += section(f"Not judged ({len(not_judged)}):", not_judged, width)
    lines += section("Caveats:", wording.comparison_caveats(comparison), width)
    lines += notes.lines(width)
    return render(lines, color=color)


def _header(comparison: Comparison, width: int | None) -> list[Text]:
    verdict = Text(sentence(wording.headline(comparison)))
    verdict.stylize(VERDICT_STYLES[comparison.verdict], 0, len(comparison.verdict))
    facts = (
        f"{wording.coverage(comparison)}, tolerance "
        f"{wording.size_text(comparison.tolerance, 'latency')}, design {comparison.design}"
    )
    return [
        *paragraph(verdict, width=width),
        *_direction(comparison, width),
        *paragraph(sentence(facts), width=width),
    ]


def _direction(comparison: Comparison, width: int | None) -> list[Text]:
    whole = Text(sentence(wording.direction(comparison)))
    if width is None or whole.cell_len <= width:
        return [whole]
    current = sentence(f"current {wording.side(comparison.current)}")
    baseline = sentence(f"against baseline {wording.side(comparison.baseline)}")
    return [*paragraph(current, width=width), *paragraph(baseline, width=width)]


def _listed(ordered: Sequence[Result]) -> list[Result]:
    """Return the results worth a line: of a long list, not the unchanged ones that do not gate."""
    if len(ordered) <= _MOST_ROWS:
        return list(ordered)
    return [result for result in ordered if result.gate or result.verdict is not Verdict.UNCHANGED]


def _results(
    results: Sequence[Result], alpha: float, notes: Footnotes, width: int | None
) -> list[Text]:
    """Return the table: one line per result; where that is too wide, names as headings."""
    titles = heading("metric", "baseline", "current", "change", "", "verdict")
    titles[4].append(wording.interval_heading(results))
    rows = [titles, *(_figures(result, alpha, notes) for result in results)]
    names = [terminal_text(wording.name_text(result.name)) for result in results]
    longest = max(Text(name).cell_len for name in names)
    room = (
        wording.LONGEST_NAME
        if width is None
        else min(wording.LONGEST_NAME, width - table_width(rows) - GAP)
    )
    if room >= min(longest, _NAME_WORTH_A_COLUMN):
        first = [Text("name", "bold"), *(Text(shortened(name, room)) for name in names)]
        table = [[name, *row] for name, row in zip(first, rows, strict=True)]
        return aligned(table, right=(2, 3, 4))
    lines = aligned(rows, right=(1, 2, 3), indent=1)
    return [lines[0], *_under_names(names, lines[1:], width or wording.LONGEST_NAME)]


def _under_names(names: Sequence[str], lines: Sequence[Text], width: int) -> list[Text]:
    grouped = []
    for name, group in groupby(zip(names, lines, strict=True), key=lambda pair: pair[0]):
        grouped.append(Text(shortened(name, width)))
        grouped += [line for _, line in group]
    return grouped


def _figures(result: Result, alpha: float, notes: Footnotes) -> Row:
    caveats = list(result.caveats)
    if wording.is_harmless_regression(result):
        caveats.append(_NOT_GATING)
    verdict = Text(wording.verdict_words(result), VERDICT_STYLES[result.verdict])
    return [
        Text(terminal_text(result.metric)),
        Text(terminal_text(format_quantity(result.baseline, result.unit))),
        Text(terminal_text(format_quantity(result.current, result.unit))),
        Text(wording.change_or_tilde(result, alpha)),
        Text(wording.interval_text(result, short=True)),
        verdict + Text(notes.marks(caveats)),
    ]


def summary_table(summary: Summary, *, width: int | None, color: bool) -> str:
    """Return a summary for a terminal: thresholds first, then names, checks and series.

    Args:
        summary: what was measured.
        width: cells of the terminal; None where the output is no terminal: nothing is left out.
        color: whether to write ANSI colours.
    """
    notes = Footnotes()
    lines = [
        *paragraph(sentence(summary_wording.summary_sentence(summary)), width=width),
        *_thresholds(summary.thresholds, width),
        *_names(summary, notes, width),
        *_checks(summary.checks),
        *_series(summary.series),
        *section("Caveats:", wording.caveat_sentences(summary.run.caveats), width),
        *notes.lines(width),
    ]
    return render(lines, color=color)


def _thresholds(thresholds: Sequence[ThresholdOutcome], width: int | None) -> list[Text]:
    """Return the thresholds, broken ones first: they are what a reader looks for."""
    if not thresholds:
        return []
    lines = [Text(), Text(summary_wording.threshold_counts(thresholds), "bold")]
    outcome_width = max(len(threshold.outcome) for threshold in thresholds)
    for threshold in summary_wording.thresholds_by_outcome(thresholds):
        text = Text(f"{threshold.outcome:{outcome_width}}", OUTCOME_STYLES[threshold.outcome])
        text = text + Text(f"  {sentence(summary_wording.threshold_sentence(threshold))}")
        lines += paragraph(text, width=width, indent=GAP)
    return lines


def _names(summary: Summary, notes: Footnotes, width: int | None) -> list[Text]:
    """Return one line per name and one for all requests, with as many figures as fit."""
    if not summary_wording.has_requests(summary):
        return []
    entries = [*summary.names, summary.total]
    names = [_marked_name(entry, notes) for entry in entries]
    all_columns = name_columns(summary)
    columns = list(all_columns)
    while True:
        rows = [[name, *_cells(columns, entry)] for name, entry in zip(names, entries, strict=True)]
        table = [heading("name", *(column.title for column in columns)), *rows]
        droppable = max(columns, key=lambda column: column.rank)
        if width is None or table_width(table) <= width or droppable.rank == 0:
            break
        columns.remove(droppable)
    left_out = [c.title.removesuffix(" ms") for c in all_columns if c not in columns]
    right = [index for index, column in enumerate(columns, start=1) if column.right]
    lines = [Text(), *aligned(table, right=right)]
    if left_out:
        lines += paragraph(f"too narrow to show: {', '.join(left_out)}", width=width)
    return lines


def _marked_name(entry: NameSummary, notes: Footnotes) -> Text:
    name = shortened(terminal_text(wording.name_text(entry.name)), _WIDEST_SUMMARY_NAME)
    style = "bold" if entry.name is None else ""
    marks = notes.marks(entry.caveats)
    return Text(name, style) + Text(f" {marks}" if marks else "")


def _cells(columns: Iterable[NameColumn], entry: NameSummary) -> list[Text]:
    return [Text(terminal_text(column.text(entry))) for column in columns]


def _checks(checks: Sequence[CheckSummary]) -> list[Text]:
    """Return the checks, failed ones first."""
    rows = [
        [
            Text(shortened(terminal_text(wording.name_text(check.name)), wording.LONGEST_NAME)),
            Text(format_count(check.passes)),
            Text(format_count(check.fails), "red" if check.fails else ""),
        ]
        for check in sorted(checks, key=lambda check: (check.fails == 0, check.name))
    ]
    return _listed_table(heading("check", "passes", "fails"), rows, right=(1, 2))


def _series(series: Sequence[SeriesSummary]) -> list[Text]:
    rows = [
        [
            Text(shortened(terminal_text(entry.metric), wording.LONGEST_NAME)),
            *(Text(sentence(figure)) for figure in summary_wording.series_figures(entry)),
        ]
        for entry in series
    ]
    titles = heading("series", "mean", "p95", "max", "total")
    return _listed_table(titles, rows, right=(1, 2, 3, 4))


def _listed_table(titles: Row, rows: Sequence[Row], *, right: Iterable[int]) -> list[Text]:
    if not rows:
        return []
    lines = [Text(), *aligned([titles, *rows[:_MOST_ROWS]], right=right)]
    if len(rows) > _MOST_ROWS:
        lines.append(Text(f"and {len(rows) - _MOST_ROWS} more; {SEE_JSON}"))
    return lines
