"""Requests on their way into a bundle: spilled when they are many, sorted by start at the end."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from perfanalysis.model.requests import REQUESTS

ROW_GROUP_ROWS = 262_144
_SPILL_BYTES = 256 << 20
_SORT_MEMORY = "512MB"


class RequestSorter:
    """Takes batches in any order and writes one Parquet file sorted by start.

    Up to 256 MiB stay in memory; beyond that batches are spilled and DuckDB sorts them out of core.

    Args:
        folder: where the spill file lives while it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self.rows = 0
        self._folder = folder
        self._spill = folder / "unsorted.parquet"
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    @property
    def waiting_bytes(self) -> int:
        """What is held in memory, in bytes."""
        return self._bytes

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch in the schema of `perfanalysis.model.requests`."""
        self.rows += batch.num_rows
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes > _SPILL_BYTES:
            self._flush()

    def write(self, path: Path) -> None:
        """Write everything, sorted; rows that start together stay in the order they came in.

        Raises:
            OSError: it cannot be written.
        """
        if self._writer is None:
            table = pa.Table.from_batches(self._batches, schema=REQUESTS)
            self._batches = []
            table = table.sort_by("started_at")
            pq.write_table(table, path, compression="zstd", row_group_size=ROW_GROUP_ROWS)
            return
        self._flush()
        self.close()
        self._sort_out_of_core(path)
        self._spill.unlink()

    def close(self) -> None:
        """Release the spill file."""
        if self._writer is not None:
            self._writer.close()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._spill, REQUESTS, compression="lz4")
        self._writer.write_table(pa.Table.from_batches(self._batches, schema=REQUESTS))
        self._batches = []
        self._bytes = 0

    def _sort_out_of_core(self, path: Path) -> None:
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
            # file_row_number keeps the order of rows that start together.
            result = connection.sql(
                "SELECT * EXCLUDE file_row_number FROM read_parquet(?, file_row_number = true) "
                "ORDER BY started_at, file_row_number",
                params=[str(self._spill)],
            )
            reader: pa.RecordBatchReader = result.to_arrow_reader(ROW_GROUP_ROWS)
            with pq.ParquetWriter(path, REQUESTS, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch.cast(REQUESTS), row_group_size=ROW_GROUP_ROWS)
