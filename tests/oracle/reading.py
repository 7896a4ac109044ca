"""What a plain reader returns, and the bytes and lines that it starts from."""

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from perfanalysis.model.requests import REQUESTS
from perfanalysis.model.series import SERIES

# Values by column; times in microseconds since 1970, tags as pairs, what is unknown as None.
Row: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The rows of one run in the order of its files, and how many rows were bad."""

    requests: list[Row]
    series: list[Row]
    rejected: int


def request_row(**known: object) -> Row:
    """Return a row of the request table in which all else is unknown."""
    assert known.keys() <= set(REQUESTS.names)
    return dict.fromkeys(REQUESTS.names) | known


def series_row(**known: object) -> Row:
    """Return a row of the series table in which all else is unknown."""
    assert known.keys() <= set(SERIES.names)
    return dict.fromkeys(SERIES.names) | known


def read_bytes(path: Path) -> bytes:
    """Return the content of a file, decompressed; without byte order mark and NULs at the end."""
    data = path.read_bytes()
    for decompress in (gzip.decompress, bz2.decompress, lzma.decompress):
        if data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00")):
            try:
                data = decompress(data)
            except (OSError, lzma.LZMAError):
                continue
            break
    return data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\0")


def lines_of(data: bytes) -> list[tuple[bytes, bool]]:
    """Return the lines without their ends, and of each whether the file cuts it short."""
    lines = data.split(b"\n")
    last = lines.pop()
    return [(line, False) for line in lines] + ([(last, True)] if last else [])
