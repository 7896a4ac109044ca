"""Reading a file with an importer, as the store does, without a store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path

import pyarrow as pa
import pytest

from perfanalysis.importers.base import Facts, Importer, Rows
from perfanalysis.importers.registry import find_source
from perfanalysis.importers.rejects import NO_BAD_ROWS, Rejects, Tolerance
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.intervals import INTERVALS
from perfanalysis.model.requests import REQUESTS
from perfanalysis.model.series import SERIES
from perfanalysis.store.conform import conform

SCHEMAS = {"requests": REQUESTS, "intervals": INTERVALS, "series": SERIES}


@dataclass(frozen=True, kw_only=True)
class ReadRun:
    """Everything that an importer said about a file."""

    importer: Importer
    tables: dict[str, pa.Table]
    facts: list[Facts]
    caveats: list[Caveat]
    rejected: int
    batches: int

    @property
    def requests(self) -> pa.Table:
        return self.tables["requests"]

    @property
    def intervals(self) -> pa.Table:
        return self.tables["intervals"]

    @property
    def series(self) -> pa.Table:
        return self.tables["series"]

    def fact(self, name: str) -> object:
        """The last value that a source stated for a field of Facts, or None."""
        stated = [getattr(f, name) for f in self.facts if getattr(f, name)]
        return stated[-1] if stated else None

    @property
    def caveat_codes(self) -> set[str]:
        return {caveat.code for caveat in self.caveats}


def read_with_importer(
    path: Path,
    *,
    format_name: str | None = None,
    tolerance: Tolerance = NO_BAD_ROWS,
    timezone: tzinfo = UTC,
) -> ReadRun:
    importer, source = find_source(
        path, label=str(path), format_name=format_name, timezone=timezone
    )
    rejects = Rejects(tolerance)
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in SCHEMAS}
    facts: list[Facts] = []
    caveats: list[Caveat] = []
    for chunk in importer.read(source, rejects):
        match chunk:
            case Rows(table=table, batch=batch):
                batches[table].append(conform(batch, SCHEMAS[table], origin=importer.name))
            case Facts():
                facts.append(chunk)
            case Caveat():
                caveats.append(chunk)
    tables = {
        name: pa.Table.from_batches(found, schema=SCHEMAS[name]) for name, found in batches.items()
    }
    rejects.finish(sum(table.num_rows for table in tables.values()))
    return ReadRun(
        importer=importer,
        tables=tables,
        facts=facts,
        caveats=caveats,
        rejected=rejects.count,
        batches=sum(len(found) for found in batches.values()),
    )


@pytest.fixture(scope="session")
def read_run() -> Callable[..., ReadRun]:
    return read_with_importer
