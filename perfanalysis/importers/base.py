"""The contract that every importer fulfils."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar

from perfanalysis.model.chunks import Chunk, Facts, Rows

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source


__all__ = ["Chunk", "Facts", "Importer", "Match", "Rows"]


class Match(IntEnum):
    """How well a file fits an importer; the highest wins and a tie is an error."""

    NO = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


class Importer(ABC):
    """Reads one format.

    Attributes:
        name: the value of `--from` and of the entry point: `jmeter-csv`.
        title: one line for `perfanalysis formats`.
    """

    name: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def match(self, head: bytes, filename: str) -> Match:
        """Say how well a file fits, from its first bytes (decompressed) and its name.

        No I/O; never raises, whatever the bytes. `filename` has no compression suffix.
        """

    def companions(self, filename: str, folder: Sequence[str]) -> tuple[str, ...]:
        """Return the names of the files in a folder that make one run with `filename`.

        The leading file comes first: the importer that fits it reads them all. `folder` lists the
        names of the regular files beside `filename`, itself included. No I/O.
        """
        del folder
        return (filename,)

    @abstractmethod
    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield rows and facts, in memory that does not grow with the source.

        Bad rows go to `rejects`, which raises when there are too many.

        Raises:
            InputError: the source cannot be read; the message names file, line and reason.
        """
