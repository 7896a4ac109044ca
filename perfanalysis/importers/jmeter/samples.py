"""Samples of a JTL file in XML as Arrow batches, the bad ones reported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.jmeter.inspection import FALSE, TRUE, Problem, bad_number
from perfanalysis.importers.jmeter.times import END_OF_TIME_US, EPOCH, MAX_ELAPSED_MS, all_within
from perfanalysis.importers.jmeter.words import with_words
from perfanalysis.model.requests import LABELS

if TYPE_CHECKING:
    from perfanalysis.importers.jmeter.elements import Sample

NUMBERS = {
    "elapsed": "t",
    "bytes": "by",
    "sentBytes": "sby",
    "allThreads": "na",
    "Latency": "lt",
    "Connect": "ct",
    "SampleCount": "sc",
}
TEXT = {"label": "lb", "responseMessage": "rm", "threadName": "tn"}


def batch_of(samples: list[Sample], reject: Callable[[Sample, Problem], None]) -> pa.RecordBatch:
    """Return samples as a batch, in the columns that `RequestBuilder` takes.

    Args:
        samples: in the order of the file.
        reject: is told of each bad sample.
    """
    try:
        batch = _converted(samples)
    except pa.ArrowInvalid:
        batch = None
    if batch is not None:
        return batch
    good: list[Sample] = []
    for sample in samples:
        problem = _problem(sample)
        if problem is None:
            good.append(sample)
        else:
            reject(sample, problem)
    return _converted(good)


def _converted(samples: list[Sample]) -> pa.RecordBatch | None:
    """Return the batch, or None if a value lies where none may.

    Raises:
        pa.ArrowInvalid: a number is none.
    """
    given = [sample.attributes for sample in samples]
    columns = {
        name: pa.array([a.get(short) or None for a in given], pa.string()).cast(pa.int64())
        for name, short in NUMBERS.items()
    }
    stamps = EPOCH.to_epoch_us(
        pa.array([a.get("ts") or None for a in given], pa.string()).cast(pa.int64())
    )
    verdicts = pa.array([a.get("s") for a in given], pa.string())
    counts = columns.pop("SampleCount")
    if samples and not (
        all_within(stamps, 0, END_OF_TIME_US - 1)
        and all_within(columns["elapsed"], 0, MAX_ELAPSED_MS)
        and pc.all(pc.is_in(verdicts, value_set=pa.array([*TRUE, *FALSE]))).as_py()
        and (pc.max(counts).as_py() or 0) <= 1
    ):
        return None
    for name, short in TEXT.items():
        columns[name] = _words([a.get(short) for a in given])
    columns["responseCode"] = _words([a.get("rc") or a.get("rs") for a in given])
    columns["failureMessage"] = _words([sample.failure for sample in samples])
    columns["method"] = _words([sample.method for sample in samples])
    columns["success"] = pc.is_in(verdicts, value_set=pa.array(TRUE))
    columns["stamp_us"] = stamps
    columns["part"] = pa.array([sample.part for sample in samples], pa.bool_())
    columns["group"] = _words([sample.group for sample in samples])
    tags = [sample.tags() for sample in samples]
    if any(tags):
        pairs = [None if tag is None else list(tag.items()) for tag in tags]
        columns["tags"] = pa.array(pairs, LABELS)
    return pa.RecordBatch.from_pydict(columns)


def _words(texts: list[str | None]) -> pa.DictionaryArray:
    """Return text as a dictionary, with null for none and for empty text."""
    column = pa.array(texts, pa.string()).dictionary_encode()
    if "" not in column.dictionary.to_pylist():
        return column
    words = column.dictionary
    return with_words(column, pc.if_else(pc.equal(words, ""), pa.scalar(None, words.type), words))


def _problem(sample: Sample) -> Problem | None:
    given = sample.attributes
    stamp = given.get("ts", "")
    if not stamp.isascii() or not EPOCH.accepts(stamp) or stamp != stamp.strip():
        return Problem(column="ts", expected=EPOCH.expected, found=stamp)
    if given.get("s") not in (*TRUE, *FALSE):
        return Problem(column="s", expected="true or false", found=given.get("s", ""))
    for column, short in NUMBERS.items():
        cell = given.get(short, "")
        problem = bad_number(column, cell)
        if problem is not None or cell != cell.strip():
            expected = problem.expected if problem else "a number without spaces"
            return Problem(column=short, expected=expected, found=cell)
    return None
