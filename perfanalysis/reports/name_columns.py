"""Name columns: the figures of a summary's names, as the terminal and Markdown print them.

Counts and rates carry their unit in the heading, so that columns of numbers stay narrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from perfanalysis.model.results import NameSummary, Summary
from perfanalysis.reports.language import gettext as _
from perfanalysis.reports.language import pgettext
from perfanalysis.reports.numbers import format_count, format_ratio, significant
from perfanalysis.reports.summary_wording import common_fidelity
from perfanalysis.reports.wording import NONE
from perfanalysis.reports.words import kind_word, word


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


def _figures() -> tuple[NameColumn, ...]:
    return (
        NameColumn(
            title=pgettext("column", "requests"),
            text=lambda entry: format_count(entry.requests),
            rank=0,
            right=True,
        ),
        NameColumn(
            title=pgettext("column", "errors"),
            text=lambda entry: format_ratio(entry.error_rate),
            rank=0,
            right=True,
        ),
        _number(_("per s"), 2, lambda entry: entry.throughput),
        _number(_("mean ms"), 6, lambda entry: entry.latency.mean),
        _number("p50 ms", 1, lambda entry: entry.latency.p50),
        _number("p75 ms", 8, lambda entry: entry.latency.p75),
        _number("p90 ms", 5, lambda entry: entry.latency.p90),
        _number("p95 ms", 0, lambda entry: entry.latency.p95),
        _number("p99 ms", 1, lambda entry: entry.latency.p99),
        _number("p99.9 ms", 7, lambda entry: entry.latency.p999),
        _number(_("max ms"), 3, lambda entry: entry.latency.max),
    )


def _kind() -> NameColumn:
    title = pgettext("column", "kind")
    return NameColumn(title=title, text=lambda entry: kind_word(entry.kind), rank=0, right=False)


def _fidelity() -> NameColumn:
    title = pgettext("column", "fidelity")
    return NameColumn(title=title, text=lambda entry: word(entry.fidelity), rank=0, right=False)


def name_columns(summary: Summary) -> Sequence[NameColumn]:
    """Return the columns that this summary needs.

    The kind stands there only where not all are requests, the fidelity only where names differ
    in it: otherwise it is said once for all.
    """
    kind = () if {entry.kind for entry in summary.names} <= {"request"} else (_kind(),)
    fidelity = () if common_fidelity(summary) is not None else (_fidelity(),)
    return (*kind, *_figures(), *fidelity)
