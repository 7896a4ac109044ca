"""Where a monitor's chunks wait on disk until the results beside them have been read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Chunk, Facts, Rows
from perfanalysis.model.series import SERIES
from perfanalysis.store.conform import conform


class SeriesSpool:
    """Keeps rows in a file and the rest in memory; gives them back as they came.

    Args:
        path: the file to make.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._others: list[Facts | Caveat] = []
        self._writer = pa.ipc.new_stream(str(path), SERIES)

    def take(self, chunks: Iterable[Chunk]) -> None:
        """Keep some chunks."""
        for chunk in chunks:
            if isinstance(chunk, Rows):
                self._writer.write_batch(conform(chunk.batch, SERIES, origin="monitor"))
            else:
                self._others.append(chunk)

    def close(self) -> None:
        """Take nothing any more."""
        self._writer.close()

    def chunks(self) -> Iterator[Chunk]:
        """Yield what was kept, after `close`; it may be called again."""
        with pa.ipc.open_stream(str(self._path)) as reader:
            for batch in reader:
                yield Rows(table="series", batch=batch)
        yield from self._others
