"""A run bundle on disk, read lazily."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pydantic

from perfanalysis.errors import BundleError
from perfanalysis.model.run import RunInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import pyarrow as pa

RUN_FILE = "run.json"
_TABLES = ("requests", "intervals", "series", "histograms")


def is_bundle(path: Path) -> bool:
    """Say whether a path is the folder of a run bundle."""
    return (path / RUN_FILE).is_file()


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

    @property
    def has_requests(self) -> bool:
        """Whether the rows are there: a baseline keeps histograms only."""
        return (self.path / "requests.parquet").is_file()

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
        return self.table("histograms")

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
        if not path.exists():
            empty = SCHEMAS[name].empty_table()
            return empty if columns is None else empty.select(list(columns))
        try:
            return pq.read_table(path, columns=None if columns is None else list(columns))
        except (pa.ArrowInvalid, OSError) as exc:
            raise BundleError(f"{path}: the table is damaged: {exc}") from exc


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
