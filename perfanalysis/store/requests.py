"""Requests on their way into a bundle: sorted by start within a window, written as they come."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from perfanalysis.model.requests import REQUESTS
from perfanalysis.store.conform import ENCODED_REQUESTS

ROW_GROUP_ROWS = 262_144
# Tools write a request when it ends: rows are out of order by no more than the longest of them.
HELD_BACK_ROWS = ROW_GROUP_ROWS // 2
_SORT_MEMORY = "384MB"

Ints = npt.NDArray[np.int64]

# Numbers of which there are few different ones (whole milliseconds, phases) shrink as words do.
_OPTIONS = {
    "compression": "zstd",
    # Dictionaries are how batches travel; readers shall get the plain schema.
    "store_schema": False,
    "use_dictionary": [name for name in REQUESTS.names if name not in ("started_at", "ok")],
    "column_encoding": {"started_at": "DELTA_BINARY_PACKED"},
    # They tell what an open model intended without reading a row; others nobody asks for.
    "write_statistics": ["started_at", "scheduled_at"],
}


class RequestSorter:
    """Takes batches in any order and writes one Parquet file sorted by start.

    Rows are held back until a row group can be written and enough are left behind it, sorted. A row
    that comes too late for that begins another file, a run, and DuckDB merges the runs at the end,
    out of core.

    Args:
        folder: where the files lie while they are needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._window: list[pa.RecordBatch] = []
        self._window_rows = 0
        self._runs: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._last_us = 0

    @property
    def waiting_bytes(self) -> int:
        """What is held in memory, in bytes."""
        return sum(int(batch.nbytes) for batch in self._window)

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch in the schema `perfanalysis.store.conform.ENCODED_REQUESTS`."""
        self._window.append(batch)
        self._window_rows += batch.num_rows
        if self._window_rows >= ROW_GROUP_ROWS + HELD_BACK_ROWS:
            self._write_window(keep=HELD_BACK_ROWS)

    def write(self, path: Path) -> None:
        """Write everything, sorted; rows that start together stay in the order they came in.

        Raises:
            OSError: it cannot be written.
        """
        self._write_window(keep=0)
        self.close()
        if len(self._runs) == 1:
            self._runs[0].rename(path)
            return
        self._merge(path)
        for run in self._runs:
            run.unlink()

    def close(self) -> None:
        """Release the file that is being written."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _write_window(self, *, keep: int) -> None:
        """Sort the window and write all of it but the last `keep` rows."""
        table, starts_us = _sorted(self._window)
        cut = max(table.num_rows - keep, 0)
        if self._writer is None or starts_us[0] < self._last_us:
            self._begin_run()
        assert self._writer is not None  # noqa: S101  (a run was just begun)
        self._writer.write_table(table.slice(0, cut), row_group_size=ROW_GROUP_ROWS)
        self._last_us = int(starts_us[cut - 1])
        self._window = table.slice(cut).to_batches() if keep else []
        self._window_rows = table.num_rows - cut

    def _begin_run(self) -> None:
        self.close()
        self._runs.append(self._folder / f"run-{len(self._runs):06}.parquet")
        self._writer = pq.ParquetWriter(self._runs[-1], ENCODED_REQUESTS, **_OPTIONS)

    def _merge(self, path: Path) -> None:
        import duckdb

        try:
            self._sort(path)
        except duckdb.IOException as exc:
            raise OSError(str(exc).partition("\n")[0]) from exc

    def _sort(self, path: Path) -> None:
        import duckdb

        with duckdb.connect() as connection:
            connection.execute("SET memory_limit = ?", [_SORT_MEMORY])
            connection.execute("SET temp_directory = ?", [str(self._folder / "sorting")])
            connection.execute("SET TimeZone = 'UTC'")
            # A row of an earlier run came in before those of a later one that start with it.
            result = connection.sql(
                "SELECT * EXCLUDE (filename, file_row_number) "
                "FROM read_parquet(?, filename = true, file_row_number = true) "
                "ORDER BY started_at, filename, file_row_number",
                params=[[str(run) for run in self._runs]],
            )
            reader: pa.RecordBatchReader = result.to_arrow_reader(ROW_GROUP_ROWS)
            with pq.ParquetWriter(path, REQUESTS, **_OPTIONS) as writer:
                for batch in reader:
                    writer.write_batch(batch.cast(REQUESTS), row_group_size=ROW_GROUP_ROWS)


def _sorted(batches: list[pa.RecordBatch]) -> tuple[pa.Table, Ints]:
    """Return the rows sorted by start, stably, and their starts in microseconds since 1970."""
    table = pa.Table.from_batches(batches, schema=ENCODED_REQUESTS)
    table = table.unify_dictionaries()
    starts_us: Ints = table.column("started_at").cast(pa.int64()).to_numpy()
    order = _stable_order(starts_us)
    if order is None:
        return table, starts_us
    indices = pa.array(order)
    columns = [
        # Whole columns of nulls are common, and need no sorting.
        column if column.null_count == len(column) else column.take(indices)
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=ENCODED_REQUESTS), starts_us[order]


def _stable_order(values: Ints) -> Ints | None:
    """Return what sorts the values, equal ones in their order; None where they are sorted."""
    if np.all(values[1:] >= values[:-1]):
        return None
    bits = len(values).bit_length()
    first, last = int(values.min()), int(values.max())
    if last - first >= 1 << (62 - bits):
        return np.argsort(values, kind="stable")
    # Numbers sort several times faster than they are sorted by way of their positions.
    keys = ((values - first) << bits) | np.arange(len(values))
    keys.sort()
    order: Ints = keys & ((1 << bits) - 1)
    return order
