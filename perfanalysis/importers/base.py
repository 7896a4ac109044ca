"""The contract that every importer fulfils."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, ClassVar, Literal, TypeAlias

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Environment, Threshold

if TYPE_CHECKING:
    import pyarrow as pa

    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source


class Match(IntEnum):
    """How well a file fits an importer; the highest wins and a tie is an error."""

    NO = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


@dataclass(frozen=True, kw_only=True)
class Rows:
    """A batch for one table, in (a subset of) the columns of its schema in `perfanalysis.model`."""

    table: Literal["requests", "intervals", "series"]
    batch: pa.RecordBatch


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a source says about its run besides rows. None and empty mean that it is silent.

    Attributes:
        duration_s: the length of the test as the tool states it.
        clock_resolution_ms: step of the latency clock: 1 where latencies are whole milliseconds.
    """

    tool: str | None = None
    tool_version: str | None = None
    started_at: datetime | None = None
    duration_s: float | None = None
    clock_resolution_ms: float | None = None
    thresholds: tuple[Threshold, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    environment: Environment | None = None


Chunk: TypeAlias = Rows | Facts | Caveat


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
