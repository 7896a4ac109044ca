"""Locust's `--json` and workers' reports."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyarrow as pa

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match, Rows
from perfanalysis.importers.locust.errors import error_counter, text_label
from perfanalysis.importers.locust.layout import display_name
from perfanalysis.importers.locust.quantiles import (
    CLOCK_RESOLUTION_MS,
    QUANTILE_ERROR,
    REPORTED_QUANTILES,
    nearest_rank,
    quantile_lists,
    rounded_response_time,
)
from perfanalysis.importers.locust.report import Entry, Report, read_report
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import Scope
from perfanalysis.model.requests import TIMESTAMP, Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source

_KEYS = tuple(
    re.compile(rb'"' + key + rb'"\s*:')
    for key in (b"response_times", b"num_requests", b"total_response_time", b"num_reqs_per_sec")
)


class LocustJson(Importer):
    """Reads what `locust --json` prints, also among log lines, and workers' reports.

    Percentiles are Locust's own: nearest rank on response times of two significant digits.
    Windows of one second have counts only: the report does not tell latencies over time.
    """

    name: ClassVar[str] = "locust-json"
    title: ClassVar[str] = "Locust --json, and reports of Locust workers"

    def match(self, head: bytes, filename: str) -> Match:
        """Judge by the names of the keys: no other tool's results have them all."""
        del filename
        if not re.search(rb"^\s*[\[{]", head, re.MULTILINE):
            return Match.NO
        found = sum(key.search(head) is not None for key in _KEYS)
        # The head may end within the first, large response_times.
        if _KEYS[0].search(head) is None or found < 2:
            return Match.NO
        return Match.CERTAIN if found == len(_KEYS) else Match.LIKELY

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield whole-run rows, windows, errors and facts.

        Raises:
            InputError: there is no report, it is cut short, or it tells of no request.
        """
        del rejects  # A report is one document: it is good or it is not.
        file = source.files[0]
        report = read_report(file)
        entries = [entry for entry in report.entries.values() if entry.requests]
        if not entries:
            raise InputError(f"{file.label}:1: expected at least one request, found none")
        run = _Span(entries)
        rounded = all(_is_rounded(entry) for entry in entries)
        yield Facts(
            tool="locust",
            started_at=None if run.first is None else datetime.fromtimestamp(run.first, UTC),
            duration_s=run.duration_s,
            clock_resolution_ms=CLOCK_RESOLUTION_MS if rounded else None,
        )
        yield _run_rows(entries, run, QUANTILE_ERROR if rounded else 0.0)
        yield from _windows(file.label, entries)
        yield from _errors(report, run)
        yield from _caveats(file.label, report)
        if file.truncated:
            message = phrase(
                "{file}: the compressed data are cut short; what they hold was read",
                file=file.label,
            )
            yield Caveat(code="truncated-archive", message=message)


class _Span:
    """When the run was, in seconds since 1970; None if no entry tells."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        starts = [entry.started_at for entry in entries if entry.started_at is not None]
        ends = [entry.last_at for entry in entries if entry.last_at is not None]
        self.first = min(starts, default=None)
        self.last = max(ends, default=None)

    @property
    def duration_s(self) -> float | None:
        """From the start to the last request; None if that is not known or no time at all."""
        if self.first is None or self.last is None or self.last <= self.first:
            return None
        return self.last - self.first


