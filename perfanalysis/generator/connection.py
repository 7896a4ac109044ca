"""One HTTP/1.1 connection: sends a request, reads its response, takes the times.

Written for little work per request: the response is read by httptools where it arrives, and there
is one timer per connection that is set again only when it has run out. Requests that are made in
one turn of the event loop are sent together at its end: each sending wakes the server, and waking
one that is awake costs nothing. The time is taken when a request is really handed to the kernel,
which the transport does not tell, so it is done here.
"""

from __future__ import annotations

import asyncio
import os
from time import perf_counter_ns
from typing import cast

import httptools

from perfanalysis.generator import failures
from perfanalysis.generator.failures import RequestFailedError, failure_text

RawHeaders = list[tuple[bytes, bytes]]
_HEAD, _BODY, _DONE = 0, 1, 2


class Outbox:
    """Requests that are sent together at the end of this turn of the event loop.

    Args:
        loop: the running event loop.
    """

    __slots__ = ("_loop", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Connection, bytes]] = []

    def put(self, connection: Connection, data: bytes) -> None:
        """Send something soon."""
        if not self._waiting:
            self._loop.call_soon(self._send)
        self._waiting.append((connection, data))

    def _send(self) -> None:
        waiting, self._waiting = self._waiting, []
        for connection, data in waiting:
            connection.send(data)


