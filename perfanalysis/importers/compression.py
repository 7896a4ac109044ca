"""Decompression of files that are read once, from beginning to end."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from perfanalysis.errors import InputError

if TYPE_CHECKING:
    from perfanalysis.importers.source import InputFile

READ_BYTES = 1 << 20
_ZSTD_PIECE_BYTES = 1 << 16
# What `xz -9` needs is 65 MiB; a header may ask for 4 GiB.
_MAX_LZMA_BYTES = 256 << 20


class _Decompressor(Protocol):
    """The part of bz2 and lzma decompressors that streaming needs."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _GzipDecompressor:
    """zlib's decompressor with the interface of those of bz2 and lzma."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._full = False

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        # After a full buffer zlib may hold back output even where no input is left.
        return not self._full

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self._full = len(found) == max_length
        return found


def _decompressor(magic: bytes) -> _Decompressor | None:
    if magic.startswith(b"\x1f\x8b"):
        return _GzipDecompressor()
    if magic.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if magic.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMADecompressor(memlimit=_MAX_LZMA_BYTES)
    return None


class _DecompressedStream(io.RawIOBase):
    """Decompresses while reading; the data before a missing trailer are delivered, not lost.

    A killed tool leaves a gzip file without its end. Python's GzipFile raises there and throws
    away what it had already decoded. No more is decoded than is asked for: a small file may hold
    gigabytes of the same byte.
    """

    def __init__(self, file: InputFile, compressed: BinaryIO, magic: bytes) -> None:
        self._file = file
        self._compressed = compressed
        self._magic = magic
        self._decoder = cast("_Decompressor", _decompressor(magic))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (the type of io.RawIOBase)
        while (data := self._input()) is not None:
            try:
                found = self._decoder.decompress(data, len(buffer))
            except (zlib.error, OSError, lzma.LZMAError) as exc:
                raise InputError(
                    f"{self._file.label}: the compressed data are damaged: {exc}",
                    hint="copy the file again, or decompress it as far as possible first",
                ) from exc
            if found:
                buffer[: len(found)] = found
                return len(found)
        return 0

    def _input(self) -> bytes | None:
        """Return what the decoder shall go on with; None at the end of the file."""
        if self._decoder.eof:
            # Members may follow each other (`cat a.gz b.gz`); padding with NULs may too.
            data = self._decoder.unused_data.lstrip(b"\0")
            while not data:
                data = self._compressed.read(READ_BYTES)
                if not data:
                    return None
                data = data.lstrip(b"\0")
            self._decoder = cast("_Decompressor", _decompressor(self._magic))
            return data
        if not self._decoder.needs_input:
            return b""
        data = self._compressed.read(READ_BYTES)
        if not data:
            self._file.truncated = True
            return None
        return data

    def close(self) -> None:
        self._compressed.close()
        super().close()


class _ZstdStream(io.RawIOBase):
    """As above for zstd, which Python 3.11 lacks and Arrow brings."""

    def __init__(self, file: InputFile, compressed: BinaryIO) -> None:
        self._file = file
        self._compressed = compressed
        self._stream = _zstd_stream(compressed)
        self._position = 0
        self._cut = False
        self._remains = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  (the type of io.RawIOBase)
        size = min(len(buffer), _ZSTD_PIECE_BYTES)
        if self._cut:
            data, self._remains = self._remains[:size], self._remains[size:]
        else:
            data = self._read(size)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()

    def _read(self, size: int) -> bytes:
        try:
            data: bytes = self._stream.read(size)
        except OSError as exc:
            if "Truncated" not in str(exc):
                raise InputError(
                    f"{self._file.label}: the compressed data are damaged: {exc}"
                ) from exc
            self._file.truncated = self._cut = True
            found = self._last_bytes()
            data, self._remains = found[:size], found[size:]
        return data

    def _last_bytes(self) -> bytes:
        """Return what Arrow had decoded when it met the end, and threw away."""
        self._compressed.seek(0)
        stream = _zstd_stream(self._compressed)
        left = self._position
        while left:
            left -= len(stream.read(min(left, READ_BYTES)))
        found = bytearray()
        # One byte at a time, nothing is thrown away; the end is the one that was met before.
        with suppress(OSError):
            while byte := stream.read(1):
                found += byte
        return bytes(found)


def _zstd_stream(compressed: BinaryIO) -> Any:  # noqa: ANN401  (pyarrow is untyped)
    import pyarrow as pa

    return pa.CompressedInputStream(pa.PythonFile(compressed, mode="r"), "zstd")


def is_compressed(magic: bytes) -> bool:
    """Say whether the first six bytes of a file are those of gzip, bzip2, xz or zstd."""
    return _is_zstd(magic) or _decompressor(magic) is not None


def decompressed(file: InputFile, raw: BinaryIO, magic: bytes) -> BinaryIO:
    """Return a stream of what a compressed file holds.

    Args:
        file: for messages; takes note of data that end too early.
        raw: the file, at its beginning.
        magic: its first six bytes.
    """
    if _is_zstd(magic):
        return cast("BinaryIO", io.BufferedReader(_ZstdStream(file, raw), READ_BYTES))
    stream = _DecompressedStream(file, raw, magic)
    return cast("BinaryIO", io.BufferedReader(stream, READ_BYTES))


def _is_zstd(magic: bytes) -> bool:
    return magic.startswith(b"\x28\xb5\x2f\xfd")
