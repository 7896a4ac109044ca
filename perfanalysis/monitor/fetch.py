"""Answers of HTTP endpoints: bounded in time and size, whatever the other side does."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import zlib
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from perfanalysis.monitor.source import ReadingError

MAX_BODY_BYTES = 4 << 20
_DEFAULT_PORTS = {"http": 80, "https": 443}
_OK = 200
# What an address may hold as it is; the percent sign since it may be quoted already.
_SAFE = "/%:@!$&'()*+,;=~?-._[]"
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The body of an answer, and what its header says that it is.

    Attributes:
        content_type: in lower case and without parameters; empty if the header is silent.
        version: the parameter `version` of the content type, which text formats of metrics have.
    """

    body: bytes
    content_type: str
    version: str


class Fetcher:
    """Fetches one address again and again over a connection that is kept.

    Redirects are not followed and no proxy is asked. User and password of the address are sent as
    basic authentication.

    Args:
        url: the address.
        accept: the header of that name.
        timeout_s: of each step; the whole is bounded by calling `interrupt`.
    """

    def __init__(self, url: str, *, accept: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or _DEFAULT_PORTS[parts.scheme]
        path, query = (quote(part, _SAFE) for part in (parts.path or "/", parts.query))
        self._path = urlunsplit(("", "", path, query, ""))
        self._headers = {
            "Accept": accept,
            "Accept-Encoding": "gzip",
            "User-Agent": "perfanalysis-monitor",
            **_authorization(parts),
        }
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None
        self._interrupted = False

    def fetch(self) -> Answer:
        """Return the answer.

        Raises:
            ReadingError: there is none, it is no 200, or it is too long.
            OSError: from the network.
            http.client.HTTPException: it is no HTTP.
        """
        self._interrupted = False
        is_kept = self._connection is not None
        try:
            return self._fetch()
        except ConnectionError:
            self.close()
            if not is_kept or self._interrupted:
                raise
        except BaseException:
            self.close()
            raise
        # A kept connection may have been closed by the other side meanwhile: a fresh one.
        try:
            return self._fetch()
        except BaseException:
            self.close()
            raise

    def interrupt(self) -> None:
        """Make a fetch that is under way fail; called from another thread."""
        self._interrupted = True
        connection = self._connection
        found = connection.sock if connection is not None else None
        if found is not None:
            with suppress(OSError):
                # Not SSLSocket's own, which would change the object that the other thread reads.
                socket.socket.shutdown(found, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection; the next fetch opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _fetch(self) -> Answer:
        if self._connection is None:
            self._connection = self._connect()
        self._connection.request("GET", self._path, headers=self._headers)
        response = self._connection.getresponse()
        if response.status != _OK:
            raise ReadingError(f"it answers {response.status} {response.reason}")
        body = response.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise ReadingError(f"its answer is longer than {MAX_BODY_BYTES >> 20} MiB")
        if response.length:
            # `read` with a size does not notice that a body ends before its announced length.
            raise ReadingError("its answer ends before its announced length")
        if response.will_close:
            self.close()
        message = response.headers
        return Answer(
            body=_decoded(body, message.get("Content-Encoding", "")),
            content_type=message.get_content_type() if "Content-Type" in message else "",
            version=str(message.get_param("version", "")),
        )

    def _connect(self) -> http.client.HTTPConnection:
        if self._is_tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=self._timeout_s, context=context
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)


def _authorization(parts: SplitResult) -> dict[str, str]:
    if parts.username is None:
        return {}
    credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}


def _decoded(body: bytes, encoding: str) -> bytes:
    """Return a body without its compression.

    Raises:
        ReadingError: it is damaged, too long, or compressed in a way that was not asked for.
    """
    if encoding.strip().lower() in ("", "identity"):
        return body
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise ReadingError(f"its answer is encoded as {encoding[:20]!r}, expected gzip or nothing")
    unpacker = zlib.decompressobj(_GZIP)
    try:
        plain = unpacker.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as exc:
        raise ReadingError("its compressed answer is damaged") from exc
    if len(plain) > MAX_BODY_BYTES:
        raise ReadingError(f"its answer is longer than {MAX_BODY_BYTES >> 20} MiB")
    if not unpacker.eof:
        raise ReadingError("its compressed answer ends too early")
    return plain
