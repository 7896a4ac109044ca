"""Samples of JMeter, from whatever file, as rows of the request table.

Requests, transaction controllers and parts of requests become rows; `kind` keeps controllers and
parts out of totals. Numbers of active threads become a series.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Chunk, Rows
from perfanalysis.importers.jmeter.nesting import Nesting, Roles
from perfanalysis.importers.jmeter.threads import ActiveThreads
from perfanalysis.importers.jmeter.times import stamps_are_ends, to_utc, zone_name
from perfanalysis.importers.source import InputFile
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.requests import TIMESTAMP, Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

MAX_ERROR_CHARACTERS = 500
CONTROLLER = r"^Number of samples in transaction : \d+, number of failing samples : \d+$"
EMPTY_CONTROLLER = r"^Number of samples in transaction : 0, "
_THREAD_GROUP = r"^(?P<group>.*) \d+-\d+$"


class RequestBuilder:
    """Turns batches of samples into batches of requests, for one file.

    Samples are record batches with JMeter's column names: `stamp_us`, `elapsed` (int64), `success`
    (bool) and `label` (a dictionary) are needed; text columns are dictionaries.

    Args:
        file: for messages.
        zone: of time stamps that are text without zone, or None if they are in UTC.
        nesting: tells parts of requests from requests.
    """

    def __init__(self, file: InputFile, *, zone: tzinfo | None, nesting: Nesting) -> None:
        self._file = file
        self._zone = zone
        self._nesting = nesting
        self._threads = ActiveThreads()
        self._rows = 0
        self._empty_controllers = 0
        self._stamps_are_ends: bool | None = None
        self._ambiguous = False

    def add(self, samples: pa.RecordBatch) -> Iterator[Chunk]:
        """Yield the rows of one batch of samples."""
        empty = matching(samples, "responseMessage", EMPTY_CONTROLLER)
        if empty.any():
            self._empty_controllers += int(empty.sum())
            samples = samples.filter(pa.array(~empty))
        if not samples.num_rows:
            return
        self._rows += samples.num_rows
        controllers = matching(samples, "responseMessage", CONTROLLER)
        starts_us = self._starts_us(samples, controllers)
        roles = self._nesting.roles(samples, starts_us // 1000, controllers)
        yield Rows(table="requests", batch=_requests(samples, starts_us, controllers, roles))
        if "allThreads" in samples.schema.names:
            ends_us = starts_us + samples["elapsed"].to_numpy(zero_copy_only=False) * 1000
            yield from self._threads.add(ends_us, samples["allThreads"])

    def finish(self) -> Iterator[Chunk]:
        """Yield what is known at the end only.

        Raises:
            InputError: there were no samples.
        """
        if not self._rows:
            raise InputError(
                f"{self._file.label}: expected at least one sample, found none",
                hint="was the test killed before its first sample ended?",
            )
        yield from self._threads.finish()
        if self._empty_controllers:
            message = (
                f"{self._file.label}: {self._empty_controllers} transactions without samples "
                "were left out, as JMeter's own report does"
            )
            yield Caveat(code="empty-transactions", message=message)
        if self._zone is not None:
            yield from self._zone_caveats(self._zone)
        if self._stamps_are_ends:
            message = (
                f"{self._file.label}: its time stamps mark the end of samples "
                "(sampleresult.timestamp.start=false); starts are stamp minus elapsed"
            )
            yield Caveat(code="end-timestamps", message=message)

    def _zone_caveats(self, zone: tzinfo) -> Iterator[Caveat]:
        message = f"{self._file.label}: its times carry no zone and were read as {zone_name(zone)}"
        yield Caveat(code="assumed-timezone", message=message)
        if self._ambiguous:
            message = (
                f"{self._file.label}: the clock was changed during the run, so some of its times "
                "have two readings; the first one was taken"
            )
            yield Caveat(code="ambiguous-times", message=message)

    def _starts_us(self, samples: pa.RecordBatch, controllers: Bools) -> Integers:
        """Return when the samples started, in microseconds since 1970 in UTC, shape (n,)."""
        stamps_us: Integers = samples["stamp_us"].to_numpy(zero_copy_only=False)
        if self._zone is not None:
            stamps_us, ambiguous = to_utc(stamps_us, self._zone)
            self._ambiguous |= ambiguous
        elapsed_ms: Integers = samples["elapsed"].to_numpy(zero_copy_only=False)
        if self._stamps_are_ends is None:
            # Decided on the first batch, for all: a run has one setting.
            self._stamps_are_ends = "threadName" in samples.schema.names and stamps_are_ends(
                *_of_single_samples(samples, stamps_us, elapsed_ms, self._nesting, controllers)
            )
        return stamps_us - elapsed_ms * 1000 if self._stamps_are_ends else stamps_us


def matching(samples: pa.RecordBatch, column: str, pattern: str) -> Bools:
    """Return which samples have text that matches in a column; none where there is no column."""
    if column not in samples.schema.names:
        return np.zeros(samples.num_rows, dtype=bool)
    words = samples[column]
    found = pc.match_substring_regex(words.dictionary, pattern).fill_null(fill_value=False)
    hits = np.append(found.to_numpy(zero_copy_only=False), [False])
    if not hits.any():
        return np.zeros(samples.num_rows, dtype=bool)
    # A null has no code: it gets the last one, which says no.
    codes = words.indices.fill_null(len(hits) - 1).to_numpy(zero_copy_only=False)
    chosen: Bools = hits[codes]
    return chosen


def _of_single_samples(
    samples: pa.RecordBatch,
    stamps_us: Integers,
    elapsed_ms: Integers,
    nesting: Nesting,
    controllers: Bools,
) -> tuple[Integers, Integers, Integers]:
    single = nesting.alone(samples) & ~controllers
    threads = samples["threadName"].indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return threads[single], stamps_us[single] // 1000, elapsed_ms[single]


def _requests(
    samples: pa.RecordBatch, starts_us: Integers, controllers: Bools, roles: Roles
) -> pa.RecordBatch:
    given = {name: samples[name] for name in samples.schema.names}
    columns = {
        "started_at": pa.array(starts_us).cast(TIMESTAMP),
        "name": _named(given["label"]),
        "latency_ms": given["elapsed"].cast(pa.float64()),
        "ok": given["success"],
        "kind": _kinds(controllers | roles.part),
        "group": roles.group,
        "scenario": _thread_groups(given.get("threadName")),
        "method": given.get("method"),
        "status": given.get("responseCode"),
        "error": _errors(given),
        "worker": given.get("threadName"),
        "bytes_sent": given.get("sentBytes"),
        "bytes_received": given.get("bytes"),
        **_phases(given),
        "tags": given.get("tags"),
    }
    return pa.RecordBatch.from_pydict(
        {name: column for name, column in columns.items() if column is not None}
    )


def _named(labels: pa.DictionaryArray) -> pa.Array:
    # An empty label is a label: rows need a name.
    return labels.cast(pa.string()).fill_null("") if labels.null_count else labels


def _kinds(transactions: Bools) -> pa.DictionaryArray:
    kinds = pa.array([str(Kind.REQUEST), str(Kind.TRANSACTION)])
    return pa.DictionaryArray.from_arrays(pa.array(transactions.astype(np.int8)), kinds)


def _thread_groups(threads: pa.DictionaryArray | None) -> pa.Array | None:
    """Return the thread group of each thread, which JMeter calls `GROUP N-M`; null for others."""
    if threads is None:
        return None
    found = pc.extract_regex(threads.dictionary, _THREAD_GROUP)
    groups = pc.if_else(found.is_valid(), found.field("group"), pa.scalar(None, pa.string()))
    return groups.take(threads.indices)


def _errors(given: dict[str, pa.Array]) -> pa.Array | None:
    """Return why samples failed: the failed assertion's message, or else the response's."""
    sources = [given[name] for name in ("failureMessage", "responseMessage") if name in given]
    failed = np.flatnonzero(~given["success"].to_numpy(zero_copy_only=False))
    if not sources or not failed.size:
        return None
    texts = [source.take(pa.array(failed)).cast(pa.string()) for source in sources]
    messages = pc.utf8_slice_codeunits(pc.coalesce(*texts), 0, MAX_ERROR_CHARACTERS)
    place = np.full(len(given["success"]), -1)
    place[failed] = np.arange(failed.size)
    return messages.take(pa.array(place, mask=place < 0))


def _phases(given: dict[str, pa.Array]) -> dict[str, pa.Array | None]:
    """Split the time of a sample: to the connection, to the first byte, to the last byte.

    `Latency` is the time to the first byte with the connection in it, and 0 where it was not
    measured. Null where a part is unknown.
    """
    connect, latency = given.get("Connect"), given.get("Latency")
    measured = None if latency is None else _positive(latency)
    known = None if connect is None else _where(pc.greater_equal(connect, 0), connect)
    phases: dict[str, pa.Array | None] = {"connect_ms": known}
    if measured is not None:
        rest = pc.subtract(given["elapsed"], measured)
        phases["receive_ms"] = _where(pc.greater_equal(rest, 0), rest)
        if known is not None:
            wait = pc.subtract(measured, known)
            phases["wait_ms"] = _where(pc.greater_equal(wait, 0), wait)
    # Arrow refuses whole numbers that a float rounds, which times of sense are far below.
    return {
        name: None if c is None else c.cast(pa.float64(), safe=False) for name, c in phases.items()
    }


def _positive(values: pa.Array) -> pa.Array:
    return _where(pc.greater(values, 0), values)


def _where(condition: pa.Array, values: pa.Array) -> pa.Array:
    return pc.if_else(condition, values, pa.scalar(None, values.type))
