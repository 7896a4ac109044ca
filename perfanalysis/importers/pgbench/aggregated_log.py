"""pgbench's aggregated logs (`pgbench -l --aggregate-interval=S`): counts and sums per interval.

A row is `interval_start transactions sum_latency sum_latency_2 min_latency max_latency`, then,
with `--rate`, four columns about the schedule lag, then, with `--latency-limit` too, `skipped`: 6,
10 or 11 columns up to version 14. Since version 15 there are always 15: the 11, then `retried
retries serialization_failures deadlock_failures`. Latencies are in microseconds.

Up to version 14 `transactions` includes the skipped ones, since version 15 neither skipped nor
failed ones; failures are only written under `--failures-detailed`. The last interval is never
written unless a transaction ends after it. Source: accumStats() and doLog() in pgbench's source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from itertools import groupby, pairwise
from math import gcd, sqrt
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar

from perfanalysis.importers.base import Chunk, Importer, Match, Rows
from perfanalysis.importers.pgbench.files import (
    cut_last_line,
    numbered_lines,
    run_files,
    split_files,
    truncated_archives,
)
from perfanalysis.importers.pgbench.totals import (
    interval_rows,
    no_transactions,
    report_beside,
    report_facts,
    run_totals,
)
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.pgbench.text import Report
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import InputFile, Source

_ROW = re.compile(
    rb"[1-9]\d{8,10} \d{1,15}(?: \d{1,40}){4}(?:(?: \d{1,40}){4}(?: \d{1,15})?"
    rb"|(?: \d{1,40}){4}(?: \d{1,15}){5})?"
)
_EXPECTED = "an interval in 6, 10, 11 or 15 columns of whole numbers"
_SNIFFED_LINES = 20
_BATCH_WINDOWS = 10_000


@dataclass(frozen=True, kw_only=True)
class _Interval:
    """One interval of one thread; sums and bounds in microseconds.

    Attributes:
        start: seconds since 1970.
        measured: transactions that have a latency.
        failures: skipped and failed ones.
    """

    start: int
    measured: int
    failures: int
    total: float
    squares: float
    low: float
    high: float


class PgbenchAggregate(Importer):
    """Reads aggregated logs."""

    name: ClassVar[str] = "pgbench-aggregate"
    title: ClassVar[str] = "pgbench aggregated logs (pgbench -l --aggregate-interval)"

    def match(self, head: bytes, filename: str) -> Match:
        """See `Importer.match`: most of the first lines are intervals."""
        del filename
        lines = [line for line in head.split(b"\n", _SNIFFED_LINES)[:_SNIFFED_LINES] if line]
        rows = sum(_ROW.fullmatch(line.rstrip(b"\r")) is not None for line in lines)
        return Match.CERTAIN if rows * 2 > len(lines) else Match.NO

    def companions(self, filename: str, folder: Sequence[str]) -> tuple[str, ...]:
        """See `Importer.companions`: the other threads' logs, and the report beside them."""
        return run_files(filename, folder)

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """See `Importer.read`."""
        logs, texts = split_files(source)
        report, caveats = report_beside(texts)
        yield report_facts(report)
        yield from caveats
        threads = [_Thread(file, rejects) for file in logs]
        windows = _Windows(report)
        yield from windows.batches(threads, _grid(logs))
        if not windows.count:
            raise no_transactions(f"{logs[0].label}:1", report)
        for thread in threads:
            yield from thread.caveats
        yield from windows.caveats()
        yield from run_totals(report)
        yield from truncated_archives(source.files)


