"""Names become addresses, addresses become connections."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from time import perf_counter_ns

from perfanalysis.generator import failures
from perfanalysis.generator.connection import Connection, Outbox
from perfanalysis.generator.failures import RequestFailedError
from perfanalysis.generator.message import Origin
from perfanalysis.generator.plan import HttpSettings
from perfanalysis.generator.safety import is_own_address

RESOLVED_FOR_S = 60.0
Addresses = tuple[str, ...]


class Connector:
    """Opens connections. Names are looked up once a minute, by all users together.

    Args:
        loop: the running event loop.
        settings: trust, ownership, the largest body.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: HttpSettings) -> None:
        self._loop = loop
        self._settings = settings
        self._outbox = Outbox(loop)
        self._known: dict[Origin, tuple[float, asyncio.Task[Addresses]]] = {}
        self._context: ssl.SSLContext | None = None

    async def open(self, origin: Origin, *, turn: int, timeout_s: float) -> Connection:
        """Return a new connection with the times that its parts took.

        Args:
            origin: where to.
            turn: which of several addresses to begin with.
            timeout_s: for all of it.

        Raises:
            OSError: it failed; RequestFailedError where no system error tells why.
        """
        begun = perf_counter_ns()
        async with asyncio.timeout(timeout_s):
            addresses = await self.addresses(origin)
            resolved = perf_counter_ns()
            transport, connection = await self._connect(addresses, origin.port, turn)
            connected = perf_counter_ns()
            if origin.secure:
                await self._secure(transport, connection, origin.host)
        connection.blocked_ns = resolved - begun
        connection.connect_ns = connected - resolved
        connection.tls_ns = perf_counter_ns() - connected if origin.secure else 0
        return connection

    async def addresses(self, origin: Origin) -> Addresses:
        """Return the addresses of a host.

        Raises:
            OSError: the name cannot be resolved.
            RequestFailedError: the host is public and not the user's own.
        """
        until, task = self._known.get(origin, (0.0, None))
        if task is None or until < self._loop.time():
            task = self._loop.create_task(self._resolve(origin))
            self._known[origin] = (self._loop.time() + RESOLVED_FOR_S, task)
        try:
            # One user that gives up does not take the answer from the others.
            return await asyncio.shield(task)
        except (OSError, RequestFailedError):
            self._known.pop(origin, None)
            raise

    @property
    def context(self) -> ssl.SSLContext:
        """What TLS connections are verified with."""
        if self._context is None:
            self._context = _tls_context(self._settings)
        return self._context

    async def _resolve(self, origin: Origin) -> Addresses:
        try:
            found: Addresses = (str(ipaddress.ip_address(origin.host)),)
        except ValueError:
            infos = await self._loop.getaddrinfo(
                origin.host, origin.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
            )
            found = tuple(dict.fromkeys(str(info[4][0]) for info in infos))
        if origin.host not in self._settings.owned_hosts:
            found = tuple(address for address in found if is_own_address(address))
            if not found:
                raise RequestFailedError(failures.NOT_OWNED)
        return found

    async def _connect(
        self, addresses: Addresses, port: int, turn: int
    ) -> tuple[asyncio.Transport, Connection]:
        last: OSError = OSError("no address")
        for step in range(len(addresses)):
            address = addresses[(turn + step) % len(addresses)]
            try:
                return await self._loop.create_connection(self._new_connection, address, port)
            except OSError as exc:
                last = exc
        raise last

    def _new_connection(self) -> Connection:
        return Connection(self._loop, self._outbox, self._settings.max_body_bytes)

    async def _secure(
        self, transport: asyncio.Transport, connection: Connection, host: str
    ) -> None:
        try:
            wrapped = await self._loop.start_tls(
                transport, connection, self.context, server_hostname=host
            )
        except BaseException:
            transport.abort()
            raise
        if wrapped is None:
            raise RequestFailedError(failures.TLS_HANDSHAKE)
        connection.connection_made(wrapped)


def _tls_context(settings: HttpSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if settings.ca_file is not None:
        context.load_verify_locations(settings.ca_file)
    context.set_alpn_protocols(["http/1.1"])
    if settings.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
