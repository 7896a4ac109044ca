"""pgbench's per-transaction logs (`pgbench -l`): all threads' files are one run.

A row is `client transaction time script epoch microseconds [lag] [retries]`. `time` is in
microseconds, or a word for a transaction that has none: `skipped`, `failed`, `serialization`,
`deadlock`. `epoch microseconds` are two whole numbers that stamp the END of the transaction; the
second is not padded with zeros. With `--rate`, `time` counts from the scheduled start and `lag` is
how much later the transaction began; with `--max-tries`, `retries` is how often it was repeated.
Source: "Per-Transaction Logging" in pgbench's manual, doLog() in its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from statistics import median_high, mode
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Importer, Match, Rows
from perfanalysis.importers.pgbench.files import (
    cut_last_line,
    run_files,
    split_files,
    truncated_archives,
)
from perfanalysis.importers.pgbench.totals import (
    no_transactions,
    report_beside,
    report_facts,
    script_totals,
)
from perfanalysis.importers.pgbench.transaction_rows import (
    LAG,
    RETRIES,
    SIX_COLUMNS,
    good_lines,
    read_table,
    request_batch,
)
from perfanalysis.importers.pipeline import ordered_map, read_ahead
from perfanalysis.importers.source import line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    import pyarrow as pa

    from perfanalysis.importers.pgbench.text import Report
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Block, InputFile, Source

_ROW = re.compile(
    rb"\d+ \d+ (?:\d+|(?P<word>skipped|failed|serialization|deadlock)) \d+ \d{9,11} \d{1,6}"
    rb"(?P<more>(?: -?\d{1,15}){0,2})\r?"
)
_SNIFFED_LINES = 20
_MAX_USUAL_RETRIES = 9
# Fewer rows than this share of what the numbers of the transactions span: a sample.
_WHOLE_LOG = 0.95
_MAX_CLIENTS = 100_000


class PgbenchLog(Importer):
    """Reads per-transaction logs."""

    name: ClassVar[str] = "pgbench-log"
    title: ClassVar[str] = "pgbench per-transaction logs of all threads (pgbench -l)"

    def match(self, head: bytes, filename: str) -> Match:
        """See `Importer.match`: most of the first lines are rows of a log."""
        del filename
        lines = [line for line in head.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line]
        return Match.CERTAIN if len(_rows(lines)) * 2 > len(lines) else Match.NO

    def companions(self, filename: str, folder: Sequence[str]) -> tuple[str, ...]:
        """See `Importer.companions`: the other threads' logs, and the report beside them."""
        return run_files(filename, folder)

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """See `Importer.read`."""
        logs, texts = split_files(source)
        report, caveats = report_beside(texts)
        columns, guessed = _columns(logs, report)
        yield report_facts(report)
        yield from (*caveats, *guessed)
        seen = _Seen()
        for file in logs:
            yield from _read_log(file, columns, report, rejects, seen)
        if not seen.rows:
            raise no_transactions(f"{logs[0].label}:1", report)
        yield from _completeness(seen.rows + rejects.count, seen, report, logs)
        yield from script_totals(report)
        yield from truncated_archives(source.files)


class _Seen:
    """Counts rows, and for each client the span of its transactions' numbers."""

    def __init__(self) -> None:
        self.rows = 0
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, table: pa.Table) -> None:
        self.rows += table.num_rows
        if len(self._spans) > _MAX_CLIENTS:
            return
        numbers = table.group_by("client_id").aggregate([("transaction_no", "min_max")])
        for row in numbers.to_pylist():
            low, high = row["transaction_no_min_max"].values()
            known = self._spans.get(row["client_id"], (low, high))
            self._spans[row["client_id"]] = (min(low, known[0]), max(high, known[1]))

    @property
    def numbered(self) -> int:
        """How many transactions there were, judged by their numbers."""
        return sum(high - low + 1 for low, high in self._spans.values())


def _rows(lines: list[bytes]) -> list[re.Match[bytes]]:
    return [found for line in lines if (found := _ROW.fullmatch(line))]


