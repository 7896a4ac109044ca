"""Requests as bytes: made once for each method, URL and set of headers, and then sent again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import quote, urlencode, urljoin, urlsplit

from perfanalysis.generator.content import ACCEPTED

Scalar: TypeAlias = str | int | float | bool | None
Params: TypeAlias = Mapping[str, Scalar | Sequence[Scalar]]
HeaderItems: TypeAlias = tuple[tuple[str, str], ...]

DEFAULT_HEADERS = (
    ("user-agent", "perfanalysis"),
    ("accept", "*/*"),
    ("accept-encoding", ACCEPTED),
)
# What a stranger's server must not be sent: RFC 9110, section 15.4.
CREDENTIALS = frozenset({"authorization", "cookie", "proxy-authorization"})
_CONTENT = frozenset({"content-type", "content-length", "content-encoding", "transfer-encoding"})
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSAFE = re.compile(r"[^!-~]|[\"<>\\^`{|}]")
_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_BAD_VALUE = re.compile(r"[\r\n\0]")
_METHOD = re.compile(r"[A-Z]{1,20}")
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class Origin(NamedTuple):
    """Where a connection leads: RFC 6454."""

    scheme: str
    host: str
    port: int

    @property
    def secure(self) -> bool:
        """Whether it is reached by TLS."""
        return self.scheme in ("https", "wss")

    @property
    def authority(self) -> str:
        """The header `host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Address(NamedTuple):
    """A URL, taken apart; `path` includes the query."""

    origin: Origin
    path: str

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.path}"


def address_of(url: str, base_url: str) -> Address:
    """Take a URL apart.

    Args:
        url: absolute, or a path that is added to the base.
        base_url: the target.

    Raises:
        ValueError: it is no URL that requests can be sent to.

    >>> address_of("/search?q=ü", "http://localhost:8000/api/").path
    '/api/search?q=%C3%BC'
    """
    if "://" not in url.partition("?")[0]:
        url = base_url.rstrip("/") + (url if url.startswith(("/", "?")) else f"/{url}")
    # urlsplit drops line breaks where they stand: what was written must stay recognizable.
    parts = urlsplit(_CONTROL.sub(lambda found: quote(found[0]), url))
    scheme = parts.scheme.lower()
    if scheme not in _PORTS or not parts.hostname:
        raise ValueError("URL: expected http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("URL: credentials belong into the header authorization")
    host = parts.hostname
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    if _UNSAFE.search(host):
        raise ValueError("URL: the host holds a character that none may hold")
    path = parts.path or "/"
    if parts.query:
        path += f"?{parts.query}"
    if _UNSAFE.search(path):
        path = quote(path, safe="/%:@!$&'()*+,;=?~[]-._")
    return Address(Origin(scheme, host, parts.port or _PORTS[scheme]), path)


def redirected(address: Address, location: str) -> Address:
    """Return where a redirect leads.

    Raises:
        ValueError: it leads nowhere that requests can be sent to.
    """
    return address_of(urljoin(address.url, location), "")


def with_params(url: str, params: Params) -> str:
    """Return a URL with parameters added to its query; those that are None are left out.

    >>> with_params("/search?a=1", {"q": "x y", "tag": ["b", "c"], "none": None})
    '/search?a=1&q=x+y&tag=b&tag=c'
    """
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        many = [value] if value is None or isinstance(value, str | int | float) else [*value]
        pairs += [(name, _scalar(one)) for one in many if one is not None]
    if not pairs:
        return url
    return f"{url}{'&' if '?' in url else '?'}{urlencode(pairs)}"


def head_of(method: str, address: Address, headers: HeaderItems, defaults: HeaderItems) -> bytes:
    """Return request line and headers, without the blank line that ends them.

    Args:
        method: in capitals.
        address: where it goes.
        headers: of this request; they go before defaults of the same name.
        defaults: of every request.

    Raises:
        ValueError: a method, a name or a value holds what would break the request.
    """
    if not _METHOD.fullmatch(method):
        raise ValueError("method: expected capital letters")
    chosen: dict[str, tuple[str, str]] = {"host": ("host", address.origin.authority)}
    for name, value in (*DEFAULT_HEADERS, *defaults, *headers):
        if not _TOKEN.fullmatch(name):
            raise ValueError("header: the name holds a character that none may hold")
        if name.lower() in _FRAMING:
            raise ValueError(f"header {name}: it follows from the body and cannot be set")
        if _BAD_VALUE.search(value):
            raise ValueError(f"header {name}: the value holds a line break")
        chosen[name.lower()] = (name, value)
    lines = [f"{method} {address.path} HTTP/1.1"]
    lines += [f"{name}: {value.strip()}" for name, value in chosen.values()]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8")


def without(headers: HeaderItems, names: frozenset[str]) -> HeaderItems:
    """Return headers without those of some names (in small letters)."""
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def without_content(headers: HeaderItems) -> HeaderItems:
    """Return headers without those that describe a body."""
    return without(headers, _CONTENT)


class Content(NamedTuple):
    """A body and its type; None for no type."""

    body: bytes
    type: str | None


def content_of(
    json_value: object, form: Mapping[str, object] | None, body: bytes | str | None
) -> Content | None:
    """Return what a request sends; None for nothing.

    Raises:
        ValueError: several bodies were given.
        TypeError: the value cannot be written as JSON.
    """
    if (json_value is not None) + (form is not None) + (body is not None) > 1:
        raise ValueError("request: expected one of json, form and body, found several")
    if json_value is not None:
        return Content(json.dumps(json_value, separators=(",", ":")).encode(), "application/json")
    if form is not None:
        encoded = urlencode({k: "" if v is None else v for k, v in form.items()}, doseq=True)
        return Content(encoded.encode("ascii"), "application/x-www-form-urlencoded")
    if body is None:
        return None
    return Content(body.encode() if isinstance(body, str) else bytes(body), None)


def _scalar(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
