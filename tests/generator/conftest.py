"""Servers that say exactly what a test wants, and users that make requests to them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import psutil
import pytest

from perfanalysis.generator.batches import RowDecoder
from perfanalysis.generator.frames import HEADER, Frame
from perfanalysis.generator.plan import HttpSettings, Plan, WeightedUser
from perfanalysis.model.caveat import Caveat
from perfanalysis.model.chunks import Facts, Rows
from perfanalysis.model.requests import REQUESTS
from perfanalysis.model.series import SERIES
from perfanalysis.store.conform import conform

pytest.importorskip("uvloop")

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@dataclass
class Request:
    """A request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    size: int
    connection: int


@dataclass
class Server:
    """A server on loopback, a thread for each connection.

    `answers` are by path: the bytes of a response, or a function of socket and request that sends
    what it wants and returns whether the connection goes on.
    """

    port: int
    answers: dict[str, bytes | Callable[[socket.socket, Request], bool]] = field(
        default_factory=dict
    )
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def _response(
    body: bytes = b"ok", *, status: str = "200 OK", headers: dict[str, str] | None = None
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def response() -> Callable[..., bytes]:
    """Write a response: `response(b"body", status="404 Not Found", headers={...})`."""
    return _response


class _Listener:
    def __init__(self, wrap: Callable[[socket.socket], socket.socket]) -> None:
        self._wrap = wrap
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._threads: list[threading.Thread] = []
        self._open: set[socket.socket] = set()
        self._stopping = False
        self.server = Server(self._socket.getsockname()[1])
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopping = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while not self._stopping:
            try:
                end, _ = self._socket.accept()
            except OSError:
                return
            self.server.connections += 1
            number = self.server.connections
            thread = threading.Thread(target=self._serve, args=(end, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, end: socket.socket, number: int) -> None:
        self._open.add(end)
        try:
            with self._wrap(end) as wrapped:
                while (request := self._next(wrapped, number)) is not None:
                    self.server.requests.append(request)
                    answer = self.server.answers.get(request.path.partition("?")[0], OK)
                    if isinstance(answer, bytes):
                        wrapped.sendall(answer)
                    elif not answer(wrapped, request):
                        return
        except OSError:
            pass
        finally:
            self._open.discard(end)
            end.close()

    @staticmethod
    def _next(end: socket.socket, number: int) -> Request | None:
        received = b""
        while b"\r\n\r\n" not in received:
            part = end.recv(65536)
            if not part:
                return None
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        found = _LENGTH.search(head)
        while found and len(body) < int(found[1]):
            body += end.recv(65536)
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        return Request(method, path, headers, body, len(head) + 4 + len(body), number)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers; `serve(wrap)` wraps each connection, as TLS does; `serve.stop` ends one."""
    listeners: list[_Listener] = []

    def start(wrap: Callable[[socket.socket], socket.socket] = lambda end: end) -> Server:
        listeners.append(_Listener(wrap))
        return listeners[-1].server

    def stop(server: Server) -> None:
        next(one for one in listeners if one.server is server).close()

    start.stop = stop
    yield start
    for listener in listeners:
        listener.close()


@pytest.fixture
def server(serve) -> Server:
    """A server that answers `ok` to everything that it has no other answer for."""
    return serve()


@dataclass
class Record:
    """What was sent by a recorder, decoded."""

    frames: list[bytes] = field(default_factory=list)

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def rows(self) -> list[dict]:
        decoder = RowDecoder("0", 0)
        rows = []
        for frame in self.frames:
            kind, size = HEADER.unpack_from(frame)
            payload = frame[HEADER.size :]
            assert len(payload) == size
            if kind == Frame.LABELS:
                decoder.add_labels(payload)
            elif kind == Frame.ERRORS:
                decoder.add_errors(payload)
            elif kind == Frame.ROWS:
                rows += decoder.batch(decoder.rows(payload)).to_pylist()
        return rows


@pytest.fixture
def record() -> Record:
    """Takes the frames of a recorder."""
    return Record()


@dataclass
class Outcome:
    """What a user's function returned, and the rows that it left."""

    result: object
    rows: list[dict]


@pytest.fixture
def act():
    """Run a user's function on uvloop: `act(user, base_url=..., **settings)`."""
    import uvloop

    from perfanalysis.generator.engine import Engine
    from perfanalysis.generator.recorder import Recorder
    from perfanalysis.generator.session import Session

    def run(user, *, base_url, max_names=100, variables=None, **settings) -> Outcome:
        record = Record()
        recorder = Recorder(record.send, max_names=max_names)

        async def main():
            engine = Engine(
                asyncio.get_running_loop(),
                HttpSettings(base_url=base_url, **settings),
                recorder,
            )
            session = Session(engine, 0, variables=variables)
            try:
                return await user(session)
            finally:
                session.close()

        result = uvloop.run(main())
        recorder.flush()
        return Outcome(result, record.rows())

    return run


class Yielded:
    """What a run yielded, sorted by kind."""

    def __init__(self):
        self.requests, self.series, self.facts, self.caveats = [], [], [], {}

    def take(self, chunk):
        if isinstance(chunk, Facts):
            self.facts.append(chunk)
        elif isinstance(chunk, Caveat):
            self.caveats[chunk.code] = chunk.message
        elif chunk.table == "requests":
            self.requests += conform(chunk.batch, REQUESTS, origin="test").to_pylist()
        else:
            self.series += conform(chunk.batch, SERIES, origin="test").to_pylist()

    def rows(self, kind="request"):
        return [row for row in self.requests if row["kind"] == kind]

    def total(self, metric):
        return sum(point["value"] for point in self.series if point["metric"] == metric)


@pytest.fixture
def go(server):
    """Run users against the server: `go(user, load, during=...)`.

    `during` runs in a thread as soon as every worker has sent something.
    """

    from perfanalysis.generator.run import run

    def start(user, load, *, during=None, on_progress=None, control=None, url=None, **plan):
        made = Plan(
            users=(WeightedUser(name=None, factory=lambda: user),),
            load=load,
            http=HttpSettings(base_url=url or server.url),
            **plan,
        )
        yielded = Yielded()
        begun = threading.Event()

        def beside():
            if begun.wait(30):
                during()

        thread = threading.Thread(target=beside, daemon=True)
        if during is not None:
            thread.start()
        seen = set()
        for chunk in run(made, on_progress=on_progress, control=control):
            yielded.take(chunk)
            if isinstance(chunk, Rows) and chunk.table == "requests":
                seen |= set(chunk.batch.column("worker").to_pylist())
                if len(seen) == made.workers:
                    begun.set()
        if during is not None:
            thread.join(30)
        return yielded

    return start


@pytest.fixture
def workers():
    """Find the worker processes that are there now."""

    def find():
        return [
            child
            for child in psutil.Process().children()
            if "perfanalysis.generator.worker" in " ".join(child.cmdline())
        ]

    return find
