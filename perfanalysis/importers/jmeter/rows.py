"""Rows of a JTL file in CSV as Arrow batches; what Arrow refuses is looked at closely."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from perfanalysis.errors import InputError
from perfanalysis.importers.jmeter.columns import NUMBERS, TEXT, Layout
from perfanalysis.importers.jmeter.inspection import FALSE, TRUE, Inspector
from perfanalysis.importers.jmeter.records import whole_records
from perfanalysis.importers.jmeter.tags import tags_of
from perfanalysis.importers.jmeter.times import END_OF_TIME_US, MAX_ELAPSED_MS, all_within
from perfanalysis.importers.source import InputFile, line_blocks
from perfanalysis.model.caveat import Caveat

if TYPE_CHECKING:
    from perfanalysis.importers.rejects import Rejects

_MAX_RECORD_BYTES = 64 << 20
_CLOSE_LOOK_BYTES = 64 << 10
_NO_ROWS = pa.RecordBatch.from_pylist([], schema=pa.schema([]))
_WORD = pa.dictionary(pa.int32(), pa.string())


class RowReader:
    """Reads the rows of one file, in blocks of some megabytes.

    Iterating yields record batches with JMeter's column names: `stamp_us` (int64, microseconds
    since 1970, local time where the file has text without zone), `success` (bool), `elapsed` and
    the other numbers (int64), text as dictionaries with null for empty cells, and `tags`.

    Attributes:
        caveats: complete once the rows are read.
    """

    def __init__(self, file: InputFile, layout: Layout, rejects: Rejects) -> None:
        self.caveats: list[Caveat] = []
        self._file = file
        self._layout = layout
        self._inspector = Inspector(file, layout, rejects)
        self._headers = 0
        self._foreign_line: int | None = None
        types = {"timeStamp": pa.int64() if layout.time_format.epoch else pa.string()}
        types |= {"success": pa.bool_()}
        types |= dict.fromkeys(NUMBERS, pa.int64()) | dict.fromkeys(TEXT, _WORD)
        # Columns go by number: names of sample variables need not be unique.
        column_types = {str(at): types[name] for name, at in layout.positions.items()}
        column_types |= {str(at): pa.string() for at in layout.tags.values()}
        self._convert_options = csv.ConvertOptions(
            include_columns=list(column_types),
            column_types=column_types,
            null_values=[""],
            strings_can_be_null=True,
            true_values=TRUE,
            false_values=FALSE,
        )

    def __iter__(self) -> Iterator[pa.RecordBatch]:
        pending, next_line = b"", 1
        for block in line_blocks(self._file):
            text, first_line = block.data, block.first_line
            if first_line == 1:
                text = text[self._layout.header_bytes :]
                first_line += self._layout.header_lines
            first_line -= pending.count(b"\n")
            text = pending + text if pending else text
            end, certain = (len(text), False) if block.cut else whole_records(text)
            unread = yield from self._batches(
                text[:end], first_line, certain=certain, at_end=block.cut
            )
            pending = unread + text[end:]
            next_line = block.first_line + block.data.count(b"\n") if pending else 0
            if len(pending) > _MAX_RECORD_BYTES:
                line = next_line - pending.count(b"\n")
                raise InputError(
                    f"{self._file.label}:{line}: expected rows of at most "
                    f"{_MAX_RECORD_BYTES >> 20} MiB, found a longer one: is a quote never closed?"
                )
        if pending:
            line = next_line - pending.count(b"\n")
            yield from self._batches(pending, line, certain=False, at_end=True)
        self._state_what_was_met()

    def _batches(
        self, text: bytes, line: int, *, certain: bool, at_end: bool
    ) -> Generator[pa.RecordBatch, None, bytes]:
        """Yield the rows of a text; return what must be read again with the text that follows."""
        batch = self._parse(text) if certain else None
        if batch is None:
            text, changed = self._in_utf8(text, line)
            batch = self._parse(text) if certain and changed else None
        if batch is not None:
            if batch.num_rows:
                yield batch
            return b""
        middle, split = whole_records(text[: len(text) // 2])
        if not (certain and split and middle > _CLOSE_LOOK_BYTES):
            return (yield from self._inspected(text, line, at_end=at_end))
        # Close looks are slow: halve the text until what Arrow refuses is small.
        unread = yield from self._batches(text[:middle], line, certain=True, at_end=False)
        line += text.count(b"\n", 0, middle) - unread.count(b"\n")
        rest = unread + text[middle:]
        return (yield from self._batches(rest, line, certain=not unread, at_end=at_end))

    def _inspected(
        self, text: bytes, line: int, *, at_end: bool
    ) -> Generator[pa.RecordBatch, None, bytes]:
        seen = self._inspector.inspect(text, line, at_end=at_end)
        self._headers += seen.headers
        if seen.cut_line is not None:
            where = f"{self._file.label}:{seen.cut_line}"
            message = f"{where}: the last line is cut short and was dropped"
            self.caveats.append(Caveat(code="cut-last-line", message=message))
        batch = self._parse(seen.clean)
        if batch is None:
            raise InputError(f"{self._file.label}:{line}: expected CSV that Arrow can read")
        if batch.num_rows:
            yield batch
        return seen.unread

    def _parse(self, text: bytes) -> pa.RecordBatch | None:
        """Return the rows of a text, or None if one of them is bad."""
        if not text or text.isspace():
            return _NO_ROWS
        try:
            table = csv.read_csv(
                pa.BufferReader(text),
                read_options=csv.ReadOptions(
                    column_names=[str(number) for number in range(self._layout.width)],
                    # One block: its dictionaries need no merging, and its rows are in order.
                    block_size=len(text) + 1,
                    use_threads=False,
                ),
                parse_options=csv.ParseOptions(
                    delimiter=self._layout.delimiter, newlines_in_values=True
                ),
                convert_options=self._convert_options,
            )
            if not table.num_rows:
                return _NO_ROWS
            return self._checked({name: table[name].chunk(0) for name in table.column_names})
        except pa.ArrowInvalid:
            return None

    def _checked(self, cells: dict[str, pa.Array]) -> pa.RecordBatch | None:
        """Name the columns of a batch; None if a value lies where none may.

        Raises:
            pa.ArrowInvalid: a time stamp is no time.
        """
        columns = {name: cells[str(at)] for name, at in self._layout.positions.items()}
        stamps = self._layout.time_format.to_epoch_us(columns.pop("timeStamp"))
        counts = columns.pop("SampleCount", None)
        if not (
            all_within(stamps, 0, END_OF_TIME_US - 1)
            and all_within(columns["elapsed"], 0, MAX_ELAPSED_MS)
            and not columns["success"].null_count
            and (counts is None or pc.max(counts).as_py() in (None, 0, 1))
        ):
            return None
        columns["stamp_us"] = stamps
        tags = tags_of({name: cells[str(at)] for name, at in self._layout.tags.items()})
        if tags is not None:
            columns["tags"] = tags
        return pa.RecordBatch.from_pydict(columns)

    def _in_utf8(self, text: bytes, line: int) -> tuple[bytes, bool]:
        """Return a text with its lines that are no UTF-8 read as Latin-1, and whether any were."""
        try:
            text.decode()
        except UnicodeDecodeError as exc:
            if self._foreign_line is None:
                self._foreign_line = line + text.count(b"\n", 0, exc.start)
            return b"\n".join(_line_in_utf8(part) for part in text.split(b"\n")), True
        return text, False

    def _state_what_was_met(self) -> None:
        if self._headers:
            message = (
                f"{self._file.label}: the header is repeated {self._headers} times: several runs "
                "may stand in this file, and pauses between them lower its throughput"
            )
            self.caveats.append(Caveat(code="repeated-header", message=message))
        if self._foreign_line is not None:
            message = (
                f"{self._file.label}:{self._foreign_line}: from here on some lines are no UTF-8; "
                "they were read as Latin-1, so names in them may look wrong"
            )
            self.caveats.append(Caveat(code="not-utf-8", message=message))


def _line_in_utf8(line: bytes) -> bytes:
    try:
        line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1").encode()
    return line
