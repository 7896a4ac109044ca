"""What came back: status, headers, body, times, or the reason why nothing did."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from email.message import Message
from typing import Any

RawHeaders = list[tuple[bytes, bytes]]


class Headers(Mapping[str, str]):
    """Headers of a response; names are found whatever their case.

    A name that came several times has its values joined by commas, except `set-cookie`, of which
    the first is given; `all` gives every value.

    >>> Headers([(b"Content-Type", b"text/html")])["content-type"]
    'text/html'
    """

    def __init__(self, raw: RawHeaders) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in raw:
            self._values.setdefault(_text(name).lower(), []).append(_text(value))

    def __getitem__(self, name: str) -> str:
        values = self._values[name.lower()]
        return values[0] if name.lower() == "set-cookie" else ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def all(self, name: str) -> list[str]:
        """Return every value of a name, in the order they came in."""
        return list(self._values.get(name.lower(), ()))


class Response:
    """What came back from a request.

    Attributes:
        url: what was asked for in the end, redirects followed.
        status: 0 where there was no response.
        content: the body, decompressed; empty where it was not kept.
        error: why the request failed (a word of `perfanalysis.generator.failures`, `HTTP 404`, or
            what `expect` said); None where it did not.
        latency_ms: from sending to the last byte.
    """

    __slots__ = ("_headers", "content", "error", "latency_ns", "raw", "status", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 0
        self.content = b""
        self.error: str | None = None
        self.latency_ns = 0
        self.raw: RawHeaders = []
        self._headers: Headers | None = None

    def __repr__(self) -> str:
        return f"<Response {self.status} {self.error or 'ok'}>"

    @property
    def ok(self) -> bool:
        """Whether the request succeeded."""
        return self.error is None

    @property
    def latency_ms(self) -> float:
        """From sending to the last byte, in milliseconds."""
        return self.latency_ns / 1e6

    @property
    def headers(self) -> Headers:
        """The headers; names are found whatever their case."""
        if self._headers is None:
            self._headers = Headers(self.raw)
        return self._headers

    @property
    def text(self) -> str:
        """The body as text, by the stated character set or UTF-8; bad bytes are replaced."""
        message = Message()
        message["content-type"] = self.headers.get("content-type", "text/plain")
        charset = str(message.get_param("charset", "utf-8"))
        try:
            return self.content.decode(charset, errors="replace")
        except LookupError:
            return self.content.decode("utf-8", errors="replace")

    def json(self) -> Any:  # noqa: ANN401  (JSON holds anything)
        """Return the body as JSON.

        Raises:
            ValueError: the body is no JSON.
        """
        return json.loads(self.content)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")
