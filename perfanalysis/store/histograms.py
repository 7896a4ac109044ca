"""Windowed histograms, built while the requests stream past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.model.buckets import bucket_of
from perfanalysis.model.histograms import HISTOGRAMS

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_WIDTH_US = 125_000
MAX_WINDOWS = 256
_COMPACT_ROWS = 500_000
_KEYS: Sequence[str] = ("window", "name", "kind", "ok", "bucket")


class HistogramBuilder:
    """Counts latencies per window, name, kind, outcome and bucket, in bounded memory.

    Windows start at multiples of their width since 1970, so those of several runs line up. They
    begin at an eighth of a second and double whenever a run would need more than 256.
    """

    def __init__(self) -> None:
        self.width_us = FIRST_WIDTH_US
        self._first_us: int | None = None
        self._last_us: int | None = None
        self._parts: list[pa.Table] = []
        self._rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count a batch of requests in the schema of `perfanalysis.model.requests`."""
        if batch.num_rows == 0:
            return
        started_us = batch.column("started_at").cast(pa.int64())
        first, last = pc.min(started_us).as_py(), pc.max(started_us).as_py()
        self._first_us = first if self._first_us is None else min(first, self._first_us)
        self._last_us = last if self._last_us is None else max(last, self._last_us)
        self._widen()
        latency = batch.column("latency_ms")
        known = pc.is_valid(latency).to_numpy(zero_copy_only=False)
        values = pc.fill_null(latency, 0.0).to_numpy()
        buckets = pa.array(bucket_of(values).astype(np.int32), mask=~known)
        table = pa.table(
            {
                "window": started_us,
                "name": batch.column("name"),
                "kind": batch.column("kind"),
                "ok": batch.column("ok"),
                "bucket": buckets,
                "count": pa.array(np.ones(batch.num_rows, dtype=np.int64)),
            }
        )
        self._append(self._summed([table]))

    def finish(self) -> pa.Table:
        """Return the histogram table, sorted by name, window and bucket."""
        if not self._parts:
            return HISTOGRAMS.empty_table()
        table = self._summed(self._parts)
        order = [(key, "ascending") for key in ("name", "kind", "window", "ok", "bucket")]
        return table.sort_by(order).select(HISTOGRAMS.names).cast(HISTOGRAMS)

    def _append(self, part: pa.Table) -> None:
        self._parts.append(part)
        self._rows += part.num_rows
        if self._rows > _COMPACT_ROWS:
            self._parts = [self._summed(self._parts)]
            # Compacting again is worth its cost only once as much again has come in.
            self._rows = self._parts[0].num_rows // 2

    def _widen(self) -> None:
        first, last = self._first_us or 0, self._last_us or 0
        while last // self.width_us - first // self.width_us >= MAX_WINDOWS:
            self.width_us *= 2

    def _summed(self, parts: Sequence[pa.Table]) -> pa.Table:
        table = pa.concat_tables(parts)
        window = table.column("window").to_numpy() // self.width_us * self.width_us
        table = table.set_column(0, "window", pa.array(window))
        summed = table.group_by(list(_KEYS)).aggregate([("count", "sum")])
        return summed.rename_columns([*_KEYS, "count"])
