"""Reading a file with an importer, as the store does, without a store; files of every importer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

ROOT = Path(__file__).parent.parent.parent

# The leading file of whole runs under fixtures/, per importer.
LEADING_FILES = {
    "jmeter-csv": (
        "jmeter/base.csv.jtl",
        "jmeter/base.semicolon-noheader.jtl",
        "jmeter/base.texttime.jtl",
    ),
    "jmeter-statistics": ("jmeter/base.statistics.json",),
    "jmeter-xml": ("jmeter/base.xml.jtl",),
    "k6-csv": ("k6/base.csv.gz",),
    "k6-json": ("k6/base.json.gz",),
    "k6-summary": (
        "k6/base.summary.json",
        "k6/base.handle-summary.json",
        "k6/base.machine-readable.json",
    ),
    "locust-csv": ("locust/base-short_stats.csv", "locust/base_stats.csv"),
    "locust-json": ("locust/base-short.json", "locust/shop-merged.txt"),
    "locust-requests": ("locust/shop_requests.csv",),
    "pgbench-aggregate": (
        "pgbench/aggregate-rate/pgbench_log.12148",
        "pgbench/aggregate-failures/pgbench_log.12182",
    ),
    "pgbench-log": (
        "pgbench/rate/pgbench_log.12042",
        "pgbench/rate-limit-retries/pgbench_log.12569",
        "pgbench/deadlock/pgbench_log.12106",
    ),
    "pgbench-report": (
        "pgbench/statements/stdout.txt",
        "pgbench/progress/stdout.txt",
        "pgbench/reconnect/stdout.txt",
    ),
    "psrecord": ("psutil/psrecord.csv", "psutil/psrecord.txt", "psutil/psrecord-io.txt"),
    "psutil": ("psutil/trace.jsonl", "psutil/base.json"),
}
# How many lines of the first of these a specimen has, and what ends it.
SPECIMEN_LINES = {
    "jmeter-csv": (40, b""),
    "jmeter-xml": (36, b"</testResults>\n"),
    "k6-csv": (150, b""),
    "k6-json": (120, b""),
    "locust-requests": (40, b""),
    "psutil": (2, b""),
}
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


@dataclass(frozen=True, kw_only=True)
class Specimen:
    """A small run of one importer: the content of its files by name, the leading one first."""

    importer: str
    files: dict[str, bytes]

    @property
    def lead(self) -> str:
        return next(iter(self.files))

    def write(self, folder: Path, changed: Mapping[str, bytes] | None = None) -> Path:
        """Write all files, some with other content, and return the path of the leading one."""
        folder.mkdir(exist_ok=True)
        for name, data in {**self.files, **(changed or {})}.items():
            (folder / name).write_bytes(data)
        return folder / self.lead


def load_specimen(importer: str) -> Specimen:
    path = ROOT / "fixtures" / LEADING_FILES[importer][0]
    _, source = find_source(path, label=str(path), format_name=None, timezone=UTC)
    files = {}
    for file in source.files:
        with file.open() as stream:
            files[file.name] = stream.read()
    if importer in SPECIMEN_LINES:
        lines, ending = SPECIMEN_LINES[importer]
        lead = next(iter(files))
        files[lead] = b"".join(files[lead].splitlines(keepends=True)[:lines]) + ending
    return Specimen(importer=importer, files=files)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test once for every importer's specimen, or for every leading file."""
    if "specimen" in metafunc.fixturenames:
        metafunc.parametrize("specimen", list(LEADING_FILES), indirect=True)
    if "leading_file" in metafunc.fixturenames:
        files = [(name, file) for name, found in LEADING_FILES.items() for file in found]
        metafunc.parametrize(("importer_name", "leading_file"), files)


@pytest.fixture
def specimen(request) -> Specimen:
    return load_specimen(request.param)


@pytest.fixture(scope="session")
def leading_files() -> dict[str, tuple[str, ...]]:
    return LEADING_FILES


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
