"""Lines of JSON and records of CSV as Arrow text, cut out of blocks of bytes without copying."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from perfanalysis.errors import InputError
from perfanalysis.importers.pipeline import read_ahead
from perfanalysis.importers.source import line_blocks

if TYPE_CHECKING:
    from perfanalysis.importers.source import InputFile

_MAX_RECORD_BYTES = 64 << 20

Positions: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Records:
    """Whole records of a CSV file.

    Attributes:
        text: one element per record, its line end included; null where it is not UTF-8.
        line: number of the line on which each record begins, from 1.
        cut: the file ends here without a line end: the last record may be incomplete.
    """

    text: pa.Array
    line: npt.NDArray[np.int64]
    cut: bool

    def __len__(self) -> int:
        return len(self.line)

    def __getitem__(self, where: slice) -> Records:
        return Records(text=self.text[where], line=self.line[where], cut=self.cut)


def line_ends(data: bytes) -> Positions:
    """Return where each line ends, behind its line end; what follows the last one is a line too."""
    ends = _positions(data, b"\n") + 1
    return ends if data.endswith(b"\n") else np.append(ends, len(data))


def texts(data: bytes, ends: Positions) -> pa.Array:
    """Return the pieces of data that end there as text; null for those that are not UTF-8."""
    offsets = np.concatenate([[0], ends]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    array = pa.Array.from_buffers(pa.string(), len(ends), buffers)
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        pieces = [data[start:end] for start, end in itertools.pairwise(offsets.tolist())]
        return pa.array([_decoded(piece) for piece in pieces], pa.string())
    return array


def records(file: InputFile) -> Iterator[Records]:
    """Yield the records of a CSV file in blocks; a quoted cell may span lines.

    Raises:
        InputError: a quoted cell never ends, or is longer than 64 MiB.
    """
    rest = b""
    first_line = 1
    for block in read_ahead(line_blocks(file)):
        data = rest + block.data if rest else block.data
        newlines = _positions(data, b"\n")
        # A newline within quotes is preceded by an odd number of quotes.
        quotes_before = np.searchsorted(_positions(data, b'"'), newlines)
        is_end = quotes_before % 2 == 0
        ends = newlines[is_end] + 1
        begins = np.concatenate([[0], np.flatnonzero(is_end) + 1]) + first_line
        if len(ends):
            text = texts(data[: ends[-1]], ends)
            yield Records(text=text, line=begins[:-1], cut=False)
            rest = data[ends[-1] :]
            first_line = int(begins[-1])
        else:
            rest = data
        if len(rest) > _MAX_RECORD_BYTES:
            break
    if b"\n" in rest or len(rest) > _MAX_RECORD_BYTES:
        raise InputError(
            f"{file.label}:{first_line}: expected a closing quote, found none up to the end of the "
            f"file or within {_MAX_RECORD_BYTES >> 20} MiB"
        )
    if rest:
        text = texts(rest, np.array([len(rest)]))
        yield Records(text=text, line=np.array([first_line]), cut=True)


def _positions(data: bytes, byte: bytes) -> Positions:
    # `in` is several times faster than a search that finds nothing.
    if byte not in data:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.frombuffer(data, np.uint8) == ord(byte))


def _decoded(piece: bytes) -> str | None:
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None
