"""One request and its response, from the connection to the record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter_ns
from typing import TYPE_CHECKING, TypeAlias

from perfanalysis.generator import failures
from perfanalysis.generator.content import decoded
from perfanalysis.generator.failures import RequestFailedError, failure_text
from perfanalysis.generator.frames import NONE
from perfanalysis.generator.message import redirected
from perfanalysis.generator.response import Response

if TYPE_CHECKING:
    from perfanalysis.generator.connection import Connection
    from perfanalysis.generator.cookies import CookieJar
    from perfanalysis.generator.engine import Engine, Prepared
    from perfanalysis.generator.message import Address, Origin
    from perfanalysis.generator.plan import Timeouts

Expectation: TypeAlias = Callable[[Response], str | None]
"""Says why a response is a failure, or None; it replaces the rule that 400 and above are."""

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# A request that may be sent twice: RFC 9110, section 9.2.2.
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_STALE = frozenset({failures.CLOSED_EARLY, failures.RESET})
_FAILED_STATUS = {status: f"HTTP {status}" for status in range(400, 600)}


class Exchanges:
    """Makes the requests of one user and records each.

    Args:
        engine: what the users of a worker share.
        cookies: of this user.
        turn: which of several addresses of a host this user goes to first.

    Attributes:
        scheduled: when the next request was to be sent, in nanoseconds of the monotonic clock; 0
            for no such time. The first request takes it.
        count: requests made so far.
        failed: how many of them failed.
        unreached: how many failed in a row because there was no connection.
    """

    __slots__ = (
        "_cookies",
        "_engine",
        "_idle",
        "_record",
        "_turn",
        "count",
        "failed",
        "scheduled",
        "unreached",
    )

    def __init__(self, engine: Engine, cookies: CookieJar, turn: int) -> None:
        self._engine = engine
        self._cookies = cookies
        self._turn = turn
        self._idle: dict[Origin, list[Connection]] = {}
        self._record = engine.recorder.row
        self.scheduled = 0
        self.count = 0
        self.failed = 0
        self.unreached = 0

    async def make(
        self,
        prepared: Prepared,
        data: bytes,
        *,
        timeouts: Timeouts | None,
        expect: Expectation | None,
        keep: bool,
        redirects: int,
    ) -> tuple[Response, Address | None]:
        """Send a request, wait for the response, record the row.

        Args:
            prepared: what is asked.
            data: the bytes to send.
            timeouts: None for the plan's.
            expect: judges the response, unless a redirect is followed.
            keep: keep the body.
            redirects: how many may be followed; -1 if they are not to be followed.

        Returns:
            The response, and where to go on to.
        """
        self.count += 1
        response = Response(prepared.url)
        first_byte_ns, whole_ns = self._engine.limits_ns(timeouts)
        while True:
            connection = self._waiting(prepared.origin)
            if connection is None:
                connection = await self._opened(prepared, response, timeouts)
                if connection is None:
                    return response, None
            was_used = connection.used
            begun = perf_counter_ns()
            try:
                await connection.exchange(
                    data, first_byte_ns, whole_ns, prepared.method == "HEAD", keep
                )
            except RequestFailedError as exc:
                if was_used and _is_repeatable(prepared, connection, exc.text):
                    continue
                response.error = exc.text
                started = connection.started_ns or begun
                self._record_failure(prepared, response, connection, started, len(data))
                return response, None
            except asyncio.CancelledError:
                connection.close()
                raise
            response.latency_ns = connection.last_ns - connection.started_ns
            return response, self._answered(
                prepared, response, connection, len(data), expect, keep, redirects
            )

    def close(self) -> None:
        """Close all connections that wait for the next request."""
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()

    async def _opened(
        self, prepared: Prepared, response: Response, timeouts: Timeouts | None
    ) -> Connection | None:
        """Return a new connection; None if there is none, which is recorded."""
        limits = timeouts or self._engine.settings.timeouts
        begun = perf_counter_ns()
        try:
            connection = await self._engine.connector.open(
                prepared.origin, turn=self._turn, timeout_s=limits.connect_s
            )
        except (RequestFailedError, OSError) as exc:
            self.unreached += 1
            response.error = failure_text(exc)
            self._record_failure(prepared, response, None, begun, 0)
            return None
        self.unreached = 0
        return connection

    def _answered(
        self,
        prepared: Prepared,
        response: Response,
        connection: Connection,
        size: int,
        expect: Expectation | None,
        keep: bool,
        redirects: int,
    ) -> Address | None:
        """Judge and record a response, keep its connection, and return where to go on to."""
        response.status = connection.status
        response.raw = connection.headers
        onward: Address | None = None
        try:
            if connection.cookies:
                self._take_cookies(prepared.address, response)
            if keep:
                response.content = self._content(connection, response)
            if redirects >= 0 and response.status in REDIRECTS:
                onward = _onward(prepared.address, response, redirects)
            if onward is None:
                response.error = _judged(response, expect)
        except RequestFailedError as exc:
            response.error = exc.text
        except Exception as exc:
            response.error = f"expect: {type(exc).__name__}"
            raise
        finally:
            self._record_answer(prepared, response, connection, size)
            if not connection.open:
                connection.close()
            elif (idle := self._idle.get(prepared.origin)) is not None:
                idle.append(connection)
            else:
                self._idle[prepared.origin] = [connection]
        return onward

    def _waiting(self, origin: Origin) -> Connection | None:
        """Return a connection that was kept and is still open."""
        connections = self._idle.get(origin)
        while connections:
            connection = connections.pop()
            if connection.open:
                return connection
        return None

    def _take_cookies(self, address: Address, response: Response) -> None:
        for value in response.headers.all("set-cookie"):
            origin = address.origin
            self._cookies.take(value, host=origin.host, path=address.path, secure=origin.secure)

    def _content(self, connection: Connection, response: Response) -> bytes:
        chunks = connection.chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        if not connection.encoded or not body:
            return body
        encodings = response.headers["content-encoding"]
        return decoded(body, encodings, max_bytes=self._engine.settings.max_body_bytes)

    def _record_answer(
        self, prepared: Prepared, response: Response, connection: Connection, size: int
    ) -> None:
        error = response.error
        code = 0
        if error is not None:
            self.failed += 1
            code = self._engine.recorder.error(error)
        scheduled, self.scheduled = self.scheduled, 0
        started = connection.started_ns
        sent = connection.sent_ns or started
        first = connection.first_ns
        fresh = connection.used == 1
        self._record(
            started,
            response.latency_ns,
            prepared.label,
            int(error is None),
            response.status,
            code,
            scheduled,
            connection.blocked_ns if fresh else 0,
            connection.connect_ns if fresh else 0,
            connection.tls_ns if fresh else 0,
            sent - started if connection.sent_ns else NONE,
            # A server may answer before it has read the whole request.
            first - sent if first > sent else 0,
            connection.last_ns - first,
            size,
            connection.received,
            1,
        )

    def _record_failure(
        self,
        prepared: Prepared,
        response: Response,
        connection: Connection | None,
        started: int,
        size: int,
    ) -> None:
        """Record a request that came to no whole response; it lasted until it was given up."""
        self.failed += 1
        response.latency_ns = perf_counter_ns() - started
        scheduled, self.scheduled = self.scheduled, 0
        code = self._engine.recorder.error(response.error)
        received = connection.received if connection is not None else 0
        self._record(
            started,
            response.latency_ns,
            prepared.label,
            0,
            error=code,
            scheduled=scheduled,
            sent=size if connection is not None else 0,
            received=received,
            exchanged=int(connection is not None),
        )


def _is_repeatable(prepared: Prepared, connection: Connection, error: str) -> bool:
    """Say whether the server gave a connection up while nobody used it, and no harm is done."""
    is_stale = not connection.first_ns and error in _STALE
    return is_stale and prepared.method in _IDEMPOTENT


def _judged(response: Response, expect: Expectation | None) -> str | None:
    if expect is not None:
        return expect(response)
    status = response.status
    if status < 400:
        return None
    return _FAILED_STATUS.get(status) or f"HTTP {status}"


def _onward(address: Address, response: Response, redirects: int) -> Address | None:
    location = response.headers.get("location")
    if location is None:
        return None
    if redirects == 0:
        raise RequestFailedError(failures.TOO_MANY_REDIRECTS)
    try:
        onward = redirected(address, location)
    except ValueError as exc:
        raise RequestFailedError(failures.BAD_REDIRECT) from exc
    if onward.origin.scheme not in ("http", "https"):
        raise RequestFailedError(failures.BAD_REDIRECT)
    return onward
