"""Blocks in which every line is a Point exactly as k6 writes it: cut at the braces, not parsed.

    {"metric":"NAME","type":"Point","data":{"time":"TIME","value":NUMBER,"tags":{TAGS}}}
    {"type":"Point","data":{"time":"TIME","value":NUMBER,"tags":{TAGS}},"metric":"NAME"}

Both orders have three opening braces, so Arrow's CSV reader cuts the lines of a block into four
cells. What stands before the second brace and behind the third repeats from line to line: its few
different texts are checked as JSON. What stands between is checked byte by byte, column by column.
That is quicker than any JSON parser that was measured. A block with any other line is left to
DuckDB.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

if TYPE_CHECKING:
    from perfanalysis.importers.k6.points import Floats, Ints

Bytes = npt.NDArray[np.uint8]

_BEFORE = re.compile(r'(?:"metric":"([^"\\\x00-\x1f]+)",)?"type":"Point","data":')
# The ends of tags, data and, with or without the metric, the line.
_END = re.compile(r'\}\}(?:,"metric":"([^"\\\x00-\x1f]+)")?\}\Z')
_MAX_KNOWN = 1 << 16
_BETWEEN = (b'"time":"', b'","value":', b',"tags":')
_QUOTES = 8  # of the three together
_NUMBER = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_TIME = r"^[0-9T:.Z+-]*$"
# Of RFC 3339 with nanoseconds and an offset.
_LONGEST_TIME = 35
_WORD = 8  # bytes

_WORDS = pa.dictionary(pa.int32(), pa.string())
_PARSE = csv.ParseOptions(
    delimiter="{", quote_char=False, escape_char=False, ignore_empty_lines=False
)
_CONVERT = csv.ConvertOptions(
    column_types={"0": _WORDS, "1": _WORDS, "2": pa.binary(), "3": _WORDS},
    null_values=[],
    # What is not ASCII stands in the repeated texts, which are decoded one by one.
    check_utf8=False,
)


class IrregularError(Exception):
    """Some line of the block is not exactly as k6 writes it."""


@dataclass(frozen=True, kw_only=True)
class RegularLines:
    """What stands in a block of such lines; arrays have an element a line.

    Attributes:
        metric: index into `metrics`.
        times: the first of each run of lines with equal times, as text.
        time_run: index into `times`.
        tags: index into `tag_texts`, which are JSON objects.
    """

    metrics: list[str]
    metric: Ints
    times: pa.Array
    time_run: Ints
    value: Floats
    tag_texts: list[str]
    tags: Ints


class _Behind(NamedTuple):
    """What stands behind the third brace of a line: its tags, and perhaps its metric."""

    tags: str
    metric: str | None


class RegularLineParser:
    """Cuts blocks; remembers which texts were checked. One for each thread."""

    def __init__(self) -> None:
        self._known: dict[str, _Behind] = {}

    def parse(self, data: bytes) -> RegularLines:
        """Return what stands in a block of whole lines.

        Raises:
            IrregularError: a line looks otherwise.
        """
        cells = _cells(data)
        before, after = cells[1], cells[3]
        own = [_BEFORE.fullmatch(text) for text in _texts(before)]
        if _texts(cells[0]) != [""] or None in own:
            raise IrregularError
        names = [match[1] for match in own if match is not None]
        ends = self._checked(_texts(after))
        own_code, end_code = _codes(before), _codes(after)
        is_late = np.array([name is None for name in names], bool)[own_code]
        if (is_late != np.array([end.metric is not None for end in ends], bool)[end_code]).any():
            raise IrregularError
        times, time_run, value = _times_and_values(cells[2])
        return RegularLines(
            metrics=[name or "" for name in (*names, *(end.metric for end in ends))],
            metric=np.where(is_late, end_code + len(names), own_code),
            times=times,
            time_run=time_run,
            value=value,
            tag_texts=[end.tags for end in ends],
            tags=end_code,
        )

    def _checked(self, texts: list[str]) -> list[_Behind]:
        if len(self._known) > _MAX_KNOWN:
            self._known.clear()
        for text in texts:
            if text not in self._known:
                self._known[text] = _behind(text)
        return [self._known[text] for text in texts]


def _cells(data: bytes) -> list[pa.Array]:
    names = ["0", "1", "2", "3"]
    # One block: its dictionaries need no merging.
    read = csv.ReadOptions(column_names=names, block_size=len(data) + 1, use_threads=False)
    try:
        table = csv.read_csv(pa.BufferReader(data), read, _PARSE, _CONVERT)
    except pa.ArrowInvalid as exc:
        raise IrregularError from exc
    if not table.num_rows:
        raise IrregularError
    return [table.column(name).chunk(0) for name in names]


def _texts(cells: pa.DictionaryArray) -> list[str]:
    try:
        texts: list[str] = cells.dictionary.to_pylist()
    except UnicodeDecodeError as exc:
        raise IrregularError from exc
    return texts


def _codes(cells: pa.DictionaryArray) -> Ints:
    codes: Ints = cells.indices.to_numpy().astype(np.int64)
    return codes


def _behind(text: str) -> _Behind:
    """Return what stands behind the third brace of a line.

    Raises:
        IrregularError: it is not the end of a Point.
    """
    try:
        found = json.loads('{"data":{"tags":{' + text)
        # Half a surrogate pair passes json.loads, and nothing else afterwards.
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise IrregularError from exc
    end = _END.search(text)
    keys = ["data"] if end is None or end[1] is None else ["data", "metric"]
    if end is None or list(found) != keys or list(found["data"]) != ["tags"]:
        raise IrregularError
    return _Behind(tags="{" + text[: end.start() + 1], metric=end[1])


def _times_and_values(cells: pa.BinaryArray) -> tuple[pa.Array, Ints, Floats]:
    """Return the first of each run of times, the run of each line, and the values.

    Raises:
        IrregularError: a cell is not `"time":"TIME","value":NUMBER,"tags":`.
    """
    offsets = np.frombuffer(cells.buffers()[1], np.int32)[: len(cells) + 1].astype(np.int64)
    # Eight bytes more than there are: words are read from every place.
    data = np.zeros(int(offsets[-1]) + _WORD, np.uint8)
    data[:-_WORD] = np.frombuffer(cells.buffers()[2], np.uint8)[: offsets[-1]]
    quotes = np.flatnonzero(data == ord('"'))
    if len(quotes) != _QUOTES * len(cells) or (data == ord("\\")).any():
        raise IrregularError
    quote = quotes.reshape(-1, _QUOTES)
    first, last = _BETWEEN[0], _BETWEEN[2]
    time_start, time_end = offsets[:-1] + len(first), quote[:, 3]
    value_start, value_end = time_end + len(_BETWEEN[1]), offsets[1:] - len(last)
    if not (
        np.array_equal(quote[:, 2], time_start - 1)
        and _all_equal(data, offsets[:-1], first)
        and _all_equal(data, time_end, _BETWEEN[1])
        and _all_equal(data, value_end, last)
        and (value_end > value_start).all()
    ):
        raise IrregularError
    values = _slices(data, value_start, value_end)
    begins = _begins_of_runs(data, time_start, time_end)
    times = _slices(data, time_start[begins], time_end[begins])
    if not (
        pc.all(pc.match_substring_regex(values, _NUMBER)).as_py()
        and pc.all(pc.match_substring_regex(times, _TIME)).as_py()
    ):
        raise IrregularError
    value: Floats = values.cast(pa.float64()).to_numpy()
    return times, np.cumsum(begins) - 1, value


def _words(data: Bytes) -> npt.NDArray[np.uint64]:
    """Return the eight bytes that begin at each place, as a number."""
    shape = (len(data) - _WORD + 1,)
    return np.ndarray(shape, np.uint64, buffer=data.data, strides=(1,))


def _all_equal(data: Bytes, starts: Ints, text: bytes) -> bool:
    """Say whether a text of at least eight bytes stands at each of some places."""
    words = _words(data)
    for at in {*range(0, len(text) - _WORD, _WORD), len(text) - _WORD}:
        expected = np.frombuffer(text[at : at + _WORD], np.uint64)[0]
        if (words[starts + at] != expected).any():
            return False
    return True


def _begins_of_runs(data: Bytes, starts: Ints, ends: Ints) -> npt.NDArray[np.bool_]:
    """Return which of some texts differ from the one before."""
    lengths = ends - starts
    if lengths.min() < _WORD or lengths.max() > _LONGEST_TIME:
        raise IrregularError
    begins = np.ones(len(starts), bool)
    begins[1:] = lengths[1:] != lengths[:-1]
    words = _words(data)
    for at in range(0, _LONGEST_TIME, _WORD):
        # Overlapping at the end: a word never reaches beyond its text.
        word = words[starts + np.minimum(at, lengths - _WORD)]
        begins[1:] |= word[1:] != word[:-1]
    return begins


def _slices(data: Bytes, starts: Ints, ends: Ints) -> pa.StringArray:
    """Return the texts that stand between some places of ASCII data."""
    offsets = np.zeros(len(starts) + 1, np.int64)
    np.cumsum(ends - starts, out=offsets[1:])
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], ends - starts)
    buffers = [None, pa.py_buffer(offsets.astype(np.int32)), pa.py_buffer(data[places])]
    return pa.StringArray.from_buffers(len(starts), buffers[1], buffers[2])
