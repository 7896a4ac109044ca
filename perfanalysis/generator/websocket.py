"""WebSockets of a virtual user, by picows.

picows and websockets were measured as clients of ten thousand connections
(`benchmarks/generator/websocket_libraries.py`): picows needs a third of the processor time for the
same messages. It knows no compression (permessage-deflate), so none is offered.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, TypeAlias

import picows

from perfanalysis.generator import failures
from perfanalysis.generator.failures import RequestFailedError, failure_text
from perfanalysis.generator.frames import NONE, RowKind
from perfanalysis.generator.message import Address, address_of, head_of

if TYPE_CHECKING:
    from perfanalysis.generator.engine import Engine, Place

Message: TypeAlias = str | bytes
MOST_WAITING_MESSAGES = 1000
CLOSE_WITHIN_S = 5.0
_READ_BUFFER_BYTES = 2048
_TYPES = {picows.WSMsgType.TEXT, picows.WSMsgType.BINARY, picows.WSMsgType.CONTINUATION}


class _Listener(picows.WSListener):
    """Keeps the messages of a connection with the times at which they came."""

    def __init__(self, max_bytes: int) -> None:
        self.messages: deque[tuple[int, Message, int]] = deque()
        self.arrived: asyncio.Event = asyncio.Event()
        self.passed_over = 0
        self.is_open = False
        self.closed_by_peer = False
        self.error: str | None = None
        self._max_bytes = max_bytes
        self._parts = bytearray()
        self._is_text = True

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        del transport
        self.is_open = True

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        now = perf_counter_ns()
        kind = frame.msg_type
        if kind == picows.WSMsgType.CLOSE:
            self.closed_by_peer = True
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        if kind not in _TYPES:
            return
        if kind != picows.WSMsgType.CONTINUATION:
            self._is_text = kind == picows.WSMsgType.TEXT
            self._parts.clear()
        self._parts += frame.get_payload_as_bytes()
        if len(self._parts) > self._max_bytes:
            self.error = failures.BODY_TOO_LARGE
            transport.disconnect()
        elif frame.fin:
            self._take(now, bytes(self._parts))

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        del transport
        self.is_open = False
        self.arrived.set()

    def _take(self, now: int, payload: bytes) -> None:
        message: Message = payload
        if self._is_text:
            message = payload.decode("utf-8", "replace")
        if len(self.messages) >= MOST_WAITING_MESSAGES:
            # Nobody waits for them: the oldest go.
            self.messages.popleft()
            self.passed_over += 1
        self.messages.append((now, message, len(payload)))
        self.arrived.set()


class WebSocketSession:
    """An open WebSocket, or one that could not be opened: then `error` tells why.

    Opening, sending, waiting for a message and closing are rows. A sent message has no latency,
    because nothing is waited for; that of an expected message is from the last one sent (or from
    when it began to be waited for, if none was sent since the last) until it came.

    Attributes:
        error: why it is not open, or no longer, or why the last message did not come.
        subprotocol: the one that the server chose; None for none.
        passed_over: messages that nobody had waited for and for which there was no more room.
    """

    def __init__(self, engine: Engine, place: Place, name: str) -> None:
        self._engine = engine
        self._place = place
        self._name = name
        self._transport: picows.WSTransport | None = None
        self._listener = _Listener(engine.settings.max_body_bytes)
        self._sent_ns = 0
        self._closing = False
        self.error: str | None = None
        self.subprotocol: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._listener.is_open and not self._closing

    @property
    def passed_over(self) -> int:
        """Messages that nobody had waited for and for which there was no more room."""
        return self._listener.passed_over

    async def send(self, message: Message, *, name: str | None = None) -> bool:
        """Send a message, text or bytes; return whether the connection was open."""
        is_text = isinstance(message, str)
        payload = message.encode() if isinstance(message, str) else message
        now = perf_counter_ns()
        sent = len(payload)
        self.error = None
        if self.is_open and self._transport is not None:
            kind = picows.WSMsgType.TEXT if is_text else picows.WSMsgType.BINARY
            self._transport.send(kind, payload)
            self._sent_ns = now
        else:
            self.error = self._why_closed()
            sent = 0
        self._row("SEND", name or f"{self._name} send", now, NONE, sent=sent)
        # A user that only sends must not keep the loop from all others.
        await asyncio.sleep(0)
        return self.error is None

    async def expect(
        self,
        matches: Callable[[Message], bool] | None = None,
        *,
        name: str | None = None,
        timeout_s: float = 10.0,
    ) -> Message | None:
        """Wait for a message.

        Args:
            matches: whether a message is the one; those before it are passed over. None for any.
            name: what the row is called.
            timeout_s: how long to wait.

        Returns:
            The message; None if there was none in time or the connection was closed, and `error`
            tells which.
        """
        began = perf_counter_ns()
        since = self._sent_ns or began
        found = self._next(matches)
        if found is None:
            try:
                async with asyncio.timeout(timeout_s):
                    while found is None and self._listener.is_open:
                        self._listener.arrived.clear()
                        await self._listener.arrived.wait()
                        found = self._next(matches)
            except TimeoutError:
                self.error = failures.NO_MESSAGE
        if found is None:
            if not self._listener.is_open:
                self.error = self._why_closed()
            self._row("EXPECT", name or f"{self._name} message", since, perf_counter_ns() - since)
            return None
        arrived, message, size = found
        self.error = None
        self._sent_ns = 0
        latency = max(arrived - since, 0)
        self._row("EXPECT", name or f"{self._name} message", since, latency, received=size)
        return message

    async def close(self, code: int = 1000, *, name: str | None = None) -> None:
        """Close the connection and wait until the server has agreed; nothing if it is closed."""
        if self._transport is None or self._closing:
            return
        self._closing = True
        began = perf_counter_ns()
        listener = self._listener
        if listener.is_open:
            self._transport.send_close(picows.WSCloseCode(code))
            try:
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await self._transport.wait_disconnected()
            except TimeoutError:
                pass
        self.error = None if listener.closed_by_peer else self._why_closed()
        self.abort()
        self._row("CLOSE", name or f"{self._name} close", began, perf_counter_ns() - began)

    def abort(self) -> None:
        """Drop the connection; no row tells of it."""
        self._closing = True
        if self._transport is not None:
            self._transport.disconnect()

    async def open(
        self,
        address: Address,
        headers: Mapping[str, str],
        subprotocols: Sequence[str],
        timeout_s: float,
    ) -> None:
        """Open the connection and record how it went; called once, by `Session.websocket`.

        Raises:
            ValueError: a header is none.
        """
        if subprotocols:
            headers = {**headers, "sec-websocket-protocol": ", ".join(subprotocols)}
        # What would break a request is refused here as anywhere.
        head_of("GET", address, tuple(headers.items()), ())
        began = perf_counter_ns()
        phases: dict[str, int] = {}
        status = 0
        try:
            end = await self._connect(address, timeout_s, phases)
            left_s = timeout_s - (perf_counter_ns() - began) / 1e9
            await self._shake_hands(address, headers, end, max(left_s, 0.001))
            status = 101
        except picows.WSInvalidStatusError as exc:
            status = 0 if exc.response is None else int(exc.response.status)
            self.error = f"HTTP {status}"
        except picows.WSError:
            self.error = failures.NOT_UPGRADED
        except (OSError, RequestFailedError) as exc:
            self.error = failure_text(exc)
        since = began + sum(phases.values())
        self._row(
            "WEBSOCKET", self._name, since, perf_counter_ns() - since, status=status, **phases
        )

    async def _connect(
        self, address: Address, timeout_s: float, phases: dict[str, int]
    ) -> socket.socket:
        """Return a connected socket, and put into `phases` how long it took."""
        began = perf_counter_ns()
        async with asyncio.timeout(timeout_s):
            addresses = await self._engine.connector.addresses(address.origin)
            resolved = perf_counter_ns()
            end = await _connected(addresses[0], address.origin.port)
        phases |= {"blocked": resolved - began, "connect": perf_counter_ns() - resolved}
        return end

    async def _shake_hands(
        self, address: Address, headers: Mapping[str, str], end: socket.socket, timeout_s: float
    ) -> None:
        engine = self._engine
        self._transport, _ = await picows.ws_connect(
            lambda: self._listener,
            address.url,
            ssl_context=engine.connector.context if address.origin.secure else None,
            # picows closes the connection itself then; if it were cancelled, nobody would.
            websocket_handshake_timeout=timeout_s,
            max_frame_size=engine.settings.max_body_bytes,
            extra_headers=dict(headers),
            max_redirects=0,
            read_buffer_init_size=_READ_BUFFER_BYTES,
            socket_factory=lambda _: end,
            # The event loop's own transports, as for everything else; both measure alike.
            use_aiofastnet=False,
        )
        response = self._transport.response
        if response is not None:
            self.subprotocol = response.headers.get("sec-websocket-protocol")

    def _next(self, matches: Callable[[Message], bool] | None) -> tuple[int, Message, int] | None:
        messages = self._listener.messages
        while messages:
            found = messages.popleft()
            if matches is None or matches(found[1]):
                return found
        return None

    def _why_closed(self) -> str:
        return self._listener.error or failures.CLOSED

    def _row(self, method: str, name: str, started: int, latency: int, **columns: int) -> None:
        place, recorder = self._place, self._engine.recorder
        label = recorder.label(
            RowKind.REQUEST,
            name,
            method=method,
            group=place.group,
            scenario=place.scenario,
            tags=place.tags,
        )
        error = recorder.error(self.error)
        ok = int(self.error is None)
        recorder.row(started, latency, label, ok, error=error, exchanged=1, **columns)


def websocket_address(url: str, base_url: str) -> Address:
    """Return where a WebSocket leads; http and https stand for ws and wss.

    Raises:
        ValueError: it is no URL that can be connected to.

    >>> websocket_address("/live", "https://shop.test").url
    'wss://shop.test/live'
    """
    address = address_of(url, base_url)
    scheme = {"http": "ws", "https": "wss"}.get(address.origin.scheme, address.origin.scheme)
    return Address(address.origin._replace(scheme=scheme), address.path)


async def _connected(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    end = socket.socket(family, socket.SOCK_STREAM)
    end.settimeout(0)
    try:
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(end, (address, port))
    except BaseException:
        end.close()
        raise
    return end
