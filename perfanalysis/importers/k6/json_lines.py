"""Blocks of k6's JSON lines, parsed: safe to call from several threads.

DuckDB reads what is not as regular as k6 writes it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.k6.lines import line_ends, texts
from perfanalysis.importers.k6.points import EncodedPoints, RawPoints, encode
from perfanalysis.importers.k6.regular_lines import (
    IrregularError,
    RegularLineParser,
    RegularLines,
)
from perfanalysis.importers.k6.times import read_times

if TYPE_CHECKING:
    import duckdb

    from perfanalysis.importers.source import Block

_SHAPE = """{"metric": "VARCHAR", "type": "VARCHAR",
    "data": {"time": "VARCHAR", "value": "DOUBLE", "tags": "JSON", "metadata": "JSON"}}"""
_SQL = """
    SELECT point.type = 'Point' AS is_point, point.metric AS metric, point.data.time AS time,
        point.data.value AS value, point.data.tags AS tags, point.data.metadata AS metadata
    FROM (SELECT from_json({line}, '{shape}') AS point FROM lines)
"""
_QUICK_SQL = _SQL.format(line="line", shape=_SHAPE)
# For blocks with other lines than JSON, on which from_json raises. TRY around it would go through
# the block value by value.
_CAREFUL_SQL = _SQL.format(line="CASE WHEN json_valid(line) THEN line END", shape=_SHAPE)
_DECLARATION = b'"type":"Metric"'
_MOST_DECLARATIONS = 1_000


@dataclass(frozen=True, kw_only=True)
class ParsedLines:
    """One block of lines.

    Attributes:
        lines: how many it has.
        points: those of its lines that are of type Point.
        others: the lines that are none, counted from 0.
        raw: returns a line as it is written.
    """

    block: Block
    lines: int
    points: EncodedPoints
    others: list[int]
    raw: Callable[[int], str]


class LineParser:
    """Parses blocks, with tools of its own for each thread that comes along."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._opened: list[duckdb.DuckDBPyConnection] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._opened:
            connection.close()

    def parse(self, block: Block) -> ParsedLines:
        """Return what stands in a block."""
        with suppress(IrregularError):
            return _of_regular(block, self._regular().parse(block.data))
        # Metrics are declared at the beginning of a file: a few lines among points.
        points, others = _without_declarations(block.data)
        if points and others:
            with suppress(IrregularError):
                return _of_regular(block, self._regular().parse(points), others)
        return self._parse_any(block)

    def _parse_any(self, block: Block) -> ParsedLines:
        ends = line_ends(block.data)
        columns = self._columns(texts(block.data, ends))
        is_point = columns["is_point"].fill_null(False)  # noqa: FBT003  (Arrow's signature)
        kept = is_point.to_numpy(zero_copy_only=False)
        numbers = np.flatnonzero(kept)
        raw = RawPoints(
            line=block.first_line + np.arange(len(kept)),
            metric=columns["metric"],
            time=columns["time"],
            value=columns["value"],
            tags=_joined(columns["tags"], columns["metadata"]),
            raw=_line_of(block.data),
        )
        points = encode(raw, unix_times=False)
        return ParsedLines(
            block=block,
            lines=len(kept),
            points=points if len(numbers) == len(kept) else points.take(numbers),
            others=np.flatnonzero(~kept).tolist(),
            raw=raw.raw,
        )

    def _regular(self) -> RegularLineParser:
        found: RegularLineParser | None = getattr(self._own, "regular", None)
        if found is None:
            found = self._own.regular = RegularLineParser()
        return found

    def _columns(self, lines: pa.Array) -> dict[str, pa.Array]:
        import duckdb

        connection = self._connection()
        connection.register("lines", pa.table({"line": lines}))
        try:
            table = connection.sql(_QUICK_SQL).to_arrow_table()
        except (duckdb.InvalidInputException, UnicodeDecodeError):
            # The message quotes the line, and may cut a letter in two.
            table = connection.sql(_CAREFUL_SQL).to_arrow_table()
        finally:
            connection.unregister("lines")
        return {name: table.column(name).combine_chunks() for name in table.column_names}

    def _connection(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        found: duckdb.DuckDBPyConnection | None = getattr(self._own, "connection", None)
        if found is None:
            # One thread: a block is one batch, which DuckDB does not divide.
            found = duckdb.connect(
                ":memory:", config={"threads": 1, "enable_external_access": False}
            )
            self._own.connection = found
            self._opened.append(found)
        return found


def _without_declarations(data: bytes) -> tuple[bytes, list[int]]:
    """Return a block without its Metric lines, and their numbers; without all if they are many."""
    pieces: list[bytes] = []
    numbers: list[int] = []
    start = line = 0
    while (at := data.find(_DECLARATION, start)) >= 0 and len(numbers) < _MOST_DECLARATIONS:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at) + 1 or len(data)
        line += data.count(b"\n", start, begin)
        pieces.append(data[start:begin])
        numbers.append(line)
        start, line = end, line + 1
    return b"".join((*pieces, data[start:])), numbers


def _of_regular(block: Block, found: RegularLines, others: Sequence[int] = ()) -> ParsedLines:
    """Return the points of a block, which lack the other lines."""
    lines = len(found.metric) + len(others)
    number = np.delete(np.arange(lines), others) if others else np.arange(lines)
    line = _line_of(block.data)
    points = EncodedPoints(
        line=block.first_line + number,
        metrics=found.metrics,
        metric=found.metric,
        time_us=read_times(found.times, unix=False)[found.time_run],
        value=found.value,
        tag_texts=found.tag_texts,
        tags=found.tags,
        raw=lambda i: line(int(number[i])),
    )
    return ParsedLines(block=block, lines=lines, points=points, others=list(others), raw=line)


def _line_of(data: bytes) -> Callable[[int], str]:
    """Return what gives a line by its number; where lines end is looked up when first needed."""
    ends: list[int] = []

    def line(number: int) -> str:
        if not ends:
            ends.extend(line_ends(data).tolist())
        return data[ends[number - 1] if number else 0 : ends[number]].decode(errors="replace")

    return line


def _joined(tags: pa.Array, metadata: pa.Array) -> pa.Array:
    """Return tags with metadata behind them, as text without nulls; most files have no metadata."""
    tags = tags.cast(pa.string()).fill_null("")
    if metadata.null_count == len(metadata):
        return tags
    return pc.binary_join_element_wise(tags, metadata.cast(pa.string()).fill_null(""), "")
