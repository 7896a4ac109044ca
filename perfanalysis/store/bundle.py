"""A run bundle on disk, read lazily."""

from __future__ import annotations

import json
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pydantic

from perfanalysis.errors import BundleError
from perfanalysis.model.run import RunInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    import pandas as pd
    import pyarrow as pa

RUN_FILE = "run.json"
SCHEDULE_FILE = "schedule.json"
# Histograms repeat few names many times: as codes they take a tenth of the memory.
_REPEATED = {"histograms": ["name", "kind"]}


def is_bundle(path: Path) -> bool:
    """Say whether a path is the folder of a run bundle."""
    return (path / RUN_FILE).is_file()


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When the requests of an open model were due, and when they were made.

    Attributes:
        requests: how many were due.
        due_s: from the first to the last time at which one was due.
        started_s: from the first to the last start. Longer than `due_s`: the load fell behind.
    """

    requests: int
    due_s: float
    started_s: float


class Run:
    """One execution of a test, stored in a folder `NAME.run/`.

    Tables are read when asked for. A bundle without rows (a baseline) has an empty request table.

    Attributes:
        path: the folder.
        info: the content of `run.json`.
    """

    def __init__(self, path: Path, info: RunInfo) -> None:
        self.path = path
        self.info = info

    def __repr__(self) -> str:
        counts = self.info.counts
        return (
            f"<Run {self.info.name!r}: {self.info.tool}, {counts.requests} requests, "
            f"{counts.failures} failures, evidence {self.info.evidence}>"
        )

    @classmethod
    def open(cls, path: Path) -> Run:
        """Open a bundle.

        Raises:
            BundleError: it is no bundle, damaged, or written by a newer version.
        """
        file = path / RUN_FILE
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as exc:
            raise BundleError(f"{file}: expected a run bundle: {exc}") from exc
        try:
            return cls(path, RunInfo.model_validate_json(text))
        except pydantic.ValidationError as exc:
            raise BundleError(_explain(file, text, exc)) from exc

    def called(self, name: str) -> Run:
        """Return the same run under another name."""
        other = copy(self)
        other.info = self.info.model_copy(update={"name": name})
        return other

    @property
    def has_requests(self) -> bool:
        """Whether the rows are there: a baseline keeps histograms only."""
        return self._file("requests.parquet") is not None

    @cached_property
    def requests_table(self) -> pa.Table:
        """The requests as an Arrow table, in the schema `perfanalysis.model.requests.REQUESTS`."""
        return self.table("requests")

    @cached_property
    def requests(self) -> pd.DataFrame:
        """The requests as a DataFrame; text columns are categories, times are UTC."""
        frame: pd.DataFrame = self.requests_table.to_pandas(
            strings_to_categorical=True, maps_as_pydicts="strict", split_blocks=True
        )
        return frame

    @cached_property
    def intervals_table(self) -> pa.Table:
        """Aggregates per window or run, in the schema `perfanalysis.model.intervals.INTERVALS`."""
        return self.table("intervals")

    @cached_property
    def series_table(self) -> pa.Table:
        """Values over time, in the schema `perfanalysis.model.series.SERIES`."""
        return self.table("series")

    @cached_property
    def histograms_table(self) -> pa.Table:
        """Latency counts per window, in the schema `perfanalysis.model.histograms.HISTOGRAMS`."""
        # Names as one array, because everybody who counts asks for them: millions of codes.
        return self.table("histograms").combine_chunks()

    def series_of(self, metrics: Collection[str]) -> pa.Table:
        """Return time, metric and value of some metrics, in order of time.

        Of the others only the names are read: there may be a point for every request.

        Raises:
            BundleError: the file is damaged.
        """
        import pyarrow as pa

        file = self._file("series.parquet")
        if file is None:
            return self.table("series", ("time", "metric", "value"))
        try:
            return _points_of(file, metrics).sort_by("time")
        except (pa.ArrowInvalid, OSError) as exc:
            path = self.path / "series.parquet"
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc

    def schedule(self) -> Schedule | None:
        """Return what an open model intended; None where no request says when it was due.

        It is read from the statistics of the file, so its cost does not grow with the requests.

        Raises:
            BundleError: the file is damaged.
        """
        path = self.path / "requests.parquet"
        if not path.exists():
            return self._kept_schedule()
        started, due = _column_ranges(path, ("started_at", "scheduled_at"))
        if started is None or due is None:
            return None
        return Schedule(
            requests=due[2],
            due_s=(due[1] - due[0]).total_seconds(),
            started_s=(started[1] - started[0]).total_seconds(),
        )

    def sql(self, statement: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """Return what a SQL statement finds in the tables of the bundle.

        The tables are `requests`, `intervals`, `series` and `histograms`, in the columns of
        `perfanalysis.model`. DuckDB reads the columns that the statement names from the Parquet
        files, within a gigabyte of memory; times come in UTC.

        Args:
            statement: in DuckDB's dialect; `?` stands for a parameter.
            parameters: for each `?` a value.

        Raises:
            UsageError: the statement makes no sense; the message is DuckDB's.

        >>> import perfanalysis as pa
        >>> run = pa.load("fixtures/demo/base.json.xz")
        >>> run.sql("SELECT count(*) AS n FROM requests WHERE name = ?", ["search"])["n"].item()
        750
        """
        from perfanalysis.store.queries import query

        tables = {}
        for name in ("requests", "intervals", "series", "histograms"):
            file = self._file(f"{name}.parquet")
            tables[name] = file if isinstance(file, Path) else self.table(name)
        return query(tables, statement, parameters)

    def row_groups(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the requests, a quarter of a million rows at a time, in order.

        Text is encoded as dictionaries, anew in each table.

        Raises:
            BundleError: the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        from perfanalysis.store.conform import ENCODED_REQUESTS

        path = self.path / "requests.parquet"
        if not path.exists():
            return
        text = [
            name for name in columns if pa.types.is_dictionary(ENCODED_REQUESTS.field(name).type)
        ]
        try:
            with pq.ParquetFile(path, read_dictionary=text) as file:
                for number in range(file.num_row_groups):
                    yield file.read_row_group(number, list(columns))
        except (pa.ArrowInvalid, OSError) as exc:
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc

    def series_groups(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the series, a row group at a time, in order.

        Metrics, units and kinds are encoded as dictionaries, anew in each table.

        Raises:
            BundleError: the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self._file("series.parquet")
        if file is None:
            return
        text = [name for name in columns if name in ("metric", "unit", "kind")]
        try:
            with pq.ParquetFile(file, read_dictionary=text) as table:
                for number in range(table.num_row_groups):
                    yield table.read_row_group(number, list(columns))
        except (pa.ArrowInvalid, OSError) as exc:
            path = self.path / "series.parquet"
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc

    def failed_requests(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the rows that failed, in order.

        Of a quarter of a million rows that all succeeded nothing but that is read.

        Raises:
            BundleError: the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        path = self.path / "requests.parquet"
        if not path.exists():
            return
        try:
            with pq.ParquetFile(path, read_dictionary=list(columns)) as file:
                for number in range(file.num_row_groups):
                    failed = pc.invert(file.read_row_group(number, ["ok"]).column("ok"))
                    if pc.any(failed).as_py():
                        yield file.read_row_group(number, list(columns)).filter(failed)
        except (pa.ArrowInvalid, OSError) as exc:
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc

    def table(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Read one of the tables `requests`, `intervals`, `series`, `histograms`.

        Args:
            name: the table.
            columns: those to read, or None for all.

        Raises:
            BundleError: the file is damaged.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        from perfanalysis.store.conform import SCHEMAS

        path = self.path / f"{name}.parquet"
        file = self._file(path.name)
        if file is None:
            empty = SCHEMAS[name].empty_table()
            return empty if columns is None else empty.select(list(columns))
        try:
            chosen = None if columns is None else list(columns)
            # Not pq.read_table: it loads the data set machinery, an eighth of a second.
            with pq.ParquetFile(file, read_dictionary=_REPEATED.get(name)) as table:
                # Row groups have dictionaries of their own, which Arrow does not group by.
                return table.read(chosen).unify_dictionaries()
        except (pa.ArrowInvalid, OSError) as exc:
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc

    def _file(self, name: str) -> Path | BinaryIO | None:
        """Return a file of the bundle to read from; None where it has none of this name."""
        path = self.path / name
        return path if path.is_file() else None

    def _kept_schedule(self) -> Schedule | None:
        """Return what a bundle without rows kept of the times at which they were due."""
        file = self._file(SCHEDULE_FILE)
        if file is None:
            return None
        content = file.read_bytes() if isinstance(file, Path) else file.read()
        try:
            known = json.loads(content)
            return Schedule(
                requests=int(known["requests"]),
                due_s=float(known["due_s"]),
                started_s=float(known["started_s"]),
            )
        except (ValueError, TypeError, KeyError) as exc:
            path = self.path / SCHEDULE_FILE
            raise BundleError(f"{path}: expected what was due: {exc}") from exc


def _points_of(path: Path | BinaryIO, metrics: Collection[str]) -> pa.Table:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from perfanalysis.store.conform import SCHEMAS

    columns = ["time", "metric", "value"]
    parts = [pa.schema([SCHEMAS["series"].field(name) for name in columns]).empty_table()]
    with pq.ParquetFile(path, read_dictionary=["metric"]) as file:
        for group in range(file.num_row_groups):
            names = file.read_row_group(group, ["metric"]).column("metric").combine_chunks()
            wanted = [i for i, name in enumerate(names.dictionary.to_pylist()) if name in metrics]
            rows = np.flatnonzero(np.isin(names.indices.to_numpy(), wanted))
            if len(rows):
                part = file.read_row_group(group, columns).take(pa.array(rows))
                parts.append(part.cast(parts[0].schema))
    return pa.concat_tables(parts)


def _column_ranges(
    path: Path, columns: Sequence[str]
) -> list[tuple[datetime, datetime, int] | None]:
    """Return first value, last value and number of values of each column; None without values."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(path)
    except (pa.ArrowInvalid, OSError) as exc:
        raise BundleError(f"{path}: the table is damaged: {exc}") from exc
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    ranges: list[tuple[datetime, datetime, int] | None] = []
    for column in columns:
        number = metadata.schema.names.index(column)
        found = [group.column(number).statistics for group in groups]
        known = [entry for entry in found if entry is not None and entry.has_min_max]
        if not known:
            ranges.append(None)
            continue
        values = sum(entry.num_values for entry in known)
        ranges.append((min(e.min for e in known), max(e.max for e in known), values))
    return ranges


def _explain(file: Path, text: str, exc: pydantic.ValidationError) -> str:
    try:
        version = json.loads(text).get("schema_version")
    except (json.JSONDecodeError, AttributeError):
        version = None
    if isinstance(version, int) and version > 1:
        return f"{file}: written by a newer perfanalysis (schema version {version}, known: 1)"
    first = exc.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the document"
    return f"{file}: {where}: {first['msg']}"
