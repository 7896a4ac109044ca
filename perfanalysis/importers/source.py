"""Files to import: decompressed by magic number, hashed, split into blocks of whole lines."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, BinaryIO, cast

from perfanalysis.errors import InputError
from perfanalysis.importers.byte_search import count_byte
from perfanalysis.importers.compression import READ_BYTES, decompressed, is_compressed

HEAD_BYTES = 65_536
_MAX_LINE_BYTES = 64 << 20
_MAX_DOCUMENT_BYTES = 256 << 20
_COMPRESSION_SUFFIXES = (".gz", ".zst", ".bz2", ".xz")
_BOM = b"\xef\xbb\xbf"


class _StoredFile(io.FileIO):
    """A file that is hashed while it is read from its beginning to its end."""

    def __init__(self, file: InputFile) -> None:
        super().__init__(file.path, "rb")
        self._file = file
        self._digest = hashlib.sha256()
        self._hashed = 0

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (the type of io.RawIOBase)
        start = self.tell()
        count = super().readinto(buffer) or 0
        if start == self._hashed:
            self._digest.update(memoryview(buffer)[:count])
            self._hashed += count
        at_end = count == 0 and start == self._hashed
        self._file.reached(start + count, self._digest.hexdigest() if at_end else None)
        return count


@dataclass(kw_only=True)
class InputFile:
    """One file of a source.

    Attributes:
        path: where it is.
        label: how messages call it: the path as the user gave it.
        truncated: set while reading when the compressed data end before their trailer.
        position: how many bytes of the file, as it is stored, were read by who read it last.
    """

    path: Path
    label: str
    truncated: bool = field(default=False, init=False)
    position: int = field(default=0, init=False)
    _sha256: str | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        """The bare file name without compression suffix."""
        name = self.path.name
        return self.path.stem if name.lower().endswith(_COMPRESSION_SUFFIXES) else name

    @property
    def compressed(self) -> bool:
        """Whether the content is compressed, judged by its first bytes."""
        with self._open_raw() as raw:
            return is_compressed(raw.read(6))

    def open(self) -> BinaryIO:
        """Open the file for reading, decompressed if its first bytes say gzip, bz2, xz or zstd.

        Raises:
            InputError: the file cannot be opened; while reading, damaged compressed data.
        """
        raw = self._open_raw()
        magic = raw.read(6)
        raw.seek(0)
        return decompressed(self, raw, magic) if is_compressed(magic) else raw

    def head(self) -> bytes:
        """Return the first 64 KiB, decompressed, without byte order mark."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES).removeprefix(_BOM)

    def sha256(self) -> str:
        """Return the SHA-256 of the file as it is stored, in hexadecimal.

        It is free once the file was read to its end.
        """
        if self._sha256 is None:
            with self._open_raw() as raw:
                while raw.read(READ_BYTES):
                    pass
        return cast("str", self._sha256)

    def reached(self, position: int, sha256: str | None = None) -> None:
        """Take note of how far the file was read, and of its digest at the end."""
        self.position = position
        self._sha256 = sha256 or self._sha256

    def _open_raw(self) -> BinaryIO:
        try:
            return cast("BinaryIO", io.BufferedReader(_StoredFile(self), READ_BYTES))
        except OSError as exc:
            raise InputError(f"{self.label}: cannot be read: {exc.strerror}") from exc


@dataclass(frozen=True, kw_only=True)
class Source:
    """The files of one run in one format.

    Attributes:
        files: the leading file first.
        timezone: zone of times that carry none.
    """

    files: tuple[InputFile, ...]
    timezone: tzinfo = UTC


@dataclass(frozen=True, kw_only=True)
class Block:
    """Whole lines of a file.

    Attributes:
        data: the bytes, line ends included.
        first_line: number of the first line in the file, from 1.
        cut: the file ends here without a line end: the last line may be incomplete.
    """

    data: bytes
    first_line: int
    cut: bool


def line_blocks(file: InputFile, *, size: int = 8 << 20) -> Iterator[Block]:
    """Yield a file in blocks of whole lines of about `size` bytes.

    A byte order mark is dropped, and so are NUL bytes at the end of the file (a power loss leaves
    them).

    Raises:
        InputError: a line is longer than 64 MiB.
    """
    with file.open() as stream:
        chunk = stream.read(len(_BOM)).removeprefix(_BOM) + stream.read(size)
        rest, line = b"", 1
        while chunk:
            end = chunk.rfind(b"\n") + 1
            if end:
                # One copy of the whole lines; what is left of the last one is short.
                data = b"".join((rest, memoryview(chunk)[:end]))
                rest = chunk[end:]
                yield Block(data=data, first_line=line, cut=False)
                line += count_byte(data, b"\n")
            else:
                rest += chunk
            if len(rest) > _MAX_LINE_BYTES:
                if rest.strip(b"\0"):
                    raise InputError(
                        f"{file.label}:{line}: expected lines of at most "
                        f"{_MAX_LINE_BYTES >> 20} MiB, found a longer one"
                    )
                rest = b""
            chunk = stream.read(size)
        rest = rest.rstrip(b"\0")
        if rest:
            yield Block(data=rest, first_line=line, cut=not rest.endswith(b"\n"))


def read_document(file: InputFile) -> Any:  # noqa: ANN401  (any JSON value)
    """Return a file that is one JSON document.

    Raises:
        InputError: it is no JSON (with line and column), holds half a surrogate pair, or is larger
            than 256 MiB.
    """
    with file.open() as stream:
        data = stream.read(_MAX_DOCUMENT_BYTES + 1)
    if len(data) > _MAX_DOCUMENT_BYTES:
        limit = _MAX_DOCUMENT_BYTES >> 20
        raise InputError(f"{file.label}: expected a JSON document of at most {limit} MiB")
    try:
        document = json.loads(data.removeprefix(_BOM).rstrip(b"\0"))
    except json.JSONDecodeError as exc:
        raise InputError(
            f"{file.label}:{exc.lineno}: expected JSON, found {exc.msg.lower()} "
            f"at column {exc.colno}",
            hint="the file may be cut short: was the tool killed while it wrote?",
        ) from exc
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{file.label}:1: expected a JSON document in UTF-8: {exc}") from exc
    refuse_half_surrogates(document, f"{file.label}:1")
    return document


def refuse_half_surrogates(value: object, where: str) -> None:
    """Refuse half a surrogate pair, which JSON can write and no text can hold.

    Args:
        value: what json made of a text.
        where: label and line, for the message.

    Raises:
        InputError: a text in it cannot be encoded.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as exc:
        raise InputError(f"{where}: expected text in UTF-8, found half a surrogate pair") from exc
