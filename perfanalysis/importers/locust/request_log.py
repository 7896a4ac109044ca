"""Locust's log of single requests: `locust.contrib.csv_request_logger` (2.44 and later)."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pa_csv

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Facts, Importer, Match, Rows
from perfanalysis.importers.locust.layout import NO_TYPE
from perfanalysis.importers.pipeline import read_ahead
from perfanalysis.importers.source import Block, InputFile, line_blocks
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import TIMESTAMP, Kind
from perfanalysis.phrases import phrase

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Source

_COLUMNS = {
    "timestamp": pa.float64(),
    "request_type": pa.string(),
    "name": pa.string(),
    "response_time_ms": pa.float64(),
    "response_length": pa.int64(),
    "status_code": pa.int64(),
    "exception": pa.string(),
}
_SCHEMA = pa.schema(list(_COLUMNS.items()))
_HEADER = ",".join(_COLUMNS).encode()
_EXPECTED = {
    "timestamp": "a time in seconds since 1970",
    "response_time_ms": "milliseconds or nothing",
    "response_length": "a number of bytes or nothing",
    "status_code": "a whole number",
}
_FIRST_TIME, _LAST_TIME = 1e8, 1e11
_MAX_COUNT = 2**53
_CLOCK_RESOLUTION_MS = 0.01
_BLOCK_BYTES = 8 << 20
_MAX_RECORD_LINES = 100
_MAX_RECORD_BYTES = 64 << 20


class LocustRequests(Importer):
    """Reads one row a request: start, type, name, response time, status and exception.

    A request failed if it has an exception; status 0 means that there was no response to have one.
    """

    name: ClassVar[str] = "locust-requests"
    title: ClassVar[str] = "Locust per-request CSV (locust.contrib.csv_request_logger)"

    def match(self, head: bytes, filename: str) -> Match:
        """Judge by the header, which is fixed."""
        del filename
        line = head.split(b"\n", 1)[0].rstrip(b"\r")
        return Match.CERTAIN if line == _HEADER else Match.NO

    def read(self, source: Source, rejects: Rejects) -> Iterator[Chunk]:
        """Yield requests and facts.

        Raises:
            InputError: there are no rows, or a quoted cell never ends.
        """
        file = source.files[0]
        rows = 0
        yield Facts(tool="locust", clock_resolution_ms=_CLOCK_RESOLUTION_MS)
        for block in _record_blocks(file):
            caveats: list[Caveat] = []
            table = _fast(block)
            if table is None:
                table = _row_by_row(file, block, rejects, caveats)
            rows += table.num_rows
            yield from caveats
            for batch in _requests(table).to_batches():
                yield Rows(table="requests", batch=batch)
        if not rows:
            raise InputError(
                f"{file.label}: expected at least one request, found none",
                hint="was Locust stopped before its users sent anything?",
            )
        if file.truncated:
            message = phrase(
                "{file}: the compressed data are cut short; what they hold was read",
                file=file.label,
            )
            yield Caveat(code="truncated-archive", message=message)


def _record_blocks(file: InputFile) -> Iterator[Block]:
    """Yield blocks of whole records: a line break within quotes ends none. The header is left out.

    Raises:
        InputError: a quoted cell is longer than 64 MiB.
    """
    rest = b""
    line = 1
    cut = False
    for block in read_ahead(line_blocks(file, size=_BLOCK_BYTES)):
        data = rest + block.data
        end = _last_record_end(data)
        rest, cut = data[end:], block.cut
        if len(rest) > _MAX_RECORD_BYTES:
            number = line + data.count(b"\n", 0, end)
            raise InputError(f"{file.label}:{number}: expected a quoted cell to end, found no end")
        if end:
            yield _without_header(Block(data=data[:end], first_line=line, cut=cut and not rest))
            line += data.count(b"\n", 0, end)
    if rest:
        yield _without_header(Block(data=rest, first_line=line, cut=True))


def _last_record_end(data: bytes) -> int:
    """Return where the last whole record ends: the quotes before it are even in number."""
    end = len(data)
    even = data.count(b'"') % 2 == 0
    while not even and end > 0:
        begin = data.rfind(b"\n", 0, end - 1) + 1
        even = data.count(b'"', begin, end) % 2 == 1
        end = begin
    return end


def _without_header(block: Block) -> Block:
    if block.first_line > 1:
        return block
    end = block.data.find(b"\n") + 1 or len(block.data)
    return Block(data=block.data[end:], first_line=2, cut=block.cut)


def _fast(block: Block) -> pa.Table | None:
    """Parse a block with Arrow; None where any of its rows needs a closer look."""
    try:
        table = pa_csv.read_csv(
            io.BytesIO(block.data),
            read_options=pa_csv.ReadOptions(
                column_names=list(_COLUMNS), block_size=max(len(block.data), 1), use_threads=False
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=_SCHEMA, null_values=[""], strings_can_be_null=True
            ),
        )
    except pa.ArrowInvalid:
        return None
    time, latency = table.column("timestamp"), table.column("response_time_ms")
    good = pc.and_(
        pc.fill_null(_between(time, _FIRST_TIME, _LAST_TIME), fill_value=False),
        pc.fill_null(_between(latency, 0.0, float(_MAX_COUNT)), fill_value=True),
    )
    counts = pc.and_(
        pc.fill_null(_between(table.column("response_length"), 0, _MAX_COUNT), fill_value=True),
        pc.is_valid(table.column("status_code")),
    )
    return table if pc.all(pc.and_(good, counts), min_count=0).as_py() else None


def _between(column: pa.ChunkedArray, low: float, high: float) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(column, low), pc.less_equal(column, high))


def _row_by_row(file: InputFile, block: Block, rejects: Rejects, caveats: list[Caveat]) -> pa.Table:
    """Parse a block with bad rows: report those, and drop a last line that is cut short."""
    rows: list[dict[str, float | int | str | None]] = []
    reader = csv.reader(io.StringIO(_text(file, block, caveats), newline="\n"))
    lines = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
    line = 0
    try:
        for cells in reader:
            first, line = block.first_line + line, reader.line_num
            if not cells:
                continue
            bad = _bad_column(cells)
            if bad is None:
                rows.append(_values(cells))
            elif block.cut and line >= lines:
                if block.first_line + line - first > _MAX_RECORD_LINES:
                    raise InputError(
                        f"{file.label}:{first}: expected a closing quote, found none up to the end"
                    )
                message = phrase(
                    "{file}:{line}: the last line is cut short and was dropped",
                    file=file.label,
                    line=first,
                )
                caveats.append(Caveat(code="cut-last-line", message=message))
            else:
                column, expected, found = bad
                rejects.row(
                    file, first, column=column, expected=expected, found=found, raw=",".join(cells)
                )
    except csv.Error as exc:
        number = block.first_line + line
        raise InputError(f"{file.label}:{number}: expected a row of CSV, found {exc}") from exc
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def _text(file: InputFile, block: Block, caveats: list[Caveat]) -> str:
    try:
        return block.data.decode("utf-8")
    except UnicodeDecodeError:
        message = phrase(
            "{file}: some of the lines from {line} on are not UTF-8; their "
            "unreadable characters were replaced",
            file=file.label,
            line=block.first_line,
        )
        caveats.append(Caveat(code="not-utf-8", message=message))
        return block.data.decode("utf-8", errors="replace")


def _bad_column(cells: list[str]) -> tuple[str | None, str, str] | None:
    """Return the first column that is wrong, what it should hold and what it holds."""
    if len(cells) != len(_COLUMNS):
        return None, f"{len(_COLUMNS)} columns", f"{len(cells)} columns"
    for (column, kind), cell in zip(_COLUMNS.items(), cells, strict=True):
        if column in _EXPECTED and not _is_good(column, kind, cell):
            return column, _EXPECTED[column], cell
    return None


def _is_good(column: str, kind: pa.DataType, cell: str) -> bool:
    if not cell:
        return column in ("response_time_ms", "response_length")
    number = _number(kind, cell)
    low, high = (_FIRST_TIME, _LAST_TIME) if column == "timestamp" else (0, _MAX_COUNT)
    if column == "status_code":
        low = -_MAX_COUNT
    return number is not None and low <= number <= high


def _number(kind: pa.DataType, cell: str) -> float | int | None:
    # Python reads "1_000" and digits of other alphabets; Arrow and Locust know neither.
    if "_" in cell or not cell.isascii():
        return None
    try:
        number = int(cell) if kind == pa.int64() else float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _values(cells: list[str]) -> dict[str, float | int | str | None]:
    texts = dict(zip(_COLUMNS, cells, strict=True))
    return {
        column: (texts[column] or None) if kind == pa.string() else _number(kind, texts[column])
        for column, kind in _COLUMNS.items()
    }


def _requests(table: pa.Table) -> pa.Table:
    """Return rows of the log in the columns of the request table."""
    method = table.column("request_type")
    bare = pc.fill_null(table.column("name"), "")
    typeless = pc.fill_null(pc.is_in(method, value_set=pa.array(NO_TYPE)), fill_value=True)
    named = pc.binary_join_element_wise(pc.fill_null(method, ""), bare, " ")
    status = table.column("status_code")
    time_us = pc.round(pc.multiply(table.column("timestamp"), 1e6))
    error = table.column("exception")
    return pa.table(
        {
            "started_at": time_us.cast(pa.int64()).cast(TIMESTAMP),
            "name": pc.if_else(typeless, bare, named),
            "latency_ms": table.column("response_time_ms"),
            "ok": pc.is_null(error),
            "kind": pa.repeat(Kind.REQUEST.value, table.num_rows),
            "method": pc.if_else(typeless, None, method),
            "status": pc.if_else(pc.equal(status, 0), None, status.cast(pa.string())),
            "error": error,
            "bytes_received": table.column("response_length"),
        }
    )
