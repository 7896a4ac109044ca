"""CSV tables (RFC 4180): one row per name, or per judged name and metric, for spreadsheets.

Numbers are written in full precision and in the units of the JSON documents; not computable is an
empty cell. Text that a spreadsheet would take for a formula gets an apostrophe in front: a reader
that needs names letter by letter reads the JSON document.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.results import Comparison, NameSummary, NotJudged, Result, Summary
from perfanalysis.reports.escape import csv_text

_SUMMARY_COLUMNS = (
    "scope",
    "name",
    "kind",
    "requests",
    "failures",
    "error_rate",
    "throughput",
    "latency_mean_ms",
    "latency_min_ms",
    "latency_p50_ms",
    "latency_p75_ms",
    "latency_p90_ms",
    "latency_p95_ms",
    "latency_p99_ms",
    "latency_p999_ms",
    "latency_max_ms",
    "fidelity",
    "bytes_received",
    "caveats",
)
_COMPARISON_COLUMNS = (
    "name",
    "metric",
    "unit",
    "better",
    "baseline",
    "current",
    "change",
    "ci_low",
    "ci_high",
    "confidence",
    "p_value",
    "p_adjusted",
    "tolerance",
    "verdict",
    "severity",
    "detectable_change",
    "runs_needed",
    "tolerance_needed",
    "n_baseline",
    "n_current",
    "n_effective",
    "method",
    "gate",
    "caveats",
)
Cell = str | float | bool | None


def summary_csv(summary: Summary) -> str:
    """Return one row per name (`scope` is name), then one for all requests (`scope` is total).

    The total has a scope of its own so that adding up a column does not count it twice.
    """
    rows = [_name_row("name", entry) for entry in summary.names]
    return rendered_table(_SUMMARY_COLUMNS, [*rows, _name_row("total", summary.total)])


def comparison_csv(comparison: Comparison) -> str:
    """Return one row per result, then one for each name and metric that was not judged.

    Those have the verdict not-judged and the reason among the caveats.
    """
    rows = [_result_row(result) for result in comparison.results]
    return rendered_table(
        _COMPARISON_COLUMNS, [*rows, *(_not_judged_row(entry) for entry in comparison.not_judged)]
    )


def _name_row(scope: str, entry: NameSummary) -> list[Cell]:
    latency = entry.latency
    return [
        scope,
        entry.name,
        entry.kind,
        entry.requests,
        entry.failures,
        entry.error_rate,
        entry.throughput,
        latency.mean,
        latency.min,
        latency.p50,
        latency.p75,
        latency.p90,
        latency.p95,
        latency.p99,
        latency.p999,
        latency.max,
        str(entry.fidelity),
        entry.bytes_received,
        joined_caveats(entry.caveats),
    ]


def _result_row(result: Result) -> list[Cell]:
    values = [getattr(result, column) for column in _COMPARISON_COLUMNS[:-1]]
    return [*values, joined_caveats(result.caveats)]


def _not_judged_row(entry: NotJudged) -> list[Cell]:
    known: dict[str, Cell] = {
        "name": entry.name,
        "metric": entry.metric,
        "verdict": "not-judged",
        "caveats": f"{entry.reason}: {entry.message}",
    }
    return [known.get(column) for column in _COMPARISON_COLUMNS]


def joined_caveats(caveats: Iterable[Caveat]) -> str:
    """Return caveats as the text of one cell."""
    return "; ".join(f"{caveat.code}: {caveat.message}" for caveat in caveats)


def rendered_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Return a table as text, every cell harmless to a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Cell) -> str | float | None:
    """Return a cell: text made harmless, numbers as they are, truth values in lower case."""
    if isinstance(value, bool):
        return str(value).lower()
    return csv_text(value) if isinstance(value, str) else value
