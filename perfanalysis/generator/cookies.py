"""The cookies of one user, by the rules of RFC 6265 that matter to a client of few hosts.

`http.cookiejar` needs request objects of `urllib` and takes longer than the request itself;
`http.cookies` reads only what it would write. There is no list of public suffixes: a cookie for a
domain without a dot is taken from that host only.
"""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

MAX_COOKIES = 300
MAX_COOKIE_BYTES = 4096
_SECONDS = re.compile(r"-?[0-9]+")


@dataclass(frozen=True, kw_only=True)
class Cookie:
    """One cookie. `expires` is in seconds since 1970, None for the end of the session."""

    name: str
    value: str
    domain: str
    host_only: bool
    path: str
    secure: bool
    expires: float | None

    def fits(self, *, host: str, path: str, secure: bool) -> bool:
        """Say whether the cookie goes with a request."""
        if self.secure and not secure:
            return False
        if host != self.domain and (self.host_only or not _within(host, self.domain)):
            return False
        return _path_within(path, self.path)


class CookieJar:
    """Cookies of one user.

    Attributes:
        version: grows with every change, so that what was made of the cookies can be kept.
    """

    __slots__ = ("_cookies", "version")

    def __init__(self) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._cookies)

    def clear(self) -> None:
        """Forget all cookies."""
        self._cookies.clear()
        self.version += 1

    def get(self, name: str) -> str | None:
        """Return the value of a cookie, whatever its host."""
        return next((c.value for c in self._cookies.values() if c.name == name), None)

    def take(self, header: str, *, host: str, path: str, secure: bool) -> None:
        """Take one `set-cookie` header of a response to a request for `path` of `host`.

        Cookies that the host may not set are left out, as browsers do. One that has expired
        removes what it names.
        """
        cookie = parsed(header, host=host, path=path, secure=secure)
        if cookie is None:
            return
        key = (cookie.domain, cookie.path, cookie.name)
        self._cookies.pop(key, None)
        if cookie.expires is None or cookie.expires > time.time():
            self._cookies[key] = cookie
            if len(self._cookies) > MAX_COOKIES:
                self._cookies.pop(next(iter(self._cookies)))
        self.version += 1

    def header(self, *, host: str, path: str, secure: bool) -> str | None:
        """Return what goes into the header `cookie`, the longest paths first; None for nothing."""
        if not self._cookies:
            return None
        now = time.time()
        fitting = [
            cookie
            for cookie in self._cookies.values()
            if cookie.fits(host=host, path=path, secure=secure)
            and (cookie.expires is None or cookie.expires > now)
        ]
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{c.name}={c.value}" if c.name else c.value for c in fitting) or None

    @property
    def has_expiring(self) -> bool:
        """Whether any cookie expires at a time of its own."""
        return any(cookie.expires is not None for cookie in self._cookies.values())


def parsed(header: str, *, host: str, path: str, secure: bool) -> Cookie | None:
    """Return the cookie of a `set-cookie` header (RFC 6265, section 5.2); None if it is refused.

    >>> parsed("id=7; Path=/shop; HttpOnly", host="a.test", path="/", secure=False).path
    '/shop'
    """
    if len(header) > MAX_COOKIE_BYTES or any(ord(c) < 32 and c != "\t" for c in header):
        return None
    pair, _, rest = header.partition(";")
    name, equals, value = pair.partition("=")
    name, value = name.strip(), value.strip()
    if not equals or not name:
        return None
    attributes = _attributes(rest)
    domain = attributes.get("domain", "").lstrip(".").lower()
    if domain and domain != host and ("." not in domain or not _within(host, domain)):
        return None
    if "secure" in attributes and not secure:
        return None
    stated = attributes.get("path", "")
    return Cookie(
        name=name,
        value=value,
        domain=domain or host,
        host_only=not domain,
        path=stated if stated.startswith("/") else _default_path(path),
        secure="secure" in attributes,
        expires=_expiry(attributes),
    )


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        found[name.strip().lower()] = value.strip()
    return found


def _expiry(attributes: dict[str, str]) -> float | None:
    age = attributes.get("max-age", "")
    if _SECONDS.fullmatch(age):
        return time.time() + float(age[:12])
    if "expires" in attributes:
        try:
            return parsedate_to_datetime(attributes["expires"]).timestamp()
        except (ValueError, TypeError, OverflowError):
            return None
    return None


def _default_path(path: str) -> str:
    """Return the folder of a path (RFC 6265, section 5.1.4)."""
    if not path.startswith("/"):
        return "/"
    return path.partition("?")[0].rpartition("/")[0] or "/"


def _within(host: str, domain: str) -> bool:
    return host.endswith("." + domain) and not _is_address(host)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _path_within(path: str, folder: str) -> bool:
    path = path.partition("?")[0]
    if path == folder:
        return True
    return path.startswith(folder) and (folder.endswith("/") or path[len(folder)] == "/")