class _Thread:
    """The intervals of one thread's log, in their order; `caveats` are known after reading."""

    def __init__(self, file: InputFile, rejects: Rejects) -> None:
        self.caveats: list[Caveat] = []
        self._file = file
        self._rejects = rejects

    def __iter__(self) -> Iterator[_Interval]:
        last = 0
        for number, line, cut in numbered_lines(self._file):
            if cut:
                self.caveats.append(cut_last_line(self._file, number))
                return
            interval = _interval(line)
            if interval is None:
                self._reject(number, line, column=None, expected=_EXPECTED)
            elif interval.start <= last:
                expected = f"a start later than {last}, that of the interval before"
                self._reject(number, line, column="interval_start", expected=expected)
            else:
                last = interval.start
                yield interval

    def _reject(self, number: int, line: bytes, *, column: str | None, expected: str) -> None:
        text = line.decode("utf-8", errors="replace")
        found = text.split(" ", 1)[0] if column else text
        self._rejects.row(
            self._file, number, column=column, expected=expected, found=found, raw=text
        )


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Where windows start: at `origin` and every `width_s` seconds; the width may be unknown."""

    origin: int
    width_s: int | None

    def start(self, interval: _Interval) -> int:
        """Return the start of the window that an interval is added to."""
        if self.width_s is None:
            return interval.start
        return interval.start - (interval.start - self.origin) % self.width_s


class _Windows:
    """Adds up the threads' intervals and remembers what the report is held against."""

    def __init__(self, report: Report) -> None:
        self.count = 0
        self._report = report
        self._measured = 0
        self._failures = 0
        self._moved = False

    def batches(self, threads: Sequence[_Thread], grid: _Grid) -> Iterator[Rows]:
        """Yield the windows in batches; memory holds one interval of each thread."""
        rows: list[dict[str, Any]] = []
        merged = merge(*threads, key=attrgetter("start"))
        for start, intervals in groupby(merged, key=grid.start):
            rows.append(self._window(start, list(intervals), grid.width_s))
            if len(rows) == _BATCH_WINDOWS:
                yield interval_rows(rows)
                rows = []
        if rows:
            yield interval_rows(rows)

    def _window(
        self, start: int, intervals: Sequence[_Interval], width_s: int | None
    ) -> dict[str, Any]:
        measured = sum(interval.measured for interval in intervals)
        failures = sum(interval.failures for interval in intervals)
        self.count += 1
        self._measured += measured
        self._failures += failures
        self._moved |= any(interval.start != start for interval in intervals)
        total = self._report.total
        return {
            "scope": Scope.WINDOW,
            "started_at": datetime.fromtimestamp(start, UTC),
            "duration_s": width_s,
            "name": total.name if total else self._report.script_name(0),
            "kind": Kind.REQUEST,
            "requests": measured + failures,
            "failures": failures,
            **_latencies(measured, [found for found in intervals if found.measured]),
        }

    def caveats(self) -> Iterator[Caveat]:
        """Yield what is missing or inexact, as far as the report tells."""
        if self._moved:
            yield Caveat(
                code="moved-windows",
                message=phrase(
                    "the threads began their intervals at different seconds: "
                    "they were added up as if they began at the earliest"
                ),
            )
        total = self._report.total
        if total is None:
            yield Caveat(
                code="last-interval-missing",
                message=phrase(
                    "pgbench does not write the last, unfinished interval; "
                    "without its report it is unknown how many transactions that "
                    "leaves out"
                ),
            )
            return
        if missing := total.processed - self._measured:
            yield _missing(missing, total.processed)
        if total.failures > self._failures:
            yield Caveat(
                code="failures-not-in-log",
                message=phrase(
                    "{missing} of {failures} failed or skipped transactions are "
                    "not in the log: those of the last interval, and, without "
                    "--failures-detailed, all that failed",
                    missing=total.failures - self._failures,
                    failures=total.failures,
                ),
            )


def _missing(missing: int, processed: int) -> Caveat:
    if missing < 0:
        return Caveat(
            code="report-of-another-run",
            message=phrase(
                "the logs hold {logged} transactions, the report beside them "
                "tells of {processed}: is it the report of this run?",
                logged=processed - missing,
                processed=processed,
            ),
        )
    return Caveat(
        code="last-interval-missing",
        message=phrase(
            "{missing} of {processed} transactions are not in the log: pgbench "
            "does not write the last, unfinished interval",
            missing=missing,
            processed=processed,
        ),
    )


def _latencies(measured: int, intervals: Sequence[_Interval]) -> dict[str, float]:
    """Return mean, standard deviation (population, as pgbench's) and bounds in milliseconds."""
    if not measured:
        return {}
    mean = sum(interval.total for interval in intervals) / measured
    squares = sum(interval.squares for interval in intervals) / measured
    return {
        "latency_mean_ms": mean / 1000,
        # Sums are rounded to whole numbers, so equal latencies may leave less than nothing.
        "latency_stddev_ms": sqrt(max(0.0, squares - mean * mean)) / 1000,
        "latency_min_ms": min(interval.low for interval in intervals) / 1000,
        "latency_max_ms": max(interval.high for interval in intervals) / 1000,
    }


def _interval(line: bytes) -> _Interval | None:
    """Return the interval that a line holds, or None."""
    if _ROW.fullmatch(line) is None:
        return None
    fields = line.split(b" ")
    measured = int(fields[1])
    failures = int(fields[10]) if len(fields) > 10 else 0
    if len(fields) == 15:
        failures += int(fields[13]) + int(fields[14])
    else:
        measured -= failures
    if measured < 0:
        return None
    total, squares, low, high = map(float, fields[2:6])
    return _Interval(
        start=int(fields[0]),
        measured=measured,
        failures=failures,
        total=total,
        squares=squares,
        low=low,
        high=high,
    )


def _grid(logs: Iterable[InputFile]) -> _Grid:
    """Return the grid of the windows, from the first intervals of each log.

    Intervals without transactions are missing in old versions, so the width is the greatest that
    divides all distances.
    """
    starts = [
        [
            interval.start
            for line in file.head().split(b"\n")
            if (interval := _interval(line.strip()))
        ]
        for file in logs
    ]
    distances = [later - earlier for found in starts for earlier, later in pairwise(found)]
    width = gcd(*distances)
    origin = min((found[0] for found in starts if found), default=0)
    return _Grid(origin=origin, width_s=width or None)
