"""Terminal: the tables that `perfanalysis compare` and `summary` print.

The verdict comes first, as a sentence; then which runs were held against which; then a table in
benchstat's shape, what matters first; then what the table cannot say: what was not judged and why,
and caveats as footnotes. Colour only repeats what words say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.text import Text

from perfanalysis.model.results import (
    CheckSummary,
    Comparison,
    SeriesSummary,
    Summary,
    ThresholdOutcome,
)
from perfanalysis.reports import summary_wording, wording
from perfanalysis.reports.budgets.table import OUTCOME_STYLES, budget_lines, budgets_headline
from perfanalysis.reports.series_names import series_names
from perfanalysis.reports.shape_wording import changed_shapes, several_modes
from perfanalysis.reports.terminal.layout import (
    GAP,
    SEE_JSON,
    Footnotes,
    Row,
    aligned,
    heading,
    in_ascii,
    name_cell,
    paragraph,
    render,
    section,
    sentence,
)
from perfanalysis.reports.terminal.names import Courses, name_lines
from perfanalysis.reports.terminal.results import (
    VERDICT_STYLES,
    folded,
    quiet_lines,
    result_lines,
)
from perfanalysis.units import format_count

_MOST_ROWS = 40


def comparison_table(
    comparison: Comparison,
    *,
    width: int | None,
    color: bool,
    ascii_only: bool = False,
    every_row: bool = False,
) -> str:
    """Return a comparison for a terminal.

    Args:
        comparison: what was found.
        width: cells of the terminal; None where the output is no terminal: nothing is wrapped.
        color: whether to write ANSI colours.
        ascii_only: our own words and signs are ASCII.
        every_row: give every result a row, also those that say little.
    """
    with in_ascii(ascii_only):
        return render(_comparison(comparison, width, every_row=every_row), color=color)


def _comparison(comparison: Comparison, width: int | None, *, every_row: bool) -> list[Text]:
    rows = folded(comparison.results, comparison.alpha, every_row=every_row)
    notes = Footnotes()
    not_judged = [wording.not_judged_text(entry) for entry in comparison.not_judged]
    return [
        *budgets_headline(comparison.budgets, width),
        *_header(comparison, width),
        *budget_lines(comparison.budgets, notes, width),
        *result_lines(rows.listed, comparison.alpha, notes, width),
        *quiet_lines(rows.quiet, width),
        *section("What would decide the undecided:", wording.remedies(rows.listed), width),
        *section("Changed in shape:", changed_shapes(comparison.shapes), width),
        *section("Several kinds of requests:", several_modes(comparison.shapes), width),
        *section(f"Not judged ({len(not_judged)}):", not_judged, width),
        *section("Caveats:", wording.comparison_caveats(comparison), width),
        *notes.lines(width),
    ]


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


def summary_table(
    summary: Summary,
    *,
    width: int | None,
    color: bool,
    ascii_only: bool = False,
    courses: Courses | None = None,
) -> str:
    """Return a summary for a terminal: thresholds first, then names, checks and series.

    Args:
        summary: what was measured.
        width: cells of the terminal; None where the output is no terminal: nothing is left out.
        color: whether to write ANSI colours.
        ascii_only: our own words and signs are ASCII.
        courses: timelines by name, None for all requests; without them names have no sparklines.
    """
    with in_ascii(ascii_only):
        notes = Footnotes()
        lines = [
            *paragraph(sentence(summary_wording.summary_sentence(summary)), width=width),
            *_thresholds(summary.thresholds, width),
            *name_lines(summary, courses or {}, notes, width),
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


def _checks(checks: Sequence[CheckSummary]) -> list[Text]:
    """Return the checks, failed ones first."""
    rows = [
        [
            name_cell(check.name, wording.LONGEST_NAME),
            Text(format_count(check.passes)),
            Text(format_count(check.fails), "red" if check.fails else ""),
        ]
        for check in sorted(checks, key=lambda check: (check.fails == 0, check.name))
    ]
    return _listed_table(heading("check", "passes", "fails"), rows, right=(1, 2))


def _series(series: Sequence[SeriesSummary]) -> list[Text]:
    rows = [
        [
            name_cell(name, wording.LONGEST_NAME),
            *(Text(sentence(figure)) for figure in summary_wording.series_figures(entry)),
        ]
        for name, entry in zip(series_names(series), series, strict=True)
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
