"""Locust's `--csv PREFIX`: all its files as one run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match
from perfanalysis.importers.locust import errors
from perfanalysis.importers.locust.layout import Table, run_files, table_of_head
from perfanalysis.importers.locust.quantiles import CLOCK_RESOLUTION_MS
from perfanalysis.importers.locust.rows import CsvFile
from perfanalysis.importers.locust.survey import Survey, survey
from perfanalysis.importers.locust.totals import Totals, read_totals, run_rows
from perfanalysis.importers.locust.windows import Windows
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source

# Two seconds may be lost to whole-second times and to the interval at which Locust writes.
_MAX_QUIET_END_S = 2.0


class LocustCsv(Importer):
    """Reads PREFIX_stats.csv, PREFIX_stats_history.csv, _failures.csv and _exceptions.csv.

    Whole-run rows come from the statistics, windows from the history, error texts from the other
    two. Locust's own sum ("Aggregated") is never added to the names that it sums up.
    """

    name: ClassVar[str] = "locust-csv"
    title: ClassVar[str] = "Locust --csv: statistics, history, failures and exceptions as one run"

    def match(self, head: bytes, filename: str) -> Match:
        """Judge by the header alone: files are renamed, headers are not."""
        del filename
        return Match.NO if table_of_head(head) is None else Match.CERTAIN

    def companions(self, filename: str, folder: Sequence[str]) -> tuple[str, ...]:
        """Return the files of the same prefix, PREFIX_stats.csv first."""
        return run_files(filename, folder)

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield windows, users, whole-run rows, errors and facts.

        Raises:
            InputError: there are neither statistics nor history, or they tell of no request.
        """
        tables = _tables(source)
        history = tables.get(Table.HISTORY)
        totals = read_totals(tables.get(Table.STATS), tables.get(Table.DISTRIBUTION), rejects)
        surveyed = survey(history) if history else None
        windows: Windows | None = None
        if history and surveyed:
            kind = Kind.TRANSACTION if totals.per_name else Kind.REQUEST
            windows = Windows(history, surveyed, kind)
            yield from windows.read(rejects)
        yield from _whole_run(source.files[0].label, totals, surveyed, windows)
        ended_at = surveyed.last_at if surveyed else None
        if Table.FAILURES in tables:
            yield from errors.failures(tables[Table.FAILURES], ended_at, rejects)
        if Table.EXCEPTIONS in tables:
            yield from errors.exceptions(tables[Table.EXCEPTIONS], ended_at, rejects)
        if history and surveyed and windows:
            yield from _history_caveats(history.file.label, surveyed, windows, totals)
        yield from _file_caveats(source, tables)


def _tables(source: Source) -> dict[Table, CsvFile]:
    """Tell the files apart by their headers.

    Raises:
        InputError: there are neither statistics nor history.
    """
    tables: dict[Table, CsvFile] = {}
    for file in map(CsvFile, source.files):
        table = file.table()
        if table is not None:
            tables.setdefault(table, file)
    if Table.STATS not in tables and Table.HISTORY not in tables:
        raise InputError(
            f"{source.files[0].label}:1: expected the header of PREFIX_stats.csv or "
            "PREFIX_stats_history.csv here or in a file beside it, found neither",
            hint="keep the files of one run together in a folder",
        )
    return tables


def _whole_run(
    label: str, totals: Totals, surveyed: Survey | None, windows: Windows | None
) -> Iterator[Chunk]:
    """Yield the whole-run rows and the facts, from whichever file knows of more requests.

    A killed Locust leaves statistics without rows, or a history that ends some seconds early.
    """
    names, duration_s = totals.names, totals.duration_s
    if windows and surveyed and windows.counts_more_than(totals.requests, per_name=totals.per_name):
        names = windows.whole_run()
        duration_s = None
    if not len(names) or not names["requests"].sum():
        raise InputError(
            f"{label}: expected at least one request, found none",
            hint="was Locust stopped before its users sent anything?",
        )
    started_at = surveyed.started_at if surveyed else None
    duration_s = _duration_s(duration_s, surveyed)
    yield run_rows(names, started_at, duration_s)
    yield Facts(
        tool="locust",
        started_at=None if started_at is None else datetime.fromtimestamp(started_at, UTC),
        duration_s=duration_s,
        clock_resolution_ms=CLOCK_RESOLUTION_MS,
    )
    if totals.failures_apart:
        yield Caveat(
            code="failures-apart",
            message=phrase(
                "{file}: counts failures beside requests, as early Locust did; "
                "they were added, and latencies are those of successful requests "
                "only",
                file=label,
            ),
        )


def _duration_s(until_last_request: float | None, surveyed: Survey | None) -> float | None:
    """Return how long the run was.

    The rates give it to the microsecond, but only to the last request; the history gives it in
    whole seconds, but tells when Locust waited at the end for answers that never came.
    """
    if surveyed is None:
        return until_last_request
    if until_last_request and surveyed.duration_s - until_last_request <= _MAX_QUIET_END_S:
        return until_last_request
    return surveyed.duration_s or None


def _history_caveats(
    label: str, surveyed: Survey, windows: Windows, totals: Totals
) -> Iterator[Caveat]:
    if not surveyed.full and totals.per_name:
        yield Caveat(
            code="aggregated-history",
            message=phrase(
                "{file}: tells only of all requests together (no "
                "--csv-full-history): how single names changed over time is not "
                "known",
                file=label,
            ),
        )
    if surveyed.headless:
        yield Caveat(
            code="history-start-missing",
            message=phrase(
                "{file}: begins with requests already counted: they stand in its first second",
                file=label,
            ),
        )
    if surveyed.reset:
        yield Caveat(
            code="stats-reset",
            message=phrase(
                "{file}: Locust began to count anew (--reset-stats); what was "
                "before is left out, as in its own statistics",
                file=label,
            ),
        )
    if surveyed.rounded:
        yield Caveat(
            code="rounded-means",
            message=phrase(
                "{file}: has means in whole milliseconds: those of its windows are not known",
                file=label,
            ),
        )
    yield from _sum_caveats(label, surveyed, windows, totals)


def _sum_caveats(
    label: str, surveyed: Survey, windows: Windows, totals: Totals
) -> Iterator[Caveat]:
    if surveyed.full and surveyed.aggregated and windows.requests != surveyed.aggregated:
        yield Caveat(
            code="aggregated-differs",
            message=phrase(
                "{file}: its names have {counted} requests, its sum (Aggregated) {total}",
                file=label,
                counted=windows.requests,
                total=surveyed.aggregated,
            ),
        )
    if totals.requests and totals.requests != windows.total:
        yield Caveat(
            code="totals-differ",
            message=phrase(
                "{file}: counts {counted} requests, the statistics {stated}: was "
                "Locust stopped before it had written both?",
                file=label,
                counted=windows.total,
                stated=totals.requests,
            ),
        )


def _file_caveats(source: Source, tables: Mapping[Table, CsvFile]) -> Iterator[Caveat]:
    for table in tables.values():
        yield from table.notes
    read = {table.file.path for table in tables.values()}
    for file in source.files:
        if file.truncated:
            yield Caveat(
                code="truncated-archive",
                message=phrase(
                    "{file}: the compressed data are cut short; what they hold was read",
                    file=file.label,
                ),
            )
        if file.path not in read and file.head():
            yield Caveat(
                code="ignored-file",
                message=phrase(
                    "{file}: is no part of Locust's run, ignored",
                    file=file.label,
                ),
            )
