"""What every pgbench importer says of the printed report: facts, run totals, caveats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Facts, Rows
from perfanalysis.importers.pgbench.files import cut_last_line
from perfanalysis.importers.pgbench.text import Report, Totals, read_report, unlike
from perfanalysis.importers.source import InputFile
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import INTERVALS, Scope
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

_CLOCK_RESOLUTION_MS = 0.001


def interval_rows(rows: list[dict[str, Any]]) -> Rows:
    """Return a batch of the interval table from rows that lack what is unknown."""
    import pyarrow as pa

    return Rows(table="intervals", batch=pa.RecordBatch.from_pylist(rows, schema=INTERVALS))


def report_beside(texts: Sequence[InputFile]) -> tuple[Report, tuple[Caveat, ...]]:
    """Return the report printed beside logs, empty when it cannot be read, and its caveats."""
    try:
        report = read_report(texts)
    except InputError as exc:
        caveat = Caveat(
            code="report-not-read",
            message=phrase(
                "the report beside the log was passed over: {problem}",
                problem=exc.message,
            ),
        )
        return read_report(()), (caveat,)
    return report, tuple(report_caveats(report))


def report_caveats(report: Report) -> Iterator[Caveat]:
    """Yield what a reader must know about a printed report."""
    for file, line in report.cut_lines:
        yield cut_last_line(file, line)
    if report.aborted:
        yield Caveat(
            code="aborted-clients",
            message=phrase(
                "clients gave up during the run, so its counts are incomplete; "
                "the first error: {error}",
                error=report.first_error,
            ),
        )
    if report.mean_with_failures:
        yield Caveat(
            code="mean-includes-failures",
            message=phrase("the mean latency that pgbench printed counts failed transactions in"),
        )


def no_transactions(where: str, report: Report) -> InputError:
    """Return the error of a run without a single transaction, with pgbench's own reason.

    Args:
        where: the place that shows it, as `file:line`.
        report: what pgbench printed.
    """
    reason = f"; pgbench said: {report.first_error}" if report.first_error else ""
    return InputError(
        f"{where}: expected at least one transaction, found none{reason}",
        hint="did every client give up, or was the test killed before it wrote anything?",
    )


def report_facts(report: Report) -> Facts:
    """Return the facts of a run. Logs are in whole microseconds, and so is what is printed."""
    return Facts(
        tool="pgbench",
        tool_version=report.client_version,
        duration_s=report.duration_s,
        clock_resolution_ms=_CLOCK_RESOLUTION_MS,
        tags=report.tags,
    )


def script_totals(report: Report) -> Iterator[Rows]:
    """Yield the run totals, a row for each script, and its statements as parts of it."""
    if report.total is None:
        return
    rows = [_run_row(report, script, Kind.REQUEST) for script in report.scripts or (report.total,)]
    yield interval_rows(rows + _statement_rows(report))


def run_totals(report: Report) -> Iterator[Rows]:
    """Yield the run totals for a source that does not tell the scripts apart.

    One row for all scripts; each of several scripts is a part of it, and so are statements.
    """
    if report.total is None:
        return
    rows = [_run_row(report, report.total, Kind.REQUEST)]
    if len(report.scripts) > 1:
        rows += [_run_row(report, script, Kind.TRANSACTION) for script in report.scripts]
    yield interval_rows(rows + _statement_rows(report))


def _run_row(report: Report, totals: Totals, kind: Kind) -> dict[str, Any]:
    return {
        "scope": Scope.RUN,
        "duration_s": report.duration_s,
        "name": totals.name,
        "kind": kind,
        "requests": totals.requests,
        "failures": totals.failures,
        "latency_mean_ms": totals.mean_ms,
        "latency_stddev_ms": totals.stddev_ms,
    }


def _statement_rows(report: Report) -> list[dict[str, Any]]:
    found = [(script, statement) for script in report.scripts for statement in script.statements]
    several = len(report.scripts) > 1
    names = unlike(
        f"{script.name}: {statement.text}" if several else statement.text
        for script, statement in found
    )
    return [
        {
            "scope": Scope.RUN,
            "duration_s": report.duration_s,
            "name": name,
            "kind": Kind.TRANSACTION,
            "requests": script.processed + statement.failures,
            "failures": statement.failures,
            "latency_mean_ms": statement.latency_ms,
        }
        for name, (script, statement) in zip(names, found, strict=True)
    ]
