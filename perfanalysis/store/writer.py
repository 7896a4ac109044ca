"""Writing a run bundle: rows stream in, a finished folder appears."""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from perfanalysis.errors import UsageError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import INTERVALS, Scope
from perfanalysis.model.requests import Kind
from perfanalysis.model.run import (
    Commit,
    Counts,
    Environment,
    Evidence,
    RunInfo,
    SourceFile,
    Threshold,
)
from perfanalysis.model.series import SERIES
from perfanalysis.store.background import Background
from perfanalysis.store.bundle import RUN_FILE
from perfanalysis.store.conform import WRITTEN, conform
from perfanalysis.store.histograms import HistogramBuilder
from perfanalysis.store.requests import RequestSorter
from perfanalysis.store.staging import staged_folder

REJECTS_FILE = "rejects.jsonl"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is known about a run beside its rows, when they have all been written."""

    id: str
    name: str
    tool: str
    tool_version: str | None
    started_at: datetime | None
    duration_s: float | None
    clock_resolution_ms: float | None
    rejected_rows: int
    sources: tuple[SourceFile, ...]
    environment: Environment
    commit: Commit | None
    tags: dict[str, str]
    thresholds: tuple[Threshold, ...]
    caveats: tuple[Caveat, ...]


@contextmanager
def bundle_writer(destination: Path, *, overwrite: bool = False) -> Iterator[BundleWriter]:
    """Give a writer; the bundle appears at the destination when the block succeeds.

    Raises:
        UsageError: the destination exists already or cannot be written.
    """
    with staged_folder(destination, overwrite=overwrite) as folder:
        writer = BundleWriter(folder)
        try:
            yield writer
        finally:
            writer.close()


class BundleWriter:
    """Writes the tables of one run into a folder.

    Args:
        folder: an empty folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._sorter = RequestSorter(folder)
        self._histograms = HistogramBuilder()
        self._background = Background()
        self._intervals: list[pa.RecordBatch] = []
        self._series: pq.ParquetWriter | None = None
        self._span = _Span()
        self._series_span = _Span()
        self._failures = 0
        self._requests = 0
        self._has_requests = False

    def write(self, table: str, batch: pa.RecordBatch, *, origin: str) -> None:
        """Check and write a batch.

        Args:
            table: requests, intervals or series.
            batch: in a subset of the columns of that table's schema.
            origin: who made it, for messages.

        Raises:
            InputError: the batch does not conform.
            UsageError: this batch or one before it cannot be written, as on a full disk.
        """
        batch = conform(batch, WRITTEN[table], origin=origin)
        self.rows += batch.num_rows
        if table == "requests":
            with _told_as_usage_error():
                self._background.call(self._add_requests, batch)
            self._count(batch)
        elif table == "intervals":
            self._intervals.append(batch)
        else:
            with _told_as_usage_error():
                self._write_series(batch)
            self._series_span.series(batch)

    @property
    def waiting_bytes(self) -> int:
        """What is held in memory until the bundle is finished, in bytes."""
        return self._sorter.waiting_bytes

    def finish(self, provenance: Provenance) -> RunInfo:
        """Write what is left, and `run.json` last of all.

        Raises:
            UsageError: it cannot be written, as on a full disk.
        """
        with _told_as_usage_error():
            if self._series is not None:
                self._series.close()
            if self._has_requests:
                self._background.call(self._sorter.write, self.folder / "requests.parquet")
                self._background.finish()
            return self._finish_aggregates(provenance)

    def salvage(self, provenance: Provenance, lost: Caveat) -> RunInfo:
        """Finish after a failure to write: without requests and series, whose files are removed.

        Histograms are small and in memory: summaries and comparisons are the same as ever.

        Args:
            provenance: what is known about the run.
            lost: what is said about the loss.

        Raises:
            UsageError: not even the rest can be written.
        """
        with contextlib.suppress(OSError):
            self._background.finish()
        with contextlib.suppress(OSError):
            self.close()
        with _told_as_usage_error():
            for path in self.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
            return self._finish_aggregates(replace(provenance, caveats=(*provenance.caveats, lost)))

    def close(self) -> None:
        """Release open files."""
        self._background.close()
        self._sorter.close()
        if self._series is not None:
            self._series.close()

    def _add_requests(self, batch: pa.RecordBatch) -> None:
        # Histograms first: they are what is left where rows cannot be written.
        self._histograms.add(batch)
        self._sorter.add(batch)

    def _write_series(self, batch: pa.RecordBatch) -> None:
        if self._series is None:
            path = self.folder / "series.parquet"
            self._series = pq.ParquetWriter(path, SERIES, compression="zstd")
        self._series.write_batch(batch)

    def _finish_aggregates(self, provenance: Provenance) -> RunInfo:
        intervals = pa.Table.from_batches(self._intervals, schema=INTERVALS)
        if intervals.num_rows:
            _write(intervals, self.folder / "intervals.parquet")
        if self._has_requests:
            _write(self._histograms.finish(), self.folder / "histograms.parquet")
        info = self._info(provenance, intervals)
        text = info.model_dump_json(indent=2, by_alias=True)
        (self.folder / RUN_FILE).write_text(text + "\n", encoding="utf-8")
        return info

    def _count(self, batch: pa.RecordBatch) -> None:
        self._has_requests = self._has_requests or batch.num_rows > 0
        kind = batch.column("kind")
        is_request = pc.equal(kind.dictionary, Kind.REQUEST.value).take(kind.indices)
        self._requests += is_request.true_count
        self._failures += pc.and_not(is_request, batch.column("ok")).true_count
        self._span.requests(batch)

    def _info(self, known: Provenance, intervals: pa.Table) -> RunInfo:
        requests, failures = self._requests, self._failures
        if not self._has_requests:
            requests, failures = _interval_counts(intervals)
            self._span.intervals(intervals)
        # A monitor begins before the load and ends after it: it counts where nothing else does.
        span = self._span if self._span.started_at is not None else self._series_span
        has_rows = self._has_requests
        stated = known.duration_s if not has_rows else None
        return RunInfo(
            id=known.id,
            name=known.name,
            started_at=span.started_at or known.started_at,
            duration_s=stated or span.duration_s or known.duration_s,
            tool=known.tool,
            tool_version=known.tool_version,
            evidence=_evidence(intervals, has_rows=has_rows),
            counts=Counts(requests=requests, failures=failures, rejected_rows=known.rejected_rows),
            window_s=self._histograms.width_us / 1e6 if has_rows else None,
            clock_resolution_ms=known.clock_resolution_ms,
            sources=known.sources,
            environment=known.environment,
            commit=known.commit,
            tags=known.tags,
            thresholds=known.thresholds,
            caveats=known.caveats,
        )


