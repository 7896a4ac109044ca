"""The columns of a JTL file in CSV: from its header, or from the cells of its first row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from perfanalysis.errors import InputError
from perfanalysis.importers.jmeter.records import cells_of, first_record, records
from perfanalysis.importers.jmeter.times import TimeFormat, detect_time_format

TEXT = ("label", "responseCode", "responseMessage", "threadName", "failureMessage", "method")
NUMBERS = ("elapsed", "bytes", "sentBytes", "allThreads", "Latency", "Connect", "SampleCount")
_UNUSED = ("dataType", "grpThreads", "URL", "Filename", "Encoding", "IdleTime", "ErrorCount")
_ALWAYS_NUMBERS = frozenset((*NUMBERS, "grpThreads", "IdleTime", "ErrorCount"))
_STANDARD = frozenset(("timeStamp", "success", *TEXT, *NUMBERS, *_UNUSED))
# `method` is written by Taurus only; as a word it is too common to tell a JTL file by.
_TELLING = (_STANDARD | {"time", "Hostname"}) - {"method"}
_RENAMED = {"time": "elapsed"}  # as JMeter's documentation of old calls it
_NEEDED = {
    "timeStamp": "jmeter.save.saveservice.timestamp_format=ms",
    "elapsed": "jmeter.save.saveservice.time=true",
    "label": "jmeter.save.saveservice.label=true",
    "success": "jmeter.save.saveservice.successful=true",
}
_DELIMITERS = (",", ";", "\t", "|")
_ROWS_TO_TRY = 100

_FIRST = ("timeStamp", "elapsed", "label", "responseCode", "responseMessage", "threadName")
_UP_TO_SUCCESS = (*_FIRST, "dataType", "success")
_THREADS = ("grpThreads", "allThreads")
# Until 3.0 JMeter wrote no header by default. The number of cells tells the version's columns.
_DEFAULTS: dict[int, tuple[str, tuple[str, ...]]] = {
    10: ("2.9 to 2.11", (*_UP_TO_SUCCESS, "bytes", "Latency")),
    12: ("2.12 and 2.13", (*_UP_TO_SUCCESS, "bytes", *_THREADS, "Latency")),
    13: (
        "2.13 with connect times",
        (*_UP_TO_SUCCESS, "bytes", *_THREADS, "Latency", "Connect"),
    ),
    14: (
        "3.0",
        (*_UP_TO_SUCCESS, "failureMessage", "bytes", *_THREADS, "Latency", "IdleTime"),
    ),
    16: (
        "3.1 to 4.0",
        (
            *(*_UP_TO_SUCCESS, "failureMessage", "bytes", "sentBytes"),
            *(*_THREADS, "Latency", "IdleTime", "Connect"),
        ),
    ),
    17: (
        "5.0 and later",
        (
            *(*_UP_TO_SUCCESS, "failureMessage", "bytes", "sentBytes"),
            *(*_THREADS, "URL", "Latency", "IdleTime", "Connect"),
        ),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What stands in which column.

    Attributes:
        header: the cells of the header as written, or None where the file has none.
        header_bytes: length of the header with its line end; 0 where there is none.
        header_lines: physical lines of the header.
        width: cells of a row.
        delimiter: one character.
        positions: column number of each column that is read, by JMeter's name.
        tags: column number of each sample variable (and the host name), by its name.
        ends_with_number: the last column is one that JMeter never leaves empty.
        time_format: of the time stamps.
        version: the JMeter versions whose default columns were assumed, or None.
    """

    header: tuple[str, ...] | None
    header_bytes: int
    header_lines: int
    width: int
    delimiter: str
    positions: dict[str, int]
    tags: dict[str, int]
    ends_with_number: bool
    time_format: TimeFormat
    version: str | None


def split_header(head: bytes) -> tuple[str, tuple[str, ...], int] | None:
    """Return delimiter, names and length in bytes of the header, or None if there is no header.

    The names of JMeter's own columns are words, so the first other character after the first word
    is the delimiter. Two telling names make a header, or one that stands alone.
    """
    start = re.match(rb'"?(\w+)"?([^\w"\r\n]?)', head)
    if start is None:
        return None
    delimiter = start.group(2).decode("latin-1") or ","
    if not delimiter.isascii():
        return None
    record = first_record(head, delimiter)
    names = tuple(name.strip() for name in cells_of(record, delimiter))
    telling = len(_TELLING.intersection(names))
    if telling < 2 and (telling == 0 or len(names) > 1):
        return None
    return delimiter, names, len(record)


