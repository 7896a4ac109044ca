"""Start tags of samples as columns, one for each attribute.

Cut at their double quotes, the tags of one file are rows of a table: names and values in turns. The
names are the same in row after row, so Arrow's CSV parser reads the values at its full speed.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from perfanalysis.importers.jmeter.elements import KNOWN
from perfanalysis.importers.jmeter.plain_markup import UnusualMarkupError, decoded
from perfanalysis.importers.jmeter.words import joined

NUMBERS = ("t", "by", "sby", "na", "lt", "ct", "sc", "ts")
# Known attributes that no column is made of.
_UNUSED = frozenset(("it", "dt", "de", "ec", "ng"))
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_BEGIN = re.compile(rf"<?(?:httpSample|sample)[ \t]+({_NAME})=")
_NEXT = re.compile(rf"[ \t]+({_NAME})=")
_END = re.compile(r"[ \t]*/?>")
_WORD = pa.dictionary(pa.int32(), pa.string())
_MAX_SHAPES = 64
_MAX_ATTRIBUTES = 100
_PARSE_OPTIONS = csv.ParseOptions(
    delimiter='"', quote_char=False, double_quote=False, escape_char=False
)


def attributes_of(tags: pa.BinaryArray) -> dict[str, pa.Array]:
    """Return the attributes of samples: `NUMBERS` as int64, others as dictionary-encoded text.

    Null stands for none and for an empty one. What no column is made of is left out.

    Args:
        tags: start tags of samples, at least one.

    Raises:
        UnusualMarkupError: an attribute is not plainly written, or a number is none.
    """
    try:
        return _of_one_shape(tags)
    except pa.ArrowInvalid:
        return _of_several_shapes(tags)


def _of_one_shape(tags: pa.BinaryArray) -> dict[str, pa.Array]:
    """Return the attributes of tags that have the same ones in the same order.

    Raises:
        pa.ArrowInvalid: they have not.
    """
    cells = tags[0].as_py().decode().split('"')
    names = _names(cells)
    wanted = dict(zip(range(1, len(cells), 2), names, strict=True))
    types = {at: pa.string() if wanted[at] in NUMBERS else _WORD for at in wanted}
    types = {at: kind for at, kind in types.items() if wanted[at] not in _UNUSED}
    # Names of another length are refused by the parser, and only equal lengths are compared.
    types |= {at: pa.binary(len(cells[at])) for at in range(2, len(cells) - 1, 2)}
    table = _table(tags, len(cells), {**types, 0: _WORD, len(cells) - 1: _WORD})
    _check_names(table, names[0])
    found: dict[str, pa.Array] = {}
    for at, name in wanted.items():
        if name in NUMBERS:
            found[name] = _numbers(table[at])
        elif name not in _UNUSED:
            found[name] = decoded(table[at], attribute=True)
    return found


def _names(cells: list[str]) -> list[str]:
    """Return the names of the attributes of a tag that was cut at its quotes."""
    found = [_BEGIN.fullmatch(cells[0]), *map(_NEXT.fullmatch, cells[2:-1:2])]
    names = [match[1] for match in found if match is not None]
    if (
        len(cells) > 2 * _MAX_ATTRIBUTES
        or len(cells) % 2 == 0
        or len(set(names)) < len(found)
        or not _END.fullmatch(cells[-1])
    ):
        raise UnusualMarkupError
    return names


def _table(tags: pa.BinaryArray, width: int, types: dict[int, pa.DataType]) -> dict[int, pa.Array]:
    """Return some of the cells of tags that are cut at their quotes, by their place."""
    _, starts, letters = tags.buffers()
    starts = np.frombuffer(starts, np.int32)[tags.offset : tags.offset + len(tags) + 1]
    text = np.frombuffer(letters, np.uint8)[starts[0] : starts[-1]].copy()
    # Each tag begins with a bracket, which makes room for a line end.
    text[starts[:-1] - starts[0]] = ord("\n")
    column_types = {str(at): kind for at, kind in types.items()}
    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(text)),
        read_options=csv.ReadOptions(
            column_names=[str(at) for at in range(width)],
            block_size=len(text) + 1,
            use_threads=False,
        ),
        parse_options=_PARSE_OPTIONS,
        convert_options=csv.ConvertOptions(
            include_columns=list(column_types),
            column_types=column_types,
            null_values=[""],
            strings_can_be_null=True,
            check_utf8=False,
        ),
        # Arrow's own allocator gives memory back and takes it anew from stretch to stretch.
        memory_pool=pa.system_memory_pool(),
    )
    if table.num_rows != len(tags):
        raise UnusualMarkupError  # there are line ends in tags
    return {at: table[str(at)].chunk(0) for at in types}


def _check_names(table: dict[int, pa.Array], name: str) -> None:
    """Refuse tags whose attributes have not all the same names.

    Args:
        table: the cells of the tags; those with names have one length a column.
        name: of the first attribute.

    Raises:
        pa.ArrowInvalid: they have not.
    """
    last = max(table)
    begins = map(_BEGIN.fullmatch, table[0].dictionary.to_pylist())
    alike = all(found is not None and found[1] == name for found in begins)
    alike = alike and all(map(_END.fullmatch, table[last].dictionary.to_pylist()))
    for at in range(2, last, 2):
        letters = np.frombuffer(table[at].buffers()[1], np.uint8).reshape(len(table[at]), -1)
        alike = alike and not table[at].null_count and bool((letters == letters[0]).all())
    if not alike:
        raise pa.ArrowInvalid("the attributes have several names")


def _numbers(texts: pa.Array) -> pa.Array:
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        raise UnusualMarkupError from None


def _of_several_shapes(tags: pa.BinaryArray) -> dict[str, pa.Array]:
    """Return the attributes of tags that may have different ones."""
    shapes = pc.replace_substring_regex(tags, r'"[^"]*"', '""').dictionary_encode()
    if len(shapes.dictionary) > _MAX_SHAPES:
        raise UnusualMarkupError
    shape = shapes.indices.to_numpy()
    groups = [np.flatnonzero(shape == number) for number in range(len(shapes.dictionary))]
    try:
        found = [_of_one_shape(tags.take(pa.array(rows))) for rows in groups]
    except pa.ArrowInvalid:
        raise UnusualMarkupError from None
    place = pa.array(np.argsort(np.concatenate(groups)))
    columns: dict[str, pa.Array] = {}
    names = list(dict.fromkeys(name for group in found for name in group))
    variables = [name for name in names if name not in KNOWN]
    for group in found:
        if [n for n in group if n not in KNOWN] != [n for n in variables if n in group]:
            raise UnusualMarkupError  # the order of the variables would be lost
    for name in names:
        kind = pa.int64() if name in NUMBERS else _WORD
        parts = [
            group[name] if name in group else pa.nulls(len(rows), kind)
            for rows, group in zip(groups, found, strict=True)
        ]
        columns[name] = joined(parts).take(place)
    return columns
