"""Samples from plain XML, millions of them without an object each.

What a parser and `SampleElements` make of the same text, this makes of it too, column by column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfanalysis.importers.jmeter.elements import KNOWN, MAX_TEXT_CHARACTERS
from perfanalysis.importers.jmeter.inspection import FALSE, TRUE
from perfanalysis.importers.jmeter.plain_markup import Tags, UnusualMarkupError, decoded, tags_of
from perfanalysis.importers.jmeter.requests import CONTROLLER
from perfanalysis.importers.jmeter.sample_tags import attributes_of
from perfanalysis.importers.jmeter.samples import NUMBERS, TEXT
from perfanalysis.importers.jmeter.tags import NO_VALUE
from perfanalysis.importers.jmeter.tags import tags_of as variables_of
from perfanalysis.importers.jmeter.times import END_OF_TIME_US, EPOCH, MAX_ELAPSED_MS, all_within
from perfanalysis.importers.jmeter.words import codes_of, first_words, with_words

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]

_CONTROLLER = re.compile(CONTROLLER)
_WORD = pa.dictionary(pa.int32(), pa.string())


def plain_samples(text: bytes) -> pa.RecordBatch:
    """Return the samples of a text in the order of their end tags, as `RequestBuilder` takes them.

    Args:
        text: elements of the top level, without characters that XML forbids.

    Raises:
        UnusualMarkupError: a parser must read the text, or a sample is bad.
    """
    tags = tags_of(text)
    places = np.flatnonzero(tags.sample)
    if not len(places) or ((tags.level == 1) & ~tags.sample & ~tags.end).any():
        raise UnusualMarkupError
    attributes = attributes_of(tags.spans.take(pa.array(places * 2)))
    row = np.full(len(tags.end), -1)
    row[places] = np.arange(len(places))
    parent = np.where(tags.level[places] == 1, -1, row[tags.parents(places)])
    if ((parent < 0) & (tags.level[places] > 1)).any():
        raise UnusualMarkupError
    columns = _columns(attributes, len(places))
    columns |= _roles(columns, parent, tags.http[places])
    columns |= {"failureMessage": _failures(tags, row), "method": _methods(tags, row)}
    batch = pa.RecordBatch.from_pydict({n: c for n, c in columns.items() if c is not None})
    ends = tags.partner[places]
    in_order = bool((ends[1:] > ends[:-1]).all())
    return batch if in_order else batch.take(pa.array(np.argsort(ends)))


def _columns(attributes: dict[str, pa.Array], rows: int) -> dict[str, pa.Array | None]:
    """Return what stands in the start tags."""
    verdicts, counts = attributes.get("s"), attributes.get("sc")
    if "t" not in attributes or "ts" not in attributes or verdicts is None:
        raise UnusualMarkupError
    try:
        stamps = EPOCH.to_epoch_us(attributes["ts"])
    except pa.ArrowInvalid:
        raise UnusualMarkupError from None
    if not (
        all_within(stamps, 0, END_OF_TIME_US - 1)
        and all_within(attributes["t"], 0, MAX_ELAPSED_MS)
        and not verdicts.null_count
        and set(verdicts.dictionary.to_pylist()) <= {*TRUE, *FALSE}
        and (counts is None or (pc.max(counts).as_py() or 0) <= 1)
        and not ("rc" in attributes and "rs" in attributes)
    ):
        raise UnusualMarkupError
    named = {**NUMBERS, **TEXT}
    columns = {name: attributes.get(short) for name, short in named.items() if short != "sc"}
    passed = pc.is_in(verdicts.dictionary, value_set=pa.array(TRUE))
    return {
        **columns,
        "label": attributes.get("lb", pa.nulls(rows, _WORD)),
        "responseCode": attributes.get("rc", attributes.get("rs")),
        "success": passed.take(verdicts.indices),
        "stamp_us": stamps,
        "tags": _variables(attributes),
    }


def _variables(attributes: dict[str, pa.Array]) -> pa.Array | None:
    """Return the sample variables and the host name; None if there are none."""
    found = {name: column for name, column in attributes.items() if name not in KNOWN}
    host = attributes.get("hn")
    if host is not None:
        # A host of no name is kept.
        if host.null_count or NO_VALUE in host.dictionary.to_pylist() or "Hostname" in found:
            raise UnusualMarkupError
        found["Hostname"] = host
    return variables_of(found)


def _roles(
    columns: dict[str, pa.Array | None], parent: Integers, http: Bools
) -> dict[str, pa.Array | None]:
    """Return which samples are parts of requests, and in what they stand.

    Args:
        columns: of the samples, in the order of their start tags.
        parent: row of the sample that each one stands in, or -1, shape (n,).
        http: it is an HTTP sample, shape (n,).
    """
    marked = _marked(columns["responseMessage"], len(parent))
    nested = np.flatnonzero(parent >= 0)
    if not len(nested):
        return {"part": pa.array(marked)}
    controller = marked.copy()
    # The first child decides: no HTTP sample that holds one is a transaction controller.
    holders, first = np.unique(parent[nested], return_index=True)
    controller[holders] |= ~http[holders] & http[nested[first]]
    part = np.zeros(len(parent), dtype=bool)
    while True:
        deeper = np.zeros(len(parent), dtype=bool)
        deeper[nested] = (part | ~controller)[parent[nested]]
        if np.array_equal(deeper, part):
            break
        part = deeper
    labels = columns["label"]
    assert labels is not None  # noqa: S101  (every sample has the column)
    codes = np.where(parent < 0, -1, codes_of(labels)[parent])
    group = pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), labels.dictionary)
    return {"part": pa.array(part | controller), "group": group}


def _marked(messages: pa.DictionaryArray | None, rows: int) -> Bools:
    """Return which samples say that they are transaction controllers."""
    if messages is None:
        return np.zeros(rows, dtype=bool)
    said = [_CONTROLLER.match(word) is not None for word in messages.dictionary.to_pylist()]
    marked: Bools = np.array([*said, False])[codes_of(messages)]
    return marked


def _failures(tags: Tags, row: Integers) -> pa.DictionaryArray | None:
    """Return the message of the first assertion of each sample that failed.

    Args:
        tags: of the text.
        row: of the sample that each tag begins, or -1.
    """
    assertions = tags.starts(b"assertionResult")
    if (row[tags.parents(assertions)] < 0).any():
        raise UnusualMarkupError
    failing = np.zeros(len(row), dtype=bool)
    for name in (b"failure", b"error"):
        leaves, parents = _leaves(tags, name, assertions)
        texts = _texts(tags, leaves)
        true = np.array([*(word == "true" for word in texts.dictionary.to_pylist()), False])
        failing[parents[true[codes_of(texts)]]] = True
    failed = np.flatnonzero(failing)
    if not len(failed):
        return None
    rows, first = np.unique(row[tags.parents(failed)], return_index=True)
    row_of_assertion = np.full(len(row), -1)
    row_of_assertion[failed[first]] = rows
    sources = []
    for name in (b"failureMessage", b"name"):
        leaves, parents = _leaves(tags, name, failed[first])
        sources.append(_column(tags, leaves, row_of_assertion[parents], row))
    if len(leaves) < len(rows):
        raise UnusualMarkupError  # the next assertion that failed would be asked
    return first_words(sources, rows, MAX_TEXT_CHARACTERS)


def _methods(tags: Tags, row: Integers) -> pa.DictionaryArray | None:
    """Return the methods of HTTP requests, where responses were saved."""
    leaves, parents = _leaves(tags, b"method", np.flatnonzero(row >= 0))
    return _column(tags, leaves, row[parents], row) if len(leaves) else None


def _leaves(tags: Tags, name: bytes, within: Integers) -> tuple[Integers, Integers]:
    """Return the elements of one name that stand directly in others, and in which they stand.

    Args:
        tags: of the text.
        name: of the elements.
        within: places of start tags; none of them may hold several elements of the name.

    Returns:
        Places of start tags, and as many places among `within`.
    """
    leaves = tags.starts(name)
    parents = tags.parents(leaves)
    holds = np.zeros(len(tags.end) + 1, dtype=bool)
    holds[within] = True
    held = holds[parents]
    leaves, parents = leaves[held], parents[held]
    once = (parents[1:] > parents[:-1]).all() or len(np.unique(parents)) == len(parents)
    if not once or (tags.partner[leaves] > leaves + 1).any():
        raise UnusualMarkupError
    return leaves, parents


def _texts(tags: Tags, leaves: Integers) -> pa.DictionaryArray:
    """Return the text of elements that hold nothing else, null for none."""
    empty = tags.partner[leaves] == leaves
    spans = tags.spans.take(pa.array(leaves * 2 + 1, mask=empty)).dictionary_encode()
    words = spans.dictionary.cast(pa.string())
    words = pc.if_else(pc.equal(words, ""), pa.scalar(None, pa.string()), words)
    return decoded(with_words(spans, words), attribute=False)


def _column(tags: Tags, leaves: Integers, rows: Integers, row: Integers) -> pa.DictionaryArray:
    """Return the text of elements as a column of all samples.

    Args:
        tags: of the text.
        leaves: places of the elements, shape (n,).
        rows: of the samples that they tell of, shape (n,).
        row: of the sample that each tag begins, or -1.
    """
    texts = _texts(tags, leaves)
    codes = np.full(int(row.max()) + 1, -1, dtype=np.int32)
    codes[rows] = codes_of(texts)
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), texts.dictionary)
