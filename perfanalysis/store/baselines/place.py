"""What a store of baselines needs of the place where it lies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TypeAlias

from perfanalysis.store.baselines.slim import Files

MOST_BYTES = 256 << 20

# Files of runs by the name of their folder.
Folders: TypeAlias = Mapping[str, Files]


@dataclass(frozen=True, kw_only=True)
class Document:
    """The content of `baseline.json` as it was read.

    Attributes:
        content: None where the baseline is not there, or no longer.
        version: changes with every commit; what the next one has to name.
    """

    content: bytes | None
    version: str


class Place(ABC):
    """A folder of this machine, or a bucket.

    A baseline is one document and the folders of its runs. Folders are named after their content
    and never change, so the document alone decides what there is: replacing it is the commit.

    Attributes:
        location: what messages call it; it holds no secret.
    """

    location: str

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of all baselines, in order.

        Raises:
            BundleError: the place cannot be read.
        """

    @abstractmethod
    def read(self, name: str) -> Document:
        """Return the document of a baseline.

        Raises:
            BundleError: the place cannot be read.
        """

    @abstractmethod
    def read_run(self, name: str, folder: str) -> Files | None:
        """Return the files of a run; None where it is not there.

        Raises:
            BundleError: the place cannot be read.
        """

    @abstractmethod
    def commit(
        self,
        name: str,
        content: bytes,
        *,
        expected: str,
        added: Folders,
        kept: Collection[str],
    ) -> bool:
        """Replace the document, if nobody else has done so since it was read.

        Args:
            name: the baseline.
            content: the new document.
            expected: version of the document that it was made from.
            added: new runs; they are there before the document says so.
            kept: folders that the new document names: the others may go.

        Returns:
            False where the baseline has moved on, and nothing was changed.

        Raises:
            UsageError: the place cannot be written.
        """

    @abstractmethod
    def remove(self, name: str, *, expected: str) -> bool:
        """Remove a baseline with its runs, if nobody has changed it since it was read.

        Raises:
            UsageError: the place cannot be written.
        """

    @abstractmethod
    def read_file(self, path: str) -> bytes | None:
        """Return a single file of the store, such as a calibration; None where it is not there.

        Raises:
            BundleError: the place cannot be read.
        """

    @abstractmethod
    def write_file(self, path: str, content: bytes) -> None:
        """Write a single file so that it is whole or not there.

        Raises:
            UsageError: the place cannot be written.
        """

    @abstractmethod
    def exclusive(self, name: str) -> AbstractContextManager[None]:
        """Keep other jobs from committing, as far as the place can.

        Raises:
            UsageError: another job holds the baseline for too long.
        """
