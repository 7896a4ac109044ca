"""Writing what cannot be measured again: a bundle that comes to its end even on a full disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterable

from perfanalysis.api.importing import Gathered
from perfanalysis.errors import UsageError
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Chunk, Rows
from perfanalysis.phrases import phrase
from perfanalysis.store.writer import BundleWriter, Provenance

# What must be left on the disk to finish a bundle, besides what waits in memory.
LEAST_FREE_BYTES = 64 << 20


class MeasuredBundle:
    """Writes chunks while they are measured, and notices when the disk cannot take them.

    Args:
        writer: of the bundle.

    Attributes:
        gathered: facts and caveats so far.
        problem: why rows could not be written; None while they can. Then rows are dropped, and the
            bundle is finished with its histograms, which are in memory.
    """

    def __init__(self, writer: BundleWriter) -> None:
        self._writer = writer
        self.gathered = Gathered()
        self.problem: str | None = None
        self._has_requests = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come of what the bundle is made for: no row of the request table."""
        return not self._has_requests

    def take(self, chunks: Iterable[Chunk], *, origin: str) -> None:
        """Write rows, and keep everything else."""
        for chunk in chunks:
            if isinstance(chunk, Rows) and chunk.table == "requests":
                self._has_requests = True
            if self.problem is not None and isinstance(chunk, Rows):
                continue
            try:
                self.gathered.take((chunk,), self._writer, origin=origin)
            except UsageError as exc:
                self.problem = exc.message

    def reason_to_stop(self) -> str | None:
        """Return why measuring should end now: rows cannot be written, or soon not any more."""
        if self.problem is not None:
            return self.problem
        free = shutil.disk_usage(self._writer.folder).free
        if free < LEAST_FREE_BYTES + self._writer.waiting_bytes:
            return phrase("the disk is nearly full: {mib} MiB are free", mib=free >> 20)
        return None

    def finish(self, known: Provenance) -> None:
        """Finish the bundle; if its tables cannot be written, with what can.

        Raises:
            UsageError: not even the histograms can be written.
        """
        if self.problem is None:
            try:
                self._writer.finish(known)
            except UsageError as exc:
                self.problem = exc.message
            else:
                return
        message = phrase(
            "{problem}; single requests and series are lost, histograms were kept",
            problem=self.problem,
        )
        self._writer.salvage(known, Caveat(code="rows-lost", message=message))