def _columns(
    logs: Sequence[InputFile], report: Report
) -> tuple[tuple[str, ...], tuple[Caveat, ...]]:
    """Return the names of the columns, and a caveat where one of them is a guess."""
    rows = [row for file in logs for row in _rows(file.head().split(b"\n"))]
    # A damaged row may look like one of another width.
    more = mode(len(row["more"].split()) for row in rows) if rows else 0
    if more != 1:
        return (*SIX_COLUMNS, *(LAG, RETRIES)[:more]), ()
    if report.total is not None:
        seventh = LAG if report.throttled or report.max_tries == 1 else RETRIES
        return (*SIX_COLUMNS, seventh), ()
    seventh = _guess_seventh(rows)
    caveat = Caveat(
        code="seventh-column-guessed",
        message=phrase(
            "{file}: the seventh column was taken for {column}, judged by its "
            "values; the report printed by pgbench would tell for certain",
            file=logs[0].label,
            column=seventh,
        ),
    )
    return (*SIX_COLUMNS, seventh), (caveat,)


def _guess_seventh(rows: Sequence[re.Match[bytes]]) -> str:
    """Return the name of a seventh column: lags are microseconds, retries are few."""
    # Skipped rows carry a 0 in either case.
    fields = (row["more"].split() for row in rows if row["word"] != b"skipped")
    numbers = [int(found[0]) for found in fields if len(found) == 1]
    return RETRIES if numbers and median_high(numbers) <= _MAX_USUAL_RETRIES else LAG


def _read_log(
    file: InputFile, columns: tuple[str, ...], report: Report, rejects: Rejects, seen: _Seen
) -> Iterator[Chunk]:
    def parsed(block: Block) -> tuple[Block, pa.Table | None]:
        return block, None if block.cut else read_table(block.data, columns)

    for block, quick in ordered_map(parsed, read_ahead(line_blocks(file))):
        if block.cut:
            yield cut_last_line(file, block.first_line)
            return
        table = quick
        if table is None:
            table = read_table(good_lines(block, columns, file, rejects), columns)
        if table is None:
            raise InputError(f"{file.label}:{block.first_line}: expected rows of a pgbench log")
        if table.num_rows:
            seen.add(table)
            yield Rows(table="requests", batch=request_batch(table, report))


def _completeness(
    rows: int, seen: _Seen, report: Report, logs: Sequence[InputFile]
) -> Iterator[Caveat]:
    """Yield a caveat when the logs do not hold all transactions of the run."""
    if not report.scripts:
        yield Caveat(
            code="unnamed-scripts",
            message=phrase(
                "no report of pgbench lies beside the log (as PREFIX.stdout.txt "
                "or stdout.txt), so its scripts are named by their numbers"
            ),
        )
    if report.total is not None:
        yield from _beside_report(rows, report.total.requests, report, logs)
    elif rows < _WHOLE_LOG * seen.numbered:
        message = phrase(
            "the logs hold {rows} of by their numbers about {made} transactions ({share}), as "
            "with --sampling-rate: rates and counts of the rows are not those of the run",
            rows=rows,
            made=seen.numbered,
            share=f"{rows / seen.numbered:.1%}",
        )
        yield Caveat(code="sampled-log", message=message)


def _beside_report(
    rows: int, made: int, report: Report, logs: Sequence[InputFile]
) -> Iterator[Caveat]:
    threads = report.tags.get("pgbench.threads", "")
    if rows > made:
        yield Caveat(
            code="report-of-another-run",
            message=phrase(
                "the logs hold {rows} transactions, the report beside them tells "
                "of {made}: is it the report of this run?",
                rows=rows,
                made=made,
            ),
        )
    elif rows < made and threads.isdecimal() and len(logs) < int(threads[:9]):
        yield Caveat(
            code="missing-thread-logs",
            message=phrase(
                "the logs hold {rows} of {made} transactions: the run had "
                "{threads} threads, here are the logs of {logs}",
                rows=rows,
                made=made,
                threads=threads,
                logs=len(logs),
            ),
        )
    elif rows < made:
        message = phrase(
            "the logs hold {rows} of {made} transactions ({share}), as with --sampling-rate: "
            "rates and counts of the rows are not those of the run",
            rows=rows,
            made=made,
            share=f"{rows / made:.1%}",
        )
        yield Caveat(code="sampled-log", message=message)