class Connection(asyncio.Protocol):
    """A connection that makes one request at a time.

    All times are of `time.perf_counter_ns`. They belong to the last exchange and stand until the
    next one.

    Attributes:
        status, headers, chunks, body_bytes: of the response; `chunks` is empty unless kept.
        started_ns, sent_ns: when sending began, and when the request had been handed to the kernel;
            0 where it has not been or that is not known.
        first_ns, last_ns: when the first and the last byte of the response were there.
        received: bytes of the response, head included.
        connect_ns, tls_ns, blocked_ns: durations of what came before the first exchange.
        used: how many exchanges were completed.
        open: whether another request can be sent.
        cookies, encoded: whether the response sets cookies, and whether its body was compressed.
    """

    __slots__ = (
        "_deadline",
        "_fd",
        "_head_only",
        "_keep",
        "_loop",
        "_max_body",
        "_outbox",
        "_parser",
        "_plain",
        "_state",
        "_timer",
        "_timer_at",
        "_transport",
        "_waiter",
        "_whole_deadline",
        "blocked_ns",
        "body_bytes",
        "chunks",
        "connect_ns",
        "cookies",
        "encoded",
        "first_ns",
        "headers",
        "last_ns",
        "open",
        "received",
        "sent_ns",
        "started_ns",
        "status",
        "tls_ns",
        "used",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, outbox: Outbox, max_body: int) -> None:
        self._loop = loop
        self._outbox = outbox
        self._max_body = max_body
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._fd = -1
        self._plain = True
        self._waiter: asyncio.Future[None] | None = None
        self._state = _DONE
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = self._deadline = self._whole_deadline = 0
        self._head_only = self._keep = False
        self.headers: RawHeaders = []
        self.chunks: list[bytes] = []
        self.status = self.body_bytes = self.received = 0
        self.started_ns = self.sent_ns = self.first_ns = self.last_ns = 0
        self.blocked_ns = self.connect_ns = self.tls_ns = 0
        self.used = 0
        self.open = False
        self.cookies = self.encoded = False

    def exchange(
        self,
        data: bytes,
        first_byte_ns: int,
        whole_ns: int,
        head_only: bool,
        keep: bool,
    ) -> asyncio.Future[None]:
        """Send a request; the future is done when the response is there.

        Args:
            data: the whole request.
            first_byte_ns: the longest time until the first byte.
            whole_ns: the longest time until the last byte.
            head_only: the response to HEAD has no body, whatever its headers say.
            keep: keep the body; it is counted in any case.

        Returns:
            A future that fails with RequestFailedError. The connection is then closed.
        """
        self._waiter = waiter = self._loop.create_future()
        self._state = _HEAD
        self._head_only = head_only
        self._keep = keep
        self.headers = []
        self.chunks = []
        self.cookies = self.encoded = False
        self.body_bytes = self.received = 0
        self.started_ns = self.first_ns = self.sent_ns = 0
        now = perf_counter_ns()
        self._whole_deadline = now + whole_ns
        self._deadline = deadline = now + min(first_byte_ns, whole_ns)
        if self._timer is None or self._timer_at > deadline:
            self._set_timer(now)
        self._outbox.put(self, data)
        return waiter

    def send(self, data: bytes) -> None:
        """Hand a request to the kernel; the outbox calls it, and nobody else."""
        transport = self._transport
        if transport is None or self._waiter is None or not self.open:
            # Lost or given up meanwhile: whoever waits is told by `connection_lost`.
            return
        self.started_ns = perf_counter_ns()
        if self._plain and not transport.is_closing() and not transport.get_write_buffer_size():
            try:
                written = os.write(self._fd, data)
            except BlockingIOError:
                written = 0
            except OSError as exc:
                self._fail(failure_text(exc))
                return
            if written == len(data):
                self.sent_ns = perf_counter_ns()
            else:
                transport.write(data[written:])
            return
        transport.write(data)
        if not transport.get_write_buffer_size():
            self.sent_ns = perf_counter_ns()

    def close(self) -> None:
        """Close the connection; nothing that comes after counts."""
        self.open = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or begin again after TLS has been set up."""
        # uvloop's transports are not derived from those of asyncio.
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        # Without a buffer the transport tells when a large request has been handed over.
        transport.set_write_buffer_limits(0)
        self._plain = transport.get_extra_info("sslcontext") is None
        self._fd = transport.get_extra_info("socket").fileno()
        self.open = True

    def data_received(self, data: bytes) -> None:
        """Read a part of the response."""
        now = perf_counter_ns()
        if not self.first_ns:
            self.first_ns = now
            self._deadline = self._whole_deadline
        self.last_ns = now
        self.received += len(data)
        if self._state == _DONE:
            # Nobody asked: what follows cannot be told from the next response.
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(failures.MALFORMED)
        except httptools.HttpParserError:
            if self._state != _DONE:
                self._fail(failures.MALFORMED)
            else:
                self.close()

    def resume_writing(self) -> None:
        """Note when the last byte of a large request has been handed over."""
        if not self.sent_ns:
            self.sent_ns = perf_counter_ns()

    def eof_received(self) -> bool:
        """The server sends no more."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended: so has a response that has no stated length."""
        self.open = False
        if self._state != _DONE:
            if exc is None and self._state == _BODY and self._ends_with_connection():
                self._complete()
            else:
                self._fail(self._loss(exc))
        self.close()

    # What the parser calls

    def on_message_begin(self) -> None:
        """See that a response is waited for; an exception ends the parsing."""
        if self._state == _DONE:
            raise RequestFailedError(failures.MALFORMED)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        length = len(name)
        if length == 10 and name.lower() == b"set-cookie":
            self.cookies = True
        elif length == 16 and name.lower() == b"content-encoding":
            self.encoded = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        self.status = status = self._parser.get_status_code()
        self._state = _BODY
        if self._head_only and status >= 200:
            # The parser waits for the body that the head announces: it is not used again, and
            # cannot say whether the connection stays.
            if (b"connection", b"close") in {(n.lower(), v.lower()) for n, v in self.headers}:
                self.open = False
            self._complete()
            self._parser = httptools.HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        """Count a part of the body."""
        self.body_bytes += len(body)
        if self._keep:
            if self.body_bytes > self._max_body:
                self._fail(failures.BODY_TOO_LARGE)
                return
            self.chunks.append(body)

    def on_message_complete(self) -> None:
        """The response is there, unless it was an interim one (100 Continue, 103 Early Hints)."""
        if self._state == _DONE:
            return
        if self.status < 200:
            self._state = _HEAD
            self.headers = []
            return
        if not self._parser.should_keep_alive():
            self.open = False
        self._complete()

    # Inner parts

    def _complete(self) -> None:
        self._state = _DONE
        self.used += 1
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)

    def _fail(self, text: str) -> None:
        self._state = _DONE
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_exception(RequestFailedError(text))
        self.close()

    def _loss(self, exc: Exception | None) -> str:
        if isinstance(exc, ConnectionError):
            return failure_text(exc)
        return failures.CLOSED_WITHIN if self.first_ns else failures.CLOSED_EARLY

    def _ends_with_connection(self) -> bool:
        names = {name.lower() for name, _ in self.headers}
        return not names & {b"content-length", b"transfer-encoding"}

    def _set_timer(self, now: int) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = self._deadline
        self._timer = self._loop.call_later((self._deadline - now) / 1e9, self._expire)

    def _expire(self) -> None:
        self._timer = None
        if self._state == _DONE:
            return
        now = perf_counter_ns()
        # The loop's timers have steps of a millisecond.
        if now + 1_000_000 < self._deadline:
            self._set_timer(now)
            return
        self.last_ns = now
        whole = self._deadline == self._whole_deadline
        self._fail(failures.TIMEOUT if whole else failures.FIRST_BYTE_TIMEOUT)
