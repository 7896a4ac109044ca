"""Bodies that were compressed, with a bound on what comes out of them."""

from __future__ import annotations

import zlib

from perfanalysis.generator import failures
from perfanalysis.generator.failures import RequestFailedError

ACCEPTED = "gzip, deflate"
_GZIP, _ZLIB, _RAW = 31, 15, -15


def decoded(body: bytes, encodings: str, *, max_bytes: int) -> bytes:
    """Return a body without its content encodings.

    Args:
        body: as it came.
        encodings: the header `content-encoding`; the last was applied last.
        max_bytes: the largest result.

    Raises:
        RequestFailedError: unknown or malformed encoding, or the result is too large.

    >>> decoded(zlib.compress(b"hello"), "deflate", max_bytes=100)
    b'hello'
    """
    for encoding in reversed([part.strip().lower() for part in encodings.split(",")]):
        if encoding in ("gzip", "x-gzip"):
            body = _inflated(body, _GZIP, max_bytes)
        elif encoding == "deflate":
            # RFC 9110 says zlib; some servers send the bare stream.
            body = _inflated(body, _ZLIB if _is_zlib(body) else _RAW, max_bytes)
        elif encoding not in ("", "identity"):
            raise RequestFailedError(failures.UNKNOWN_CONTENT)
    return body


def _inflated(body: bytes, window: int, max_bytes: int) -> bytes:
    if not body:
        return body
    result = b""
    while body:
        stream = zlib.decompressobj(window)
        try:
            result += stream.decompress(body, max_bytes + 1 - len(result))
        except zlib.error as exc:
            raise RequestFailedError(failures.BAD_CONTENT) from exc
        if len(result) > max_bytes:
            raise RequestFailedError(failures.BODY_TOO_LARGE)
        if not stream.eof:
            raise RequestFailedError(failures.BAD_CONTENT)
        # A gzip file may hold several members, one after the other.
        body = stream.unused_data if window == _GZIP else b""
    return result


def _is_zlib(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
