"""Text of a JTL file in CSV as columns: one call of Arrow's parser for megabytes of rows."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from perfanalysis.importers.jmeter.columns import NUMBERS, TEXT, Layout
from perfanalysis.importers.jmeter.inspection import FALSE, TRUE
from perfanalysis.importers.jmeter.tags import tags_of
from perfanalysis.importers.jmeter.times import END_OF_TIME_US, MAX_ELAPSED_MS, all_within

_BLANK_BYTES = 256
_WORD = pa.dictionary(pa.int32(), pa.string())


class RowParser:
    """Parses texts of one file; several threads may use it.

    Record batches have JMeter's column names: `stamp_us` (int64, microseconds since 1970, local
    time where the file has text without zone), `success` (bool), `elapsed` and the other numbers
    (int64), text as dictionaries with null for empty cells, and `tags`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        types = {"timeStamp": pa.int64() if layout.time_format.epoch else pa.string()}
        types |= {"success": pa.bool_()}
        types |= dict.fromkeys(NUMBERS, pa.int64()) | dict.fromkeys(TEXT, _WORD)
        # Columns go by number: names of sample variables need not be unique.
        column_types = {str(at): types[name] for name, at in layout.positions.items()}
        column_types |= {str(at): pa.string() for at in layout.tags.values()}
        kept = {n: types[n] for n in layout.positions if n not in ("timeStamp", "SampleCount")}
        schema = pa.schema({**kept, "stamp_us": pa.int64()})
        self._no_rows = pa.RecordBatch.from_pylist([], schema=schema)
        self._names = [str(number) for number in range(layout.width)]
        self._parse_options = csv.ParseOptions(delimiter=layout.delimiter, newlines_in_values=True)
        self._convert_options = csv.ConvertOptions(
            include_columns=list(column_types),
            column_types=column_types,
            null_values=[""],
            strings_can_be_null=True,
            true_values=TRUE,
            false_values=FALSE,
            # Words are checked instead of cells.
            check_utf8=False,
        )

    def parse(self, text: memoryview) -> pa.RecordBatch | None:
        """Return the rows of a text, or None if one of them is bad.

        Args:
            text: whole records.
        """
        if not text[:_BLANK_BYTES].tobytes().strip() and not text.tobytes().strip():
            return self._no_rows
        try:
            table = csv.read_csv(
                pa.BufferReader(pa.py_buffer(text)),
                read_options=csv.ReadOptions(
                    column_names=self._names,
                    # One block: its dictionaries need no merging, and its rows are in order.
                    block_size=len(text) + 1,
                    use_threads=False,
                ),
                parse_options=self._parse_options,
                convert_options=self._convert_options,
                # Arrow's own allocator gives memory back and takes it anew from block to block.
                memory_pool=pa.system_memory_pool(),
            )
            if not table.num_rows:
                return self._no_rows
            return self._checked({name: table[name].chunk(0) for name in table.column_names})
        except pa.ArrowInvalid:
            return None

    def _checked(self, cells: dict[str, pa.Array]) -> pa.RecordBatch | None:
        """Name the columns of a batch; None if a value lies where none may.

        Raises:
            pa.ArrowInvalid: a time stamp is no time, or text is no UTF-8.
        """
        for column in cells.values():
            _check_utf8(column)
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


def _check_utf8(column: pa.Array) -> None:
    words = column.dictionary if pa.types.is_dictionary(column.type) else column
    if pa.types.is_string(words.type):
        words.validate(full=True)
