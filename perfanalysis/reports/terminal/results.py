"""The table of a comparison's results, for a terminal: what matters by row, the rest in a line.

One run against one leaves most results undecided. A row for each would bury the few that say
something; a line for each metric says how many there are and what could hide in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Result, Verdict
from perfanalysis.phrases import phrase
from perfanalysis.reports import wording
from perfanalysis.reports.escape import terminal_text
from perfanalysis.reports.terminal.columns import ALWAYS, TableColumn, fitted_table
from perfanalysis.reports.terminal.layout import (
    Footnotes,
    is_ascii,
    name_cell,
    paragraph,
    section,
)
from perfanalysis.units import format_count, format_quantity

VERDICT_STYLES = {
    Verdict.REGRESSED: "bold red",
    Verdict.IMPROVED: "green",
    Verdict.UNDECIDED: "yellow",
    Verdict.UNCHANGED: "",
    Verdict.NOT_REGRESSED: "green",
}
# So few are shown by row whatever they say.
_MOST_QUIET = 8
_LEAST_NAME = 14
_LEAST_METRIC = 11
# Columns of a higher rank are extras of wide terminals.
_COMMON_RANK = 3
_TILDE = "~ the interval includes no change; <X: a change of up to X could hide"
_NOT_GATING = Caveat(
    code="not-gating",
    message=phrase("this result does not gate: it fails no comparison by itself"),
)


@dataclass(frozen=True, kw_only=True)
class Folded:
    """Results in the order of their importance, divided.

    Attributes:
        listed: those that get a row.
        quiet: undecided ones that no more than noise sets apart from no change, and unchanged ones.
    """

    listed: Sequence[Result]
    quiet: Sequence[Result]


def folded(results: Sequence[Result], alpha: float, *, every_row: bool) -> Folded:
    """Return which results get a row.

    Args:
        results: of a comparison.
        alpha: of that comparison.
        every_row: leave none out.
    """
    ordered = wording.by_importance(results)
    quiet = [result for result in ordered if _is_quiet(result, alpha)]
    if every_row or len(quiet) <= _MOST_QUIET:
        return Folded(listed=ordered, quiet=())
    listed = [result for result in ordered if not _is_quiet(result, alpha)]
    return Folded(listed=listed, quiet=quiet)


def _is_quiet(result: Result, alpha: float) -> bool:
    if result.verdict is Verdict.UNCHANGED:
        return True
    return result.verdict is Verdict.UNDECIDED and wording.is_indistinct(result, alpha)


def result_lines(
    results: Sequence[Result], alpha: float, notes: Footnotes, width: int | None
) -> list[Text]:
    """Return the table, one line a result, with as many columns as there is room for."""
    if not results:
        return []
    table, left_out = fitted_table(
        _columns(results, alpha, notes, extras=width is not None or is_ascii()),
        width,
        most_rank=_COMMON_RANK,
    )
    lines = [Text(), *table]
    if any(wording.is_indistinct(result, alpha) for result in results):
        lines += paragraph(_TILDE, width=width)
    if left_out:
        lines += paragraph(f"too narrow to show: {', '.join(left_out)}", width=width)
    return lines


def _columns(
    results: Sequence[Result], alpha: float, notes: Footnotes, *, extras: bool
) -> list[TableColumn]:
    names = [name_cell(result.name, wording.LONGEST_NAME) for result in results]
    metrics = [name_cell(result.metric, wording.LONGEST_NAME) for result in results]
    common = [
        TableColumn(title="name", cells=names, rank=ALWAYS, right=False, least=_LEAST_NAME),
        TableColumn(title="metric", cells=metrics, rank=ALWAYS, right=False, least=_LEAST_METRIC),
        _figures("baseline", 2, [_quantity(r.baseline, r.unit) for r in results]),
        _figures("current", 1, [_quantity(r.current, r.unit) for r in results]),
        _figures("change", ALWAYS, [wording.change_or_tilde(r, alpha) for r in results]),
        TableColumn(
            title=wording.interval_heading(results),
            cells=[Text(wording.interval_text(result, short=True)) for result in results],
            rank=_COMMON_RANK,
            right=False,
        ),
    ]
    further = _further_columns(results) if extras else []
    verdicts = [_verdict(result, notes) for result in results]
    last = TableColumn(title="verdict", cells=verdicts, rank=ALWAYS, right=False)
    return [*common, *further, last]


def _further_columns(results: Sequence[Result]) -> list[TableColumn]:
    return [
        _figures("detectable", 4, [_size(r.detectable_change, r.metric) for r in results]),
        _figures("n current", 5, [format_count(result.n_current) for result in results]),
        _figures("n baseline", 5, [format_count(result.n_baseline) for result in results]),
        _figures("tolerance", 6, [_size(r.tolerance, r.metric) for r in results]),
        _figures("p adjusted", 7, [_probability(r.p_adjusted) for r in results]),
    ]


def _figures(title: str, rank: int, texts: Sequence[str]) -> TableColumn:
    return TableColumn(title=title, cells=[Text(text) for text in texts], rank=rank, right=True)


def _quantity(value: float, unit: str) -> str:
    return terminal_text(format_quantity(value, unit))


def _size(value: float | None, metric: str) -> str:
    return "∞" if value is None else wording.size_text(value, metric)


def _probability(value: float | None) -> str:
    if value is None:
        return wording.NONE
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"


def _verdict(result: Result, notes: Footnotes) -> Text:
    caveats = list(result.caveats)
    if wording.is_harmless_regression(result):
        caveats.append(_NOT_GATING)
    words = Text(wording.verdict_words(result), VERDICT_STYLES[result.verdict])
    return words + Text(notes.marks(caveats))


def quiet_lines(quiet: Sequence[Result], width: int | None) -> list[Text]:
    """Return what is said of the results without a row: by metric, how many, and what could hide.

    Args:
        quiet: undecided and unchanged ones.
        width: cells of the terminal; None where there is no limit.
    """
    metrics = list(dict.fromkeys(result.metric for result in quiet))
    of_metric = {m: [result for result in quiet if result.metric == m] for m in metrics}
    title = f"Without a row ({len(quiet)}; --all shows them):"
    return section(title, [_quiet_text(m, found) for m, found in of_metric.items()], width)


def _quiet_text(metric: str, results: Sequence[Result]) -> str:
    undecided = [result for result in results if result.verdict is Verdict.UNDECIDED]
    unchanged = len(results) - len(undecided)
    parts = [f"{unchanged} unchanged"] if unchanged else []
    if undecided:
        parts.append(f"{len(undecided)} undecided: {_hidden(undecided)}")
        way = _way_for_all(undecided)
        if way is not None:
            parts.append(f"{way} would decide {'them' if len(undecided) > 1 else 'it'}")
    return f"{metric}: {'; '.join(parts)}"


def _hidden(undecided: Sequence[Result]) -> str:
    worst = max(undecided, key=lambda r: (r.detectable_change is None, r.detectable_change or 0.0))
    name = wording.name_text(worst.name)
    if worst.detectable_change is None:
        return f"a change of any size could hide in {name}"
    size = wording.size_text(worst.detectable_change, worst.metric)
    return f"a change of up to {size} could hide ({name})"


def _way_for_all(undecided: Sequence[Result]) -> str | None:
    runs = [result.runs_needed for result in undecided]
    tolerances = [result.tolerance_needed for result in undecided]
    ways = []
    most_runs = [number for number in runs if number is not None]
    if len(most_runs) == len(runs):
        ways.append(wording.runs_a_side(max(most_runs)))
    largest = [size for size in tolerances if size is not None]
    if len(largest) == len(tolerances):
        ways.append(f"a tolerance of {wording.size_text(max(largest), undecided[0].metric)}")
    return " or ".join(ways) or None
