"""SHA-256 of the files of an import, worked out while they are read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self

from perfanalysis.importers.source import InputFile


class Digests:
    """Hashes files in a thread of its own; leaving the block early stops it.

    The bytes are those that the importer reads at the same time, so they come from memory.
    """

    def __init__(self, files: Sequence[InputFile]) -> None:
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="hash")
        self._found = {file.path: self._pool.submit(file.sha256, stop=self._stop) for file in files}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def of(self, file: InputFile) -> str:
        """Return the digest of a file in hexadecimal, waiting for it if need be.

        Raises:
            InputError: the file cannot be read.
        """
        return self._found[file.path].result()
