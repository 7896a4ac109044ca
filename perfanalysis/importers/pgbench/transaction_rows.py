"""Rows of pgbench's per-transaction logs: columns, checks, and what they mean as requests."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfanalysis.importers.pgbench.text import Report
from perfanalysis.model.requests import LABELS, TIMESTAMP, Kind

if TYPE_CHECKING:
    import pyarrow as pa

    from perfanalysis.importers.rejects import Rejects
    from perfanalysis.importers.source import Block, InputFile

SIX_COLUMNS = ("client_id", "transaction_no", "time", "script_no", "time_epoch", "time_us")
LAG = "schedule_lag"
RETRIES = "retries"
_WORDS = ("skipped", "failed", "serialization", "deadlock")


@dataclass(frozen=True, kw_only=True)
class _Column:
    """What a column may hold: a whole number in a range, in words for messages as a pattern."""

    pattern: re.Pattern[bytes]
    low: int
    high: int
    expected: str


def _whole(digits: int, expected: str) -> _Column:
    pattern = re.compile(rb"\d{1,%d}" % digits)
    return _Column(pattern=pattern, low=0, high=10**digits - 1, expected=expected)


_COLUMNS = {
    "client_id": _whole(9, "the number of a client"),
    "transaction_no": _whole(15, "the number of a transaction"),
    "time": _Column(
        pattern=re.compile(rb"\d{1,15}|" + "|".join(_WORDS).encode()),
        low=0,
        high=10**15 - 1,
        expected=f"whole microseconds or one of {', '.join(_WORDS)}",
    ),
    "script_no": _whole(6, "the number of a script"),
    "time_epoch": _Column(
        pattern=re.compile(rb"[1-9]\d{8,10}"),
        low=10**8,
        high=10**11 - 1,
        expected="whole seconds since 1970",
    ),
    "time_us": _whole(6, "microseconds below 1000000"),
    LAG: _Column(
        pattern=re.compile(rb"-?\d{1,15}"),
        low=1 - 10**15,
        high=10**15 - 1,
        expected="whole microseconds",
    ),
    RETRIES: _whole(10, "the number of retries"),
}


def read_table(data: bytes, columns: tuple[str, ...]) -> pa.Table | None:
    """Return whole lines as a table, `time` as text; None when any of them is no row."""
    import pyarrow as pa

    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
    if not data.strip(b"\n"):
        return _schema(columns).empty_table()
    if b"\r" in data:
        return None
    try:
        table = _parse(data, columns)
        in_range = all(_in_range(table, name) for name in columns)
    except pa.ArrowInvalid:
        return None
    return table if in_range else None


def good_lines(block: Block, columns: tuple[str, ...], file: InputFile, rejects: Rejects) -> bytes:
    """Return the lines of a block that are rows; the others go to `rejects`."""
    good = []
    for number, line in enumerate(block.data.split(b"\n"), block.first_line):
        text = line.rstrip(b"\r")
        if not text:
            continue
        wrong = _wrong_field(text.split(b" "), columns)
        if wrong is None:
            good.append(text)
            continue
        column, expected, found = wrong
        rejects.row(
            file,
            number,
            column=column,
            expected=expected,
            found=(text if found is None else found).decode("utf-8", errors="replace"),
            raw=text.decode("utf-8", errors="replace"),
        )
    return b"\n".join(good)


def request_batch(table: pa.Table, report: Report) -> pa.RecordBatch:
    """Return the rows of a log as requests.

    A transaction without a time (skipped or failed) is stamped when it was given up: its
    `started_at` is that moment, its latency null.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    ended = pc.add(pc.multiply(table["time_epoch"], 1_000_000), table["time_us"])
    time = _microseconds(table)
    ran = time.is_valid()
    columns = {
        "name": _names(table["script_no"], report),
        "latency_ms": pc.divide(time.cast(pa.float64()), 1000.0),
        "ok": ran,
        "kind": pa.repeat(pa.scalar(str(Kind.REQUEST)), table.num_rows),
        "error": pc.if_else(ran, None, table["time"]),
        "worker": table["client_id"].cast(pa.string()),
    }
    begun = pc.subtract(ended, time)
    if LAG in table.column_names:
        lag = table[LAG]
        # Since version 10 skipped rows carry the lag 0, which says nothing about their schedule.
        late = pc.and_(pc.equal(table["time"], "skipped"), pc.greater(lag, 0))
        columns["scheduled_at"] = pc.if_else(late, pc.subtract(ended, lag), begun).cast(TIMESTAMP)
        begun = pc.add(begun, lag)
    columns["started_at"] = pc.coalesce(begun, ended).cast(TIMESTAMP)
    if RETRIES in table.column_names:
        columns["tags"] = _retry_tags(table[RETRIES])
    found = pa.table(columns).combine_chunks().to_batches()
    batch: pa.RecordBatch = found[0]
    return batch


def _schema(columns: tuple[str, ...]) -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.string() if name == "time" else pa.int64()) for name in columns])


def _parse(data: bytes, columns: tuple[str, ...]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import csv

    return csv.read_csv(
        pa.BufferReader(data),
        read_options=csv.ReadOptions(column_names=list(columns)),
        parse_options=csv.ParseOptions(delimiter=" ", quote_char=False),
        convert_options=csv.ConvertOptions(
            column_types=_schema(columns), null_values=[], strings_can_be_null=False
        ),
    )


def _in_range(table: pa.Table, name: str) -> bool:
    import pyarrow.compute as pc

    numbers = _microseconds(table) if name == "time" else table[name]
    bounds = pc.min_max(numbers).as_py()
    limit = _COLUMNS[name]
    return bounds["min"] is None or (limit.low <= bounds["min"] and bounds["max"] <= limit.high)


def _is_word(table: pa.Table) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(table["time"], value_set=pa.array(_WORDS))


def _microseconds(table: pa.Table) -> pa.ChunkedArray:
    """Return the times, null for those that are words; any other text raises ArrowInvalid."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(_is_word(table), None, table["time"]).cast(pa.int64())


def _names(scripts: pa.ChunkedArray, report: Report) -> pa.Array:
    import pyarrow as pa

    encoded = scripts.combine_chunks().dictionary_encode()
    names = [report.script_name(number) for number in encoded.dictionary.to_pylist()]
    return pa.array(names, pa.string()).take(encoded.indices)


def _retry_tags(retries: pa.ChunkedArray) -> pa.Array:
    """Return `{"retries": "2"}` where there were any, else null."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = retries.combine_chunks()
    some = pc.greater(counts, 0)
    values = counts.filter(some).cast(pa.string())
    ends = np.cumsum(some.to_numpy(zero_copy_only=False), dtype=np.int32)
    starts = pc.if_else(some, pa.array(ends - 1, pa.int32()), None)
    # The offset of a null entry is null; the last offset ends the last entry.
    offsets = pa.concat_arrays([starts, pa.array([len(values)], pa.int32())])
    keys = pa.array([RETRIES] * len(values), pa.string())
    return pa.MapArray.from_arrays(offsets, keys, values).cast(LABELS)


def _wrong_field(
    fields: list[bytes], columns: tuple[str, ...]
) -> tuple[str | None, str, bytes | None] | None:
    """Return the first field that is wrong (column, what was expected, what was found), or None."""
    if len(fields) != len(columns):
        return None, f"{len(columns)} columns ({' '.join(columns)})", None
    for name, text in zip(columns, fields, strict=True):
        if _COLUMNS[name].pattern.fullmatch(text) is None:
            return name, _COLUMNS[name].expected, text
    return None
