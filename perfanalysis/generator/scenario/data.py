"""Rows of CSV files as variables: in turn, at random, or one for each user."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from perfanalysis.errors import ConfigError
from perfanalysis.generator.scenario.model import Data

MAX_FILE_BYTES = 256 << 20
MAX_FIELD = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of a CSV file.

    Attributes:
        data: how its rows are handed out.
        columns: their names, from its first line.
        rows: its other lines, all of the same length.
    """

    data: Data
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def row(self, number: int) -> dict[str, object]:
        """Return a row as a variable's value; numbers beyond the last row begin again."""
        return dict(zip(self.columns, self.rows[number % len(self.rows)], strict=True))


class Feed:
    """Hands out the rows of a table in one worker process.

    Workers share the rows of a sequential table by taking every n-th: no row is handed out twice
    before all of them were.

    Args:
        table: the rows.
        worker: number of the process, counted from 0.
        workers: how many there are.
    """

    def __init__(self, table: Table, *, worker: int = 0, workers: int = 1) -> None:
        self.name = table.data.as_
        self._table = table
        self._numbers = itertools.count(worker, workers)

    def next(self, *, user_id: int, rng: Random) -> dict[str, object]:
        """Return the row of a user's next iteration."""
        order = self._table.data.order
        if order == "unique":
            return self._table.row(user_id)
        if order == "random":
            return self._table.row(rng.randrange(len(self._table.rows)))
        return self._table.row(next(self._numbers))


def read_table(data: Data) -> Table:
    """Read a CSV file; its first line names the columns.

    Raises:
        ConfigError: it cannot be read, or a line does not fit; the message names file and line.
    """
    path = Path(data.file)
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path}: expected at most {MAX_FILE_BYTES >> 20} MiB of data")
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(_lines(path, file, data.delimiter))
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{path}: expected UTF-8: {exc.reason}") from exc
    if len(lines) < 2:
        raise ConfigError(f"{path}: expected a line of names and rows below it, found no rows")
    return Table(data=data, columns=lines[0], rows=tuple(lines[1:]))


def require_rows(table: Table, users: int) -> None:
    """Check that a table has a row for each user, where each is to have its own.

    Raises:
        ConfigError: it has fewer rows than there are users.
    """
    if table.data.order == "unique" and len(table.rows) < users:
        raise ConfigError(
            f"{table.data.file}: {len(table.rows)} rows are too few for {users} users",
            hint="with order: unique each user needs a row; add rows, or use order: sequential",
        )


def _lines(path: Path, file: Iterator[str], delimiter: str) -> Iterator[tuple[str, ...]]:
    csv.field_size_limit(MAX_FIELD)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    columns: tuple[str, ...] | None = None
    try:
        for fields in reader:
            if not fields:
                continue
            where = f"{path}:{reader.line_num}"
            if columns is None:
                columns = _columns(where, fields)
            elif len(fields) != len(columns):
                raise ConfigError(f"{where}: expected {len(columns)} fields, found {len(fields)}")
            yield tuple(fields)
    except csv.Error as exc:
        raise ConfigError(f"{path}:{reader.line_num}: expected CSV: {exc}") from exc


def _columns(where: str, names: list[str]) -> tuple[str, ...]:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None or not all(name.strip() for name in names):
        found = f"{twice!r} twice" if twice is not None else "an empty one"
        raise ConfigError(f"{where}: expected different names of columns, found {found}")
    return tuple(names)
