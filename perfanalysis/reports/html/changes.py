"""The tables of changes of the HTML report: which rows, in which order, with which notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison, Result, Verdict
from perfanalysis.reports.html.intervals import IntervalScale, interval_scale
from perfanalysis.reports.wording import by_importance, is_difference

MOST_ROWS = 300


@dataclass(frozen=True, kw_only=True)
class ChangeTable:
    """Results whose changes share a scale.

    Attributes:
        metric: one of theirs, to word the scale's labels.
        tolerance: of all of them; None where it differs and needs a column.
        open: regressed, undecided and improved results: what a reader came for.
        unchanged: folded away below them.
        omitted: how many results are left out of the page.
    """

    title: str
    metric: str
    tolerance: float | None
    scale: IntervalScale
    open: tuple[Result, ...]
    unchanged: tuple[Result, ...]
    omitted: int


def change_tables(comparison: Comparison) -> list[ChangeTable]:
    """Return one table for relative changes and one for differences of error rates."""
    ordered = by_importance(comparison.results)
    relative = [result for result in ordered if not is_difference(result.metric)]
    differences = [result for result in ordered if is_difference(result.metric)]
    tables = (("Latency and throughput", relative), ("Error rate", differences))
    return [_table(title, results) for title, results in tables if results]


def _table(title: str, results: Sequence[Result]) -> ChangeTable:
    shown = results[:MOST_ROWS]
    tolerances = {result.tolerance for result in shown}
    return ChangeTable(
        title=title,
        metric=results[0].metric,
        tolerance=tolerances.pop() if len(tolerances) == 1 else None,
        scale=interval_scale(shown),
        open=tuple(result for result in shown if result.verdict is not Verdict.UNCHANGED),
        unchanged=tuple(result for result in shown if result.verdict is Verdict.UNCHANGED),
        omitted=len(results) - len(shown),
    )


def footnotes(tables: Sequence[ChangeTable]) -> dict[Caveat, int]:
    """Return the caveats of all rows, each once, with the number that marks it in the tables."""
    results = [result for table in tables for result in (*table.open, *table.unchanged)]
    caveats = dict.fromkeys(caveat for result in results for caveat in result.caveats)
    return {caveat: number for number, caveat in enumerate(caveats, start=1)}
