"""Windowed histograms, built while the requests stream past."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.buckets import ZERO_BUCKET, bucket_of
from perfanalysis.model.histograms import HISTOGRAMS

FIRST_WIDTH_US = 125_000
MAX_WINDOWS = 256
_COUNT_ROWS = 100_000
_COMPACT_ROWS = 500_000
# Counting by position in an array is quickest while the array stays small beside the rows.
_MOST_CELLS_PER_ROW = 4

Ints = npt.NDArray[np.int64]


class _Counts(NamedTuple):
    """How often each cell was met; all arrays are of one length.

    Attributes:
        series: number of the name, kind and outcome.
        window: start in microseconds since 1970.
        bucket: of `perfanalysis.model.buckets`; `_UNKNOWN` for rows without a latency.
        requests: how many rows, at least 1.
    """

    series: Ints
    window: Ints
    bucket: Ints
    requests: Ints


_UNKNOWN = np.iinfo(np.int32).min
_APART = (_UNKNOWN, ZERO_BUCKET)


class HistogramBuilder:
    """Counts latencies per window, name, kind, outcome and bucket, in bounded memory.

    Windows start at multiples of their width since 1970, so those of several runs line up. They
    begin at an eighth of a second and double whenever a run would need more than 256.
    """

    def __init__(self) -> None:
        self.width_us = FIRST_WIDTH_US
        self._first_us: int | None = None
        self._last_us: int | None = None
        self._series: dict[tuple[str, str, bool], int] = {}
        self._waiting: list[tuple[Ints, Ints, Ints]] = []
        self._waiting_rows = 0
        self._parts: list[_Counts] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch in the schema `perfanalysis.store.conform.ENCODED_REQUESTS`."""
        if batch.num_rows == 0:
            return
        started_us = batch.column("started_at").cast(pa.int64()).to_numpy()
        first, last = int(started_us.min()), int(started_us.max())
        self._first_us = first if self._first_us is None else min(first, self._first_us)
        self._last_us = last if self._last_us is None else max(last, self._last_us)
        self._widen()
        latency = batch.column("latency_ms")
        buckets = bucket_of(pc.fill_null(latency, 0.0).to_numpy())
        if latency.null_count:
            buckets[latency.is_null().to_numpy(zero_copy_only=False)] = _UNKNOWN
        self._waiting.append((self._series_of(batch), started_us, buckets))
        self._waiting_rows += batch.num_rows
        if self._waiting_rows >= _COUNT_ROWS:
            self._count()

    def finish(self) -> pa.Table:
        """Return the histogram table, sorted by name, window and bucket."""
        self._count()
        if not self._parts:
            return HISTOGRAMS.empty_table()
        counts = self._summed(self._parts)
        names, kinds, oks = zip(*self._series, strict=True)
        codes = pa.array(counts.series)
        table = pa.table(
            {
                "window": pa.array(counts.window).cast(HISTOGRAMS.field("window").type),
                "name": pa.array(names, pa.string()).take(codes),
                "kind": pa.array(kinds, pa.string()).take(codes),
                "ok": pa.array(oks, pa.bool_()).take(codes),
                "bucket": pa.array(counts.bucket, mask=counts.bucket == _UNKNOWN).cast(pa.int32()),
                "count": pa.array(counts.requests),
            },
            schema=HISTOGRAMS,
        )
        order = [(key, "ascending") for key in ("name", "kind", "window", "ok", "bucket")]
        return table.sort_by(order)

    def _series_of(self, batch: pa.RecordBatch) -> Ints:
        """Return the number of each row's name, kind and outcome."""
        name, kind = batch.column("name"), batch.column("kind")
        kinds = kind.dictionary.to_pylist()
        ok = batch.column("ok").to_numpy(zero_copy_only=False)
        local: Ints = name.indices.to_numpy().astype(np.int64)
        local = (local * len(kinds) + kind.indices.to_numpy()) * 2 + ok
        names = name.dictionary.to_pylist()
        present = np.flatnonzero(np.bincount(local))
        numbers = np.zeros(2 * len(kinds) * len(names), np.int64)
        for cell in present.tolist():
            pair, is_ok = divmod(cell, 2)
            at, of_kind = divmod(pair, len(kinds))
            key = (names[at], kinds[of_kind], bool(is_ok))
            numbers[cell] = self._series.setdefault(key, len(self._series))
        series: Ints = numbers[local]
        return series

    def _count(self) -> None:
        """Count the rows that wait: many at once, because each time costs something."""
        if not self._waiting:
            return
        columns = zip(*self._waiting, strict=True)
        series, started_us, buckets = (np.concatenate(parts) for parts in columns)
        self._waiting, self._waiting_rows = [], 0
        part = _counted(series, started_us // self.width_us, buckets)
        self._parts.append(part._replace(window=part.window * self.width_us))
        self._rows += len(part.requests)
        if self._rows > _COMPACT_ROWS:
            self._parts = [self._summed(self._parts)]
            # Compacting again is worth its cost only once as much again has come in.
            self._rows = len(self._parts[0].requests) // 2

    def _widen(self) -> None:
        first, last = self._first_us or 0, self._last_us or 0
        while last // self.width_us - first // self.width_us >= MAX_WINDOWS:
            self.width_us *= 2

    def _summed(self, parts: list[_Counts]) -> _Counts:
        joined = _Counts(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
        return _grouped(joined._replace(window=joined.window // self.width_us * self.width_us))


def _counted(series: Ints, window: Ints, bucket: Ints) -> _Counts:
    """Return how often each cell is met among rows, one entry of each array a row."""
    first_window = int(window.min())
    windows = int(window.max()) - first_window + 1
    # Two buckets lie far below all others; beside them the array can stay small.
    measured = bucket[bucket > ZERO_BUCKET]
    first_bucket = int(measured.min(initial=np.iinfo(np.int32).max)) - len(_APART)
    last_bucket = int(measured.max(initial=first_bucket + 1))
    buckets = last_bucket - first_bucket + 1
    cells = (int(series.max()) + 1) * windows * buckets
    if cells > _MOST_CELLS_PER_ROW * len(series):
        return _grouped(_Counts(series, window, bucket, np.ones(len(series), np.int64)))
    near = bucket - first_bucket
    if len(measured) < len(bucket):
        for place, apart in enumerate(_APART):
            near[bucket == apart] = place
    count = np.bincount((series * windows + (window - first_window)) * buckets + near)
    met = np.flatnonzero(count)
    rest, near = np.divmod(met, buckets)
    series, window = np.divmod(rest, windows)
    bucket = near + first_bucket
    for place, apart in enumerate(_APART):
        bucket[near == place] = apart
    return _Counts(series, window + first_window, bucket, count[met])


def _grouped(counts: _Counts) -> _Counts:
    keys = ["series", "window", "bucket"]
    table = pa.table(dict(zip(_Counts._fields, counts, strict=True)))
    summed = table.group_by(keys).aggregate([("requests", "sum")])
    return _Counts(*(summed.column(key).to_numpy() for key in (*keys, "requests_sum")))