def _run_rows(entries: Sequence[Entry], run: _Span, error: float) -> Rows:
    number = len(entries)
    quantiles = np.full((number, len(REPORTED_QUANTILES)), np.nan)
    for row, entry in enumerate(entries):
        if any(entry.response_times.values()):
            quantiles[row] = nearest_rank(entry.response_times, REPORTED_QUANTILES)
    start = None if run.first is None else round(run.first * 1e6)
    columns = {
        "scope": pa.repeat(Scope.RUN.value, number),
        "started_at": pa.repeat(pa.scalar(start, pa.int64()), number).cast(TIMESTAMP),
        "duration_s": pa.repeat(pa.scalar(run.duration_s, pa.float64()), number),
        "name": pa.array([display_name(entry.method, entry.name) for entry in entries]),
        "kind": pa.repeat(Kind.REQUEST.value, number),
        "requests": pa.array([entry.requests for entry in entries]),
        "failures": pa.array([entry.failures for entry in entries]),
        "latency_mean_ms": pa.array([_mean(entry) for entry in entries], pa.float64()),
        "latency_min_ms": pa.array(
            [_timed(entry, entry.min_ms) for entry in entries], pa.float64()
        ),
        "latency_max_ms": pa.array(
            [_timed(entry, entry.max_ms) for entry in entries], pa.float64()
        ),
        "quantiles": quantile_lists(REPORTED_QUANTILES, quantiles),
        "quantile_error": pa.repeat(error, number),
        "bytes_received": pa.array([entry.content_bytes for entry in entries]),
    }
    return Rows(table="intervals", batch=pa.RecordBatch.from_pydict(columns))


def _timed(entry: Entry, value: float | None) -> float | None:
    """Return a figure of response times, or None where no request had one."""
    return value if entry.requests > entry.none_requests else None


def _mean(entry: Entry) -> float | None:
    timed = entry.requests - entry.none_requests
    return entry.total_ms / timed if timed > 0 else None


def _is_rounded(entry: Entry) -> bool:
    """Whether response times were rounded: some versions of 0.x did not."""
    return all(time == rounded_response_time(time) for time in entry.response_times)


def _windows(label: str, entries: Sequence[Entry]) -> Iterator[Chunk]:
    """Yield the seconds of every entry: all or none, so that windows and totals tell the same."""
    if any(entry.failures != sum(entry.failures_at.values()) for entry in entries):
        yield Caveat(
            code="failures-without-time",
            message=phrase(
                "{file}: does not tell when requests failed, so how the run "
                "changed over time is not known",
                file=label,
            ),
        )
        return
    for entry in entries:
        failures = _failures_with_their_requests(entry)
        seconds = sorted({*entry.requests_at, *failures})
        number = len(seconds)
        columns = {
            "scope": pa.repeat(Scope.WINDOW.value, number),
            "started_at": pa.array([round(s * 1e6) for s in seconds], pa.int64()).cast(TIMESTAMP),
            "duration_s": pa.repeat(1.0, number),
            "name": pa.repeat(display_name(entry.method, entry.name), number),
            "kind": pa.repeat(Kind.REQUEST.value, number),
            "requests": pa.array([entry.requests_at.get(s, 0) for s in seconds], pa.int64()),
            "failures": pa.array([failures.get(s, 0) for s in seconds], pa.int64()),
        }
        yield Rows(table="intervals", batch=pa.RecordBatch.from_pydict(columns))


def _failures_with_their_requests(entry: Entry) -> dict[float, int]:
    """Return failures per second, none in a second without as many requests.

    Locust counts a request and then its failure, each by its own clock reading: a second that ends
    in between parts the two. The surplus belongs to the second before.
    """
    failures = dict(entry.failures_at)
    seconds = sorted({*entry.requests_at, *failures})
    for earlier, second in zip(seconds[-2::-1], seconds[:0:-1], strict=True):
        surplus = failures.get(second, 0) - entry.requests_at.get(second, 0)
        if surplus > 0:
            failures[second] -= surplus
            failures[earlier] = failures.get(earlier, 0) + surplus
    return failures


def _errors(report: Report, run: _Span) -> Iterator[Rows]:
    if run.last is not None:
        yield from error_counter(
            [
                (
                    run.last,
                    occurrences,
                    {"name": display_name(method, name), "error": text_label(error)},
                )
                for (method, name, error), occurrences in report.errors.items()
            ]
        )


def _caveats(label: str, report: Report) -> Iterator[Caveat]:
    yield from report.caveats
    if report.failures_apart:
        yield Caveat(
            code="failures-apart",
            message=phrase(
                "{file}: counts failures beside requests, as early Locust did; "
                "they were added, and latencies are those of successful requests "
                "only",
                file=label,
            ),
        )
