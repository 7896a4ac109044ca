"""Records of CSV text: where they end, and which cells they hold.

A record may span lines: cells that hold the delimiter, a quote or a line break stand in quotes,
with inner quotes doubled. As in Arrow, a quote inside an unquoted cell is an ordinary character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from perfanalysis.importers.byte_search import count_byte

# A cell that spans more is looked at closely instead (see `jmeter_inspection`).
_LOOK_BACK_BYTES = 1 << 20


@lru_cache(maxsize=8)
def _cell_pattern(delimiter: str) -> re.Pattern[bytes]:
    """Match one cell and what ends it: delimiter, line end, or end of the text."""
    sign = re.escape(delimiter.encode())
    # Possessive: an unclosed quote must not match up to a doubled quote inside it.
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"'
    return re.compile(
        rb"(?:" + quoted + rb"|(?!\"))[^" + sign + rb"\r\n]*+(" + sign + rb"|\r\n|\n|\r|\Z)"
    )


def record_end(data: bytes, start: int, delimiter: str) -> int | None:
    """Return where the record at `start` ends, line end included; None inside an unclosed quote."""
    match_cell = _cell_pattern(delimiter).match
    sign = delimiter.encode()
    while (found := match_cell(data, start)) is not None:
        start = found.end()
        if found.group(1) != sign:
            return start
    return None


def records(data: bytes, delimiter: str) -> Iterator[bytes]:
    """Yield the records of a text that starts with one; an unclosed one is the last."""
    start = 0
    while start < len(data):
        end = record_end(data, start, delimiter) or len(data)
        yield data[start:end]
        start = end


def first_record(data: bytes, delimiter: str) -> bytes:
    """Return the first record, line end included; all there is if its quote is unclosed."""
    return next(records(data, delimiter), b"")


def cells_of(record: bytes, delimiter: str) -> list[str]:
    r"""Return the cells of one record without their quotes.

    >>> cells_of(b'1,"a ""b"" c",\r\n', ",")
    ['1', 'a "b" c', '']
    """
    cells: list[str] = []
    sign = delimiter.encode()
    start = 0
    while (found := _cell_pattern(delimiter).match(record, start)) is not None:
        cell = record[start : found.start(1)]
        if cell.startswith(b'"'):
            closing = cell.rindex(b'"')
            cell = cell[1:closing].replace(b'""', b'"') + cell[closing + 1 :]
        cells.append(cell.decode("utf-8", "replace"))
        start = found.end()
        if found.group(1) != sign:
            break
    return cells


def whole_records(data: bytes) -> tuple[int, bool]:
    r"""Return how many bytes of a text are whole records, and whether that is certain.

    Quotes come in pairs, so a line end after an even number of them ends a record. A stray quote
    upsets the count: then the last line end is taken, and not certain to be the end of a record.

    Args:
        data: starts with a record and ends anywhere.

    >>> whole_records(b'1,a\n2,"b\nc')
    (4, True)
    """
    end = position = data.rfind(b"\n") + 1
    odd = count_byte(memoryview(data)[:end], b'"') % 2 == 1
    if not odd:
        return end, True
    while position and end - position < _LOOK_BACK_BYTES:
        line = data.rfind(b"\n", 0, position - 1) + 1
        odd ^= data.count(b'"', line, position) % 2 == 1
        position = line
        if not odd:
            return position, True
    return end, False
