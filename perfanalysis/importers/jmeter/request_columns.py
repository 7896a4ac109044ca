"""The columns of the request table, each from the columns of JMeter's samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.jmeter.words import first_words, with_words
from perfanalysis.model.requests import TIMESTAMP, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

MAX_ERROR_CHARACTERS = 500
_THREAD_GROUP = r"^(?P<group>.*) \d+-\d+$"
_KINDS = (str(Kind.REQUEST), str(Kind.TRANSACTION))


def request_columns(samples: pa.RecordBatch, starts_us: Integers) -> dict[str, pa.Array]:
    """Return all columns that samples alone tell; kind and group rest on their neighbours.

    Args:
        samples: with JMeter's column names; text columns are dictionaries.
        starts_us: microseconds since 1970 in UTC, shape (n,).
    """
    given = {name: samples[name] for name in samples.schema.names}
    threads = given.get("threadName")
    columns = {
        "started_at": pa.array(starts_us).cast(TIMESTAMP),
        "name": _named(given["label"]),
        "latency_ms": given["elapsed"].cast(pa.float64()),
        "ok": given["success"],
        "scenario": None if threads is None else _thread_groups(threads),
        "method": given.get("method"),
        "status": given.get("responseCode"),
        "error": _errors(given),
        "worker": threads,
        "bytes_sent": given.get("sentBytes"),
        "bytes_received": given.get("bytes"),
        **_phases(given),
        "tags": given.get("tags"),
    }
    return {name: column for name, column in columns.items() if column is not None}


def kinds(transactions: Bools) -> pa.DictionaryArray:
    """Return the column `kind`: transactions and requests, shape (n,)."""
    return pa.DictionaryArray.from_arrays(pa.array(transactions.astype(np.int32)), pa.array(_KINDS))


def _named(labels: pa.DictionaryArray) -> pa.DictionaryArray:
    if not labels.null_count:
        return labels
    # An empty label is a label: rows need a name.
    words = pa.concat_arrays([labels.dictionary, pa.array([""])])
    codes = labels.indices.fill_null(len(labels.dictionary))
    return pa.DictionaryArray.from_arrays(codes, words)


def _thread_groups(threads: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return the thread group of each thread, which JMeter calls `GROUP N-M`; null for others."""
    found = pc.extract_regex(threads.dictionary, _THREAD_GROUP)
    groups = pc.if_else(found.is_valid(), found.field("group"), pa.scalar(None, pa.string()))
    return with_words(threads, groups)


def _errors(given: dict[str, pa.Array]) -> pa.DictionaryArray | None:
    """Return why samples failed: the failed assertion's message, or else the response's."""
    sources = [given[name] for name in ("failureMessage", "responseMessage") if name in given]
    if not sources or given["success"].false_count == 0:
        return None
    failed = np.flatnonzero(~given["success"].to_numpy(zero_copy_only=False))
    return first_words(sources, failed, MAX_ERROR_CHARACTERS)


def _phases(given: dict[str, pa.Array]) -> dict[str, pa.Array | None]:
    """Split the time of a sample: to the connection, to the first byte, to the last byte.

    `Latency` is the time to the first byte with the connection in it, and 0 where it was not
    measured. Null where a part is unknown.
    """
    connect, latency = given.get("Connect"), given.get("Latency")
    known = None if connect is None else _at_least(0, connect)
    measured = None if latency is None else _at_least(1, latency)
    phases: dict[str, pa.Array | None] = {"connect_ms": known}
    if measured is not None:
        phases["receive_ms"] = _at_least(0, pc.subtract(given["elapsed"], measured))
        if known is not None:
            phases["wait_ms"] = _at_least(0, pc.subtract(measured, known))
    # Arrow refuses whole numbers that a float rounds, which times of sense are far below.
    return {
        name: None if c is None else c.cast(pa.float64(), safe=False) for name, c in phases.items()
    }


def _at_least(low: int, values: pa.Array) -> pa.Array:
    """Return numbers with null for those below a limit."""
    least = pc.min(values).as_py()
    if least is None or least >= low:
        return values
    return pc.if_else(pc.greater_equal(values, low), values, pa.scalar(None, values.type))