def split_first_row(head: bytes) -> tuple[str, int] | None:
    """Return delimiter and number of cells of a first row without header, or None if it is none.

    A row starts with a time stamp and a number and says true or false in the eighth cell.
    """
    for delimiter in _DELIMITERS:
        cells = cells_of(first_record(head, delimiter), delimiter)
        if (
            len(cells) in _DEFAULTS
            and detect_time_format(cells[0]) is not None
            and (len(cells[0]) >= 12)
            and cells[1].isdigit()
            and cells[7].lower() in ("true", "false")
        ):
            return delimiter, len(cells)
    return None


def read_layout(head: bytes, label: str) -> Layout:
    """Return the layout of a file from its first bytes.

    Args:
        head: without byte order mark.
        label: what messages call the file.

    Raises:
        InputError: no header and no row of a known layout; columns are missing; there are no rows;
            the time stamps are in no known format.
    """
    header = split_header(head)
    if header is None:
        return _layout_without_header(head, label)
    delimiter, names, header_bytes = header
    known = tuple(_RENAMED.get(name, name) for name in names)
    for column, setting in _NEEDED.items():
        if column not in known:
            raise InputError(
                f"{label}:1: expected a column {column!r}, found {delimiter.join(names)[:200]!r}",
                hint=f"set {setting} in user.properties and run the test again",
            )
    line = head.count(b"\n", 0, header_bytes) + 1
    if not head[header_bytes:].strip():
        raise InputError(
            f"{label}:{line}: expected at least one sample, found none",
            hint="was the test killed before its first sample ended?",
        )
    return Layout(
        header=names,
        header_bytes=header_bytes,
        header_lines=line - 1,
        width=len(names),
        delimiter=delimiter,
        positions=_positions(known),
        tags=_tags(known),
        ends_with_number=known[-1] in _ALWAYS_NUMBERS,
        time_format=_time_format(
            head[header_bytes:], delimiter, known.index("timeStamp"), f"{label}:{line}"
        ),
        version=None,
    )


def _layout_without_header(head: bytes, label: str) -> Layout:
    found = split_first_row(head)
    if found is None:
        raise InputError(
            f"{label}:1: expected a header with timeStamp and elapsed, or a row in JMeter's "
            f"default columns, found {head[:80].decode('utf-8', 'replace')!r}",
            hint="set jmeter.save.saveservice.print_field_names=true and run the test again",
        )
    delimiter, width = found
    version, names = _DEFAULTS[width]
    return Layout(
        header=None,
        header_bytes=0,
        header_lines=0,
        width=width,
        delimiter=delimiter,
        positions=_positions(names),
        tags={},
        ends_with_number=names[-1] in _ALWAYS_NUMBERS,
        time_format=_time_format(head, delimiter, 0, f"{label}:1"),
        version=version,
    )


def _positions(names: tuple[str, ...]) -> dict[str, int]:
    read = ("timeStamp", "success", *TEXT, *NUMBERS)
    return {name: names.index(name) for name in read if name in names}


def _tags(names: tuple[str, ...]) -> dict[str, int]:
    tags: dict[str, int] = {}
    for number, name in enumerate(names):
        # A sample variable may be called like a column of JMeter's: the first one is JMeter's.
        if name and (name not in _STANDARD or names.index(name) != number):
            tags.setdefault(name, number)
    return tags


def _time_format(rows: bytes, delimiter: str, column: int, where: str) -> TimeFormat:
    """Return the format of the first time stamp that has one: a first row may be bad."""
    for record in islice(records(rows, delimiter), _ROWS_TO_TRY):
        cells = cells_of(record, delimiter)
        if column < len(cells) and (found := detect_time_format(cells[column])):
            return found
    cells = cells_of(first_record(rows, delimiter), delimiter)
    raise InputError(
        f"{where}: column 'timeStamp': expected milliseconds since 1970 or a time as "
        f"yyyy/MM/dd HH:mm:ss.SSS, found {(cells[column] if column < len(cells) else '')[:80]!r}",
        hint="set jmeter.save.saveservice.timestamp_format=ms and run the test again",
    )
