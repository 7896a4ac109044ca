"""Name columns: the figures of a summary's names, as the terminal and Markdown print them.

Counts and rates carry their unit in the heading, so that columns of numbers stay narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfanalysis.model.results import NameSummary, Summary
from perfanalysis.reports.summary_wording import common_fidelity
from perfanalysis.reports.wording import NONE
from perfanalysis.units import format_count, format_ratio, significant


@dataclass(frozen=True, kw_only=True)
class NameColumn:
    """One figure of every name.

    Attributes:
        rank: where room is short, columns of the highest rank are left out first; 0 is never.
    """

    title: str
    text: Callable[[NameSummary], str]
    rank: int
    right: bool


def _number(title: str, rank: int, value: Callable[[NameSummary], float | None]) -> NameColumn:
    def text(entry: NameSummary) -> str:
        number = value(entry)
        return NONE if number is None else significant(number)

    return NameColumn(title=title, text=text, rank=rank, right=True)


_FIGURES = (
    NameColumn(
        title="requests", text=lambda entry: format_count(entry.requests), rank=0, right=True
    ),
    NameColumn(
        title="errors", text=lambda entry: format_ratio(entry.error_rate), rank=0, right=True
    ),
    _number("per s", 2, lambda entry: entry.throughput),
    _number("mean ms", 6, lambda entry: entry.latency.mean),
    _number("p50 ms", 1, lambda entry: entry.latency.p50),
    _number("p75 ms", 8, lambda entry: entry.latency.p75),
    _number("p90 ms", 5, lambda entry: entry.latency.p90),
    _number("p95 ms", 0, lambda entry: entry.latency.p95),
    _number("p99 ms", 1, lambda entry: entry.latency.p99),
    _number("p99.9 ms", 7, lambda entry: entry.latency.p999),
    _number("max ms", 3, lambda entry: entry.latency.max),
)
_KIND = NameColumn(title="kind", text=lambda entry: entry.kind, rank=0, right=False)
_FIDELITY = NameColumn(title="fidelity", text=lambda entry: entry.fidelity, rank=0, right=False)


def name_columns(summary: Summary) -> Sequence[NameColumn]:
    """Return the columns that this summary needs.

    The kind stands there only where not all are requests, the fidelity only where names differ
    in it: otherwise it is said once for all.
    """
    kind = () if {entry.kind for entry in summary.names} <= {"request"} else (_KIND,)
    fidelity = () if common_fidelity(summary) is not None else (_FIDELITY,)
    return (*kind, *_FIGURES, *fidelity)
