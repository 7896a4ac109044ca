"""An HTTP client for services that are asked to show a result: patient, bounded, discreet.

What fails in passing (no connection, 5xx, rate limits) is tried again; what was refused is an
error that says why. A write whose answer was lost is never simply repeated: it may have been
carried out. Redirects lead nowhere else, answers have a most size, certificates are checked, and
no secret appears in an error.
"""

from __future__ import annotations

import json as json_text
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NoReturn
from urllib.parse import urljoin, urlsplit

import urllib3

from perfanalysis.errors import ConfigError, PublishError, PublishRefusedError
from perfanalysis.publish.answers import Response, failure_words, next_page, said, start_of
from perfanalysis.publish.connections import host, origin, pool
from perfanalysis.publish.patience import Patience, asked_wait, is_rate_limit

_MOST_BYTES: Final = 20 * 2**20
_MOST_REDIRECTS: Final = 3
_MOST_PAGES: Final = 100
_HIDDEN: Final = "***"
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "cookie", "job-token", "private-token", "proxy-authorization"}
)
_log = logging.getLogger(__name__)

__all__ = ["Client", "Patience", "Response"]


@dataclass(frozen=True, kw_only=True)
class _Answer:
    """What one attempt brought: any answer, or why there is none."""

    response: Response | None
    failure: str  # in words; empty with an answer that need not be asked for again
    sent: bool  # whether the server may have carried it out
    asked_s: float | None  # how long it wants to be left alone


