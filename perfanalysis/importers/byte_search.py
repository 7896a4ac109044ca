"""Where bytes stand in a text, and how many there are, at the speed of memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bytes = npt.NDArray[np.uint8]
    Integers = npt.NDArray[np.int64]

# What is compared at once fits the nearest cache.
_PIECE_BYTES = 1 << 18


def count_byte(text: bytes | memoryview, byte: bytes) -> int:
    """Return how often a byte is in a text, several times as fast as bytes.count.

    >>> count_byte(b"a,b,c", b",")
    2
    """
    return sum(int(np.count_nonzero(piece == ord(byte))) for _, piece in _pieces(text))


def count_below(text: bytes, byte: bytes) -> int:
    r"""Return how many bytes of a text are smaller than another one.

    >>> count_below(b"a\tb\n", b" ")
    2
    """
    return sum(int(np.count_nonzero(piece < ord(byte))) for _, piece in _pieces(text))


def places_of(text: bytes, byte: bytes, *, like: bytes | None = None) -> Integers:
    """Return where a byte stands in a text, ascending.

    Args:
        text: to search.
        byte: to search for.
        like: another byte that differs from it in one bit; its places are returned too.

    >>> places_of(b"<a><b>", b"<", like=b">").tolist()
    [0, 2, 3, 5]
    """
    other = byte if like is None else like
    mask = np.uint8(0xFF & ~(ord(byte) ^ ord(other)))
    found = [
        np.flatnonzero((piece if like is None else piece & mask) == ord(byte) & int(mask)) + start
        for start, piece in _pieces(text)
    ]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _pieces(text: bytes | memoryview) -> Iterator[tuple[int, Bytes]]:
    """Yield a text piece by piece, with the place where each piece begins."""
    letters = np.frombuffer(text, np.uint8) if text else np.empty(0, np.uint8)
    for start in range(0, len(letters), _PIECE_BYTES):
        yield start, letters[start : start + _PIECE_BYTES]