class _Span:
    """First start and last end of what was written, in microseconds since 1970."""

    def __init__(self) -> None:
        self._first = math.inf
        self._last = -math.inf

    @property
    def started_at(self) -> datetime | None:
        if math.isinf(self._first):
            return None
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=self._first)

    @property
    def duration_s(self) -> float | None:
        return None if math.isinf(self._first) else (self._last - self._first) / 1e6

    def requests(self, batch: pa.RecordBatch) -> None:
        latency_us = pc.multiply(pc.fill_null(batch.column("latency_ms"), 0.0), 1e3)
        self._include(batch.column("started_at"), latency_us)

    def series(self, batch: pa.RecordBatch) -> None:
        self._include(batch.column("time"), pa.scalar(0.0))

    def intervals(self, table: pa.Table) -> None:
        timed = table.filter(pc.is_valid(table.column("started_at")))
        if timed.num_rows:
            width_us = pc.multiply(pc.fill_null(timed.column("duration_s"), 0.0), 1e6)
            self._include(timed.column("started_at"), width_us)

    def _include(self, times: Any, length_us: Any) -> None:  # noqa: ANN401  (Arrow is untyped)
        if len(times) == 0:
            return
        start = times.cast(pa.int64())
        self._first = min(self._first, pc.min(start).as_py())
        self._last = max(
            self._last, pc.max(pc.add(start.cast(pa.float64(), safe=False), length_us)).as_py()
        )


@contextmanager
def _told_as_usage_error() -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        reason = os.strerror(exc.errno) if exc.errno else str(exc)
        raise UsageError(f"the bundle cannot be written: {reason}") from exc


def _evidence(intervals: pa.Table, *, has_rows: bool) -> Evidence:
    if has_rows:
        return Evidence.REQUESTS
    scopes = set(intervals.column("scope").to_pylist())
    if Scope.WINDOW in scopes:
        return Evidence.INTERVALS
    return Evidence.TOTALS if scopes else Evidence.SERIES


def _interval_counts(table: pa.Table) -> tuple[int, int]:
    """Return requests and failures; a whole-run row is more complete than the windows."""
    rows = table.filter(pc.equal(table.column("kind"), Kind.REQUEST.value))
    for scope in (Scope.RUN, Scope.WINDOW):
        found = rows.filter(pc.equal(rows.column("scope"), scope.value))
        if found.num_rows:
            return pc.sum(found.column("requests")).as_py(), pc.sum(
                found.column("failures")
            ).as_py()
    return 0, 0


def _write(table: pa.Table, path: Path) -> None:
    pq.write_table(table, path, compression="zstd")
