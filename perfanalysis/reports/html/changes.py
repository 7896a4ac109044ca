"""The tables of changes of the HTML report: which rows, in which order, with which notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Result, Severity, Verdict
from perfanalysis.model.views import ReportData
from perfanalysis.reports.html.intervals import IntervalScale, interval_scale
from perfanalysis.reports.html.strips import StripScale, strip_scale
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.numbers import format_ratio
from perfanalysis.reports.wording import (
    by_importance,
    is_difference,
    runs_a_side,
    size_text,
)

MOST_ROWS = 250
VERDICTS = (Verdict.REGRESSED, Verdict.UNDECIDED, Verdict.IMPROVED, Verdict.UNCHANGED)
_SEVERITIES = (Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.NONE)


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One result with its drawings.

    Attributes:
        interval: of the change.
        strip: the latencies of both sides; empty where the result is not about latency.
        remedy: what would decide it, in few words; None where it is decided.
        values: what the columns are sorted by, apart by blanks: importance of the verdict,
            baseline, current, change, detectable change, requests; a dash for nothing.
    """

    result: Result
    interval: Markup
    strip: Markup
    remedy: str | None
    values: str


@dataclass(frozen=True, kw_only=True)
class ChangeTable:
    """Results whose changes share a scale.

    Attributes:
        metric: one of theirs, to word the scale's labels.
        tolerance: of all of them; None where it differs and needs a column.
        strips: the axis of the distribution strips; None where no row has one.
        rows: what matters first.
        omitted: how many results are left out of the page.
    """

    title: str
    metric: str
    tolerance: float | None
    scale: IntervalScale
    strips: StripScale | None
    rows: tuple[ChangeRow, ...]
    omitted: int

    @property
    def results(self) -> list[Result]:
        """The results of the rows."""
        return [row.result for row in self.rows]


def change_tables(data: ReportData, *, most_rows: int = MOST_ROWS) -> list[ChangeTable]:
    """Return one table for relative changes and one for differences of error rates."""
    ordered = by_importance(data.comparison.results) if data.comparison else []
    relative = [result for result in ordered if not is_difference(result.metric)]
    differences = [result for result in ordered if is_difference(result.metric)]
    tables = ((_("Latency and throughput"), relative), (_("Error rate"), differences))
    return [
        _table(data, title, results, number, most_rows)
        for number, (title, results) in enumerate(tables, start=1)
        if results
    ]


def _table(
    data: ReportData, title: str, results: Sequence[Result], number: int, most_rows: int
) -> ChangeTable:
    shown = results[:most_rows]
    tolerances = {result.tolerance for result in shown}
    scale = interval_scale(shown, number=number)
    strips = strip_scale(data, shown)
    return ChangeTable(
        title=title,
        metric=results[0].metric,
        tolerance=tolerances.pop() if len(tolerances) == 1 else None,
        scale=scale,
        strips=strips,
        rows=tuple(
            ChangeRow(
                result=result,
                interval=scale.row(result),
                strip=Markup("") if strips is None else strips.row(result),
                remedy=short_remedy(result),
                values=sort_values(result),
            )
            for result in shown
        ),
        omitted=len(results) - len(shown),
    )


def short_remedy(result: Result) -> str | None:
    """Return what would decide an undecided result, as `wording.remedy`, short enough for a cell.

    The key below the tables says what it means.
    """
    if result.verdict is not Verdict.UNDECIDED:
        return None
    runs = None if result.runs_needed is None else runs_a_side(result.runs_needed)
    if result.tolerance_needed is None:
        return runs
    size = size_text(result.tolerance_needed, result.metric)
    if runs is None:
        return f"\u00b1{size}"
    return _("{runs}, or \u00b1{size}").format(runs=runs, size=size)


def confidence_note(tables: Sequence[ChangeTable]) -> str:
    """Return with which confidence the intervals hold.

    Those of results that were picked for standing out are wider (`analysis.verdicts`).
    """
    confidences = sorted({result.confidence for table in tables for result in table.results})
    usual = format_ratio(confidences[0])
    if len(confidences) == 1:
        return _("confidence {usual}").format(usual=usual)
    return _(
        "confidence {usual}, of the changes that stand out {wider}, as they were picked among many"
    ).format(usual=usual, wider=format_ratio(confidences[-1]))


def sort_values(result: Result) -> str:
    """Return the numbers that the columns of a result are sorted by, apart by blanks."""
    rank = VERDICTS.index(result.verdict) * 10 + _SEVERITIES.index(result.severity) * 2
    numbers = (
        rank + (not result.gate),
        result.baseline,
        result.current,
        result.change,
        result.detectable_change,
        result.n_baseline + result.n_current,
    )
    return " ".join("-" if number is None else f"{number:.6g}" for number in numbers)


def footnotes(tables: Sequence[ChangeTable]) -> dict[Caveat, int]:
    """Return the caveats of all rows, each once, with the number that marks it in the tables."""
    results = [result for table in tables for result in table.results]
    caveats = dict.fromkeys(caveat for result in results for caveat in result.caveats)
    return {caveat: number for number, caveat in enumerate(caveats, start=1)}
