"""One virtual user: makes requests, waits, checks what came back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Mapping, Sequence
from time import perf_counter_ns
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from perfanalysis.generator.cookies import CookieJar
from perfanalysis.generator.engine import Engine, Place, Prepared
from perfanalysis.generator.exchange import Exchanges, Expectation
from perfanalysis.generator.frames import NONE, RowKind
from perfanalysis.generator.message import (
    CREDENTIALS,
    Content,
    Params,
    content_of,
    with_params,
    without,
    without_content,
)
from perfanalysis.generator.response import Response
from perfanalysis.generator.websocket import WebSocketSession, websocket_address

if TYPE_CHECKING:
    from perfanalysis.generator.message import Address
    from perfanalysis.generator.plan import Timeouts

_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"})
_MAX_COOKIE_LINES = 64
_NOTHING = Content(b"", None)


class RequestOptions(TypedDict, total=False):
    """What every kind of request can be given.

    Attributes:
        name: what rows call it; the path without its query if None. URLs that hold numbers of
            things need a name, or there will be a row name for each thing.
        params: added to the query.
        headers: sent besides the plan's.
        json: sent as JSON.
        form: sent as an HTML form sends it.
        body: sent as it is.
        timeout: instead of the plan's.
        expect: says why the response is a failure, or None; without it, a status of 400 and above
            is one. It is asked about the last response where redirects are followed.
        tags: kept beside the row.
        keep_body: False where nobody reads the body: it is counted and dropped, and its compression
            is not looked at.
        redirects: how many to follow, instead of the plan's number; 0 for none.
    """

    name: str | None
    params: Params | None
    headers: Mapping[str, str] | None
    json: object
    form: Mapping[str, object] | None
    body: bytes | str | None
    timeout: Timeouts | None
    expect: Expectation | None
    tags: Mapping[str, str] | None
    keep_body: bool
    redirects: int | None


class Session:
    """One virtual user with its own connections and cookies.

    One connection per origin is kept alive; requests made at the same time (`asyncio.gather`) open
    further ones. A request never raises because of what the server or the network did: the response
    tells, and the row is recorded as failed. What is wrong in the call itself (no URL, a line break
    in a header) raises ValueError.

    Attributes:
        variables: of this user, for whoever writes the user's function.
        user_id: number of the user in the whole test, counted from 0.
        iteration: how many iterations this user has ended.
        random: reproducible for this user and the plan's seed.
        cookies: of this user; they stay from one iteration to the next.
    """

    def __init__(
        self,
        engine: Engine,
        user_id: int,
        *,
        seed: int = 1,
        variables: Mapping[str, object] | None = None,
    ) -> None:
        self.variables: dict[str, object] = dict(variables or {})
        self.user_id = user_id
        self.iteration = 0
        self.cookies = CookieJar()
        # Reproducible think times, not secrets.
        self.random = random.Random(f"{seed}/{user_id}")  # noqa: S311
        self.place = Place(None)
        self.exchanges = Exchanges(engine, self.cookies, turn=user_id)
        self._engine = engine
        self._sockets: set[WebSocketSession] = set()
        self._cookie_lines: dict[tuple[object, str], bytes] = {}
        self._cookie_version = 0

    def request(  # noqa: PLR0913  (each is a part of an HTTP request)
        self,
        method: str,
        url: str,
        *,
        name: str | None = None,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, object] | None = None,
        body: bytes | str | None = None,
        timeout: Timeouts | None = None,
        expect: Expectation | None = None,
        tags: Mapping[str, str] | None = None,
        keep_body: bool = True,
        redirects: int | None = None,
    ) -> Coroutine[Any, Any, Response]:
        """Make a request and record it; redirects that are followed are rows of their own.

        `method` is in capitals, and `url` is absolute or a path that is added to the target. All
        else is as `RequestOptions` says.

        Returns:
            The response, once it is awaited; `error` tells why it failed, if it did.

        Raises:
            ValueError: the method, the URL or a header is none.
        """
        place = self.place
        if tags:
            place = Place(place.scenario, place.group, tuple(sorted(tags.items())))
        if params:
            url = with_params(url, params)
        items = tuple(headers.items()) if headers else ()
        prepared = self._engine.prepare(method, url, name, items, place)
        content: Content | None = None
        if json is not None or form is not None or body is not None:
            content = content_of(json, form, body)
        left = self._engine.settings.max_redirects if redirects is None else redirects
        return self._follow(prepared, content, place, timeout, expect, keep_body, left or -1)

    async def _follow(
        self,
        prepared: Prepared,
        content: Content | None,
        place: Place,
        timeouts: Timeouts | None,
        expect: Expectation | None,
        keep: bool,
        left: int,
    ) -> Response:
        """Make a request, and those that it is redirected to."""
        while True:
            response, onward = await self.exchanges.make(
                prepared,
                self._data(prepared, content),
                timeouts=timeouts,
                expect=expect,
                keep=keep,
                redirects=left,
            )
            if onward is None:
                return response
            left -= 1
            if _becomes_get(prepared.method, response.status):
                content = None
            prepared = self._redirected(prepared, onward, response.status, place)

    def get(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a GET request; see `request`."""
        return self.request("GET", url, **options)

    def post(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a POST request; see `request`."""
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a PUT request; see `request`."""
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a PATCH request; see `request`."""
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a DELETE request; see `request`."""
        return self.request("DELETE", url, **options)

    def head(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make a HEAD request; see `request`."""
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Response]:
        """Make an OPTIONS request; see `request`."""
        return self.request("OPTIONS", url, **options)

    def check(self, name: str, passed: bool) -> bool:
        """Record whether something was as it should be, and return it.

        A check that does not pass makes no request fail.
        """
        place = self.place
        label = self._engine.recorder.label(
            RowKind.CHECK, name, group=place.group, scenario=place.scenario, tags=place.tags
        )
        self._engine.recorder.row(perf_counter_ns(), NONE, label, int(passed))
        return passed

    def group(self, name: str) -> Group:
        """Return a context that times what is done in it, as a row of kind transaction.

        It takes in think times, as k6's groups do. Groups within groups are named `outer::inner`.
        """
        return Group(self, self._engine, name)

    async def websocket(
        self,
        url: str,
        *,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] = (),
        timeout_s: float = 10.0,
    ) -> WebSocketSession:
        """Open a WebSocket and record it.

        Args:
            url: `ws://` or `wss://`, or a path that is added to the target.
            name: what rows call it; the path without its query if None.
            headers: of the opening handshake, besides the plan's and the cookies.
            subprotocols: offered to the server, the best first.
            timeout_s: for opening it.

        Returns:
            It is open unless its `error` tells why it is not.

        Raises:
            ValueError: the URL or a header is none.
        """
        address = websocket_address(url, self._engine.settings.base_url)
        sent = self._engine.headers_to(address.origin) | dict(headers or {})
        value = self.cookies.header(
            host=address.origin.host, path=address.path, secure=address.origin.secure
        )
        if value is not None and "cookie" not in {key.lower() for key in sent}:
            sent["cookie"] = value
        # Those that were forgotten without being closed are closed with the session.
        self._sockets = {socket for socket in self._sockets if socket.is_open}
        opened = WebSocketSession(self._engine, self.place, name or address.path.partition("?")[0])
        self._sockets.add(opened)
        await opened.open(address, sent, subprotocols, timeout_s)
        return opened

    async def sleep(self, seconds: float) -> None:
        """Think for some seconds."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Close the user's connections."""
        self.exchanges.close()
        for opened in self._sockets:
            opened.abort()
        self._sockets.clear()

    def _data(self, prepared: Prepared, content: Content | None) -> bytes:
        """Return the bytes of a request."""
        if content is None and prepared.method not in _BODILESS:
            content = _NOTHING
        if not len(self.cookies) and content is None:
            return prepared.whole
        cookies = b"" if prepared.own_cookies else self._cookie_line(prepared.address)
        if content is None:
            return b"".join((prepared.head, cookies, b"\r\n"))
        kind = b""
        if content.type is not None and not prepared.own_type:
            kind = b"content-type: %b\r\n" % content.type.encode()
        size = b"content-length: %d\r\n\r\n" % len(content.body)
        return b"".join((prepared.head, cookies, kind, size, content.body))

    def _cookie_line(self, address: Address) -> bytes:
        jar = self.cookies
        if not len(jar):
            return b""
        origin = address.origin
        key = (origin, address.path)
        if jar.version != self._cookie_version or jar.has_expiring:
            self._cookie_lines.clear()
            self._cookie_version = jar.version
        line = self._cookie_lines.get(key)
        if line is None:
            value = jar.header(host=origin.host, path=address.path, secure=origin.secure)
            line = b"" if value is None else b"cookie: %b\r\n" % value.encode()
            if len(self._cookie_lines) >= _MAX_COOKIE_LINES:
                self._cookie_lines.clear()
            self._cookie_lines[key] = line
        return line

    def _redirected(
        self, prepared: Prepared, onward: Address, status: int, place: Place
    ) -> Prepared:
        """Return the request that a redirect asks for."""
        method, headers = prepared.method, prepared.headers
        if _becomes_get(method, status):
            method, headers = "GET", without_content(headers)
        if onward.origin != prepared.origin:
            headers = without(headers, CREDENTIALS)
        return self._engine.prepare_address(
            method,
            onward,
            prepared.name,
            headers,
            place,
            foreign=prepared.foreign or onward.origin != prepared.origin,
        )


class Group:
    """Times what is done in it; made by `Session.group`."""

    __slots__ = ("_engine", "_failed", "_name", "_outer", "_session", "_started")

    def __init__(self, session: Session, engine: Engine, name: str) -> None:
        self._session = session
        self._engine = engine
        self._name = name
        self._outer = session.place
        self._started = 0
        self._failed = 0

    async def __aenter__(self) -> None:
        outer = self._session.place
        self._outer = outer
        name = f"{outer.group}::{self._name}" if outer.group else self._name
        self._session.place = Place(outer.scenario, name, outer.tags)
        self._failed = self._session.exchanges.failed
        self._started = perf_counter_ns()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = perf_counter_ns()
        session, outer = self._session, self._outer
        name = session.place.group or self._name
        session.place = outer
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            return
        recorder = self._engine.recorder
        label = recorder.label(
            RowKind.TRANSACTION, name, group=outer.group, scenario=outer.scenario, tags=outer.tags
        )
        failed = session.exchanges.failed - self._failed
        text = None if kind is None else kind.__name__
        recorder.row(
            self._started,
            ended - self._started,
            label,
            int(not failed and kind is None),
            error=recorder.error(text),
        )


def _becomes_get(method: str, status: int) -> bool:
    """Say whether a redirect is followed by GET: what browsers do (RFC 9110, section 15.4)."""
    if status == 303:
        return method != "HEAD"
    return status in (301, 302) and method == "POST"
