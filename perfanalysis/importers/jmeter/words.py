"""Text of few different values, as codes and words: work is done once a word, not once a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

    Bools = npt.NDArray[np.bool_]
    Integers = npt.NDArray[np.int64]


def matching(samples: pa.RecordBatch, column: str, pattern: str) -> Bools:
    """Return which samples have text that matches in a column; none where there is no column."""
    if column not in samples.schema.names:
        return np.zeros(samples.num_rows, dtype=bool)
    words = samples[column]
    found = pc.match_substring_regex(words.dictionary, pattern).fill_null(fill_value=False)
    hits = np.append(found.to_numpy(zero_copy_only=False), [False])
    if not hits.any():
        return np.zeros(samples.num_rows, dtype=bool)
    # A null has no code: -1 asks for the last one, which says no.
    chosen: Bools = hits[codes_of(words)]
    return chosen


def codes_of(column: pa.DictionaryArray) -> npt.NDArray[np.int32]:
    """Return the code of each row, -1 for null, shape (n,)."""
    indices = column.indices
    if indices.null_count:
        indices = indices.fill_null(-1)
    codes: npt.NDArray[np.int32] = indices.to_numpy(zero_copy_only=False)
    return codes


def with_words(column: pa.DictionaryArray, words: pa.Array) -> pa.DictionaryArray:
    """Return a column with each of its words replaced by another, or by none.

    Args:
        column: dictionary-encoded text.
        words: one for each word of the column (text, null for none); they may repeat.
    """
    encoded = words.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices.take(column.indices), encoded.dictionary)


def first_words(
    columns: list[pa.DictionaryArray], rows: Integers, length: int
) -> pa.DictionaryArray:
    """Return for some rows the first text that one of the columns has; null for all other rows.

    Args:
        columns: dictionary-encoded text, all of one length; the leading one goes first.
        rows: numbers of the rows that are asked for, shape (k,).
        length: most characters of a text; what is longer is cut.
    """
    found = np.full(len(rows), -1)
    below = 0
    for column in columns:
        codes = codes_of(column)[rows].astype(np.int64)
        found = np.where((found < 0) & (codes >= 0), codes + below, found)
        below += len(column.dictionary)
    words = pa.concat_arrays([column.dictionary for column in columns])
    used = np.zeros(below + 1, dtype=bool)
    used[found] = True
    # Words are cut before they are told apart: different ones may become alike.
    chosen = pc.utf8_slice_codeunits(words.filter(pa.array(used[:-1])), 0, length)
    encoded = chosen.dictionary_encode()
    code_of = np.full(below + 1, -1, dtype=np.int32)
    code_of[:-1][used[:-1]] = encoded.indices.to_numpy()
    codes = np.full(len(columns[0]), -1, dtype=np.int32)
    codes[rows] = code_of[found]
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), encoded.dictionary)


def joined(parts: list[pa.Array]) -> pa.Array:
    """Return columns of one type end to end; words that they share are one word."""
    return pa.chunked_array(parts).unify_dictionaries().combine_chunks()
