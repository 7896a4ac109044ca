"""What a source of runs yields: rows for the tables, facts about the run, caveats.

Importers yield chunks while they read a file, the generator and the monitor while they measure.
Only the store writes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from perfanalysis.model.caveat import Caveat
from perfanalysis.model.run import Environment, Threshold

if TYPE_CHECKING:
    import pyarrow as pa


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