class Client:
    """Asks one service; every address is on the same host as the base.

    Args:
        base_url: `https://api.github.com`; may have a path.
        headers: sent with every request. Values of Authorization and the like are secrets.
        secrets: further texts that no error may show, such as the path of a webhook.
        timeout_s: for a connection, and for each piece of an answer; a whole answer gets ten times
            as long.
        patience: retries and waiting.
        most_bytes: a longer answer is an error.

    Raises:
        ConfigError: the base is no http or https address, or a header cannot be sent.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        secrets: Sequence[str] = (),
        timeout_s: float = 15.0,
        patience: Patience | None = None,
        most_bytes: int = _MOST_BYTES,
    ) -> None:
        self._headers = _sendable({"User-Agent": "perfanalysis", **(headers or {})})
        _check_base(base_url, may_be_shown=not secrets)
        self._secrets = _all_secrets(base_url, self._headers, secrets)
        self._base = base_url.rstrip("/")
        self._origin = origin(self._base)
        self._timeout_s = timeout_s
        self._patience = patience or Patience()
        self._most_bytes = most_bytes
        self._pool: urllib3.PoolManager | None = None

    def request(
        self,
        method: str,
        path_or_url: str,
        *,
        json: object = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        find: Callable[[], Response | None] | None = None,
        repeatable: bool | None = None,
    ) -> Response:
        """Return the answer of a request that succeeded, trying again where that may help.

        Args:
            method: such as `POST`.
            path_or_url: a path below the base, or an address on the same host.
            json: sent as the body, where given.
            body: sent as it is, where given.
            headers: of this request only.
            find: looks for what this request makes, before it is repeated although it may have
                been carried out; what it returns is the answer.
            repeatable: whether doing it twice is as good as once. Default: all methods but POST.

        Raises:
            PublishRefusedError: the service refuses: a status from 300 to 499 that is no rate
                limit, or an untrusted certificate.
            PublishError: the service cannot be reached, fails, or stays busy.
        """
        sent_headers = {**self._headers, **_sendable(headers or {})}
        if json is not None:
            body = json_text.dumps(json, allow_nan=False).encode()
            sent_headers["Content-Type"] = "application/json"
        repeatable = method != "POST" if repeatable is None else repeatable
        request = _Request(method=method, url=self._url(path_or_url), body=body)
        waited_s = 0.0
        for attempt in range(self._patience.retries + 1):
            answer = self._attempt(request, sent_headers)
            if answer.response is not None and not answer.failure:
                return self._successful(request, answer.response)
            again = repeatable or not answer.sent or find is not None
            wait_s = self._patience.wait(attempt, waited_s, answer.asked_s) if again else None
            if wait_s is None:
                self._give_up(request, answer, attempt + 1, again=again)
            _log.warning("%s: trying again in %.1f s", self._failed(request, answer), wait_s)
            self._patience.sleep(wait_s)
            waited_s += wait_s
            if find is not None and answer.sent:
                found = find()
                if found is not None:
                    return found
        raise AssertionError("the last attempt returns or raises")

    def pages(self, path_or_url: str) -> Iterator[object]:
        """Yield the entries of a list that is served in pages, following `Link: rel="next"`.

        Raises:
            PublishError: a page is no JSON list, or there are more than a hundred pages.
        """
        url: str | None = path_or_url
        for _ in range(_MOST_PAGES):
            if url is None:
                return
            response = self.request("GET", url)
            entries = response.json()
            if not isinstance(entries, list):
                raise PublishError(
                    f"{self._shown(url)}: expected a list, found {type(entries).__name__}"
                )
            yield from entries
            url = next_page(response.headers.get("link", ""))
        raise PublishError(f"{self._shown(path_or_url)}: more than {_MOST_PAGES} pages")

    def redacted(self, text: str) -> str:
        """Return a text without this client's secrets."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def _url(self, path_or_url: str, relative_to: str | None = None) -> str:
        """Return an address on the same host, from a path below the base or from a reference."""
        if path_or_url == "":
            return self._base
        try:
            if relative_to is not None:
                url = urljoin(relative_to, path_or_url)
            elif re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path_or_url):
                url = path_or_url
            else:
                url = f"{self._base}/{path_or_url.lstrip('/')}"
            other = None if origin(url) == self._origin else host(url)
        except ValueError:
            other = "whose address is none"
        if other is not None:
            raise PublishRefusedError(
                self.redacted(f"{self._shown(self._base)}: refers to another host, {other}"),
                status=0,
                hint="not followed: it would be given the token",
            )
        return url

    def _attempt(self, request: _Request, headers: Mapping[str, str]) -> _Answer:
        for _ in range(_MOST_REDIRECTS):
            try:
                response = self._send(request, headers)
            except urllib3.exceptions.HTTPError as exc:
                return self._failure(request, exc)
            moved = self._moved(request, response)
            if moved is None:
                return self._judged(response)
            request = moved
        raise PublishRefusedError(
            f"{self._shown(request.url)}: redirects {_MOST_REDIRECTS} times", status=310
        )

    def _send(self, request: _Request, headers: Mapping[str, str]) -> Response:
        if self._pool is None:
            self._pool = pool(self._base)
        raw = self._pool.request(
            request.method,
            request.url,
            body=request.body,
            headers=headers,
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=self._timeout_s, read=self._timeout_s),
            preload_content=False,
        )
        try:
            body = self._body(request, raw)
        finally:
            raw.release_conn()
        lowered = {name.lower(): value for name, value in raw.headers.items()}
        return Response(status=raw.status, headers=lowered, body=body)

    def _body(self, request: _Request, raw: urllib3.BaseHTTPResponse) -> bytes:
        deadline = time.monotonic() + 10 * self._timeout_s
        pieces: list[bytes] = []
        size = 0
        while piece := raw.read1(65536, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            late = time.monotonic() > deadline
            if size > self._most_bytes or late:
                raw.close()
                found = "takes too long" if late else f"is longer than {self._most_bytes} bytes"
                raise PublishError(f"{self._shown(request.url)}: the answer {found}")
        return b"".join(pieces)

    def _failure(self, request: _Request, exc: urllib3.exceptions.HTTPError) -> _Answer:
        proxied = isinstance(exc, urllib3.exceptions.ProxyError)
        cause = exc.original_error if isinstance(exc, urllib3.exceptions.ProxyError) else exc
        if isinstance(cause, urllib3.exceptions.SSLError):
            raise PublishRefusedError(
                f"{self._shown(request.url)}: no trusted connection: {self.redacted(str(cause))}",
                status=0,
                hint="SSL_CERT_FILE names the certificates of your own authority",
            ) from exc
        never_sent = proxied or isinstance(
            cause, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError
        )
        words = failure_words(cause)
        words = f"the proxy: {words}" if proxied else words
        return _Answer(response=None, failure=words, sent=not never_sent, asked_s=None)

    def _judged(self, response: Response) -> _Answer:
        text = start_of(response.body)
        limited = is_rate_limit(response.status, response.headers, text)
        failure = ""
        if limited:
            failure = f"{response.status}, a rate limit: {said(response)}"
        elif response.status >= 500:
            failure = f"{response.status}: {said(response)}"
        asked = asked_wait(response.status, response.headers, text, self._patience.now())
        return _Answer(response=response, failure=failure, sent=not limited, asked_s=asked)

    def _moved(self, request: _Request, response: Response) -> _Request | None:
        """Return the request that a redirect asks for, on the same host only."""
        location = response.headers.get("location")
        if response.status not in (301, 302, 307, 308) or location is None:
            return None
        if response.status in (301, 302) and request.method not in ("GET", "HEAD"):
            return None
        return replace(request, url=self._url(location, request.url))

    def _successful(self, request: _Request, response: Response) -> Response:
        if 200 <= response.status < 300:
            return response
        raise PublishRefusedError(
            self.redacted(
                f"{request.method} {self._shown(request.url)}: {response.status}: {said(response)}"
            ),
            status=response.status,
        )

    def _give_up(
        self, request: _Request, answer: _Answer, attempts: int, *, again: bool
    ) -> NoReturn:
        tried = f" ({attempts} attempts)" if attempts > 1 else ""
        asked = f"; it asks to wait {answer.asked_s:.0f} s" if answer.asked_s else ""
        perhaps = "" if again else "; it may have been carried out all the same"
        raise PublishError(f"{self._failed(request, answer)}{tried}{asked}{perhaps}")

    def _failed(self, request: _Request, answer: _Answer) -> str:
        return self.redacted(f"{request.method} {self._shown(request.url)}: {answer.failure}")

    def _shown(self, url: str) -> str:
        """Return an address without user, query and secrets."""
        parts = urlsplit(url)
        shown = f"{parts.scheme}://{host(url)}{parts.path}" if parts.scheme else parts.path
        return self.redacted(shown)


@dataclass(frozen=True, kw_only=True)
class _Request:
    method: str
    url: str
    body: bytes | None


def _check_base(base_url: str, *, may_be_shown: bool) -> None:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        urllib3.util.parse_url(base_url)
    except ValueError:  # urllib3's error is one, too
        usable = False
    if not usable:
        shown = repr(base_url) if may_be_shown and "@" not in base_url else "another text"
        raise ConfigError(f"expected an address such as https://api.github.com, found {shown}")


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not (value.isascii() and value.isprintable()):
            # Not shown, for it may be a token; often it ends with a line end.
            raise ConfigError(f"{name}: expected printable ASCII characters, found others")
    return dict(headers)


def _all_secrets(base_url: str, headers: Mapping[str, str], further: Sequence[str]) -> list[str]:
    found = {*further}
    for name, value in headers.items():
        if name.lower() in _SECRET_HEADERS:
            found |= {value, value.rpartition(" ")[2]}
    userinfo, at, _ = urlsplit(base_url).netloc.rpartition("@")
    if at:
        found |= {userinfo, *userinfo.partition(":")[::2]}
    # Longer ones first: a secret may be part of another.
    return sorted((secret for secret in found if len(secret) >= 4), key=len, reverse=True)
