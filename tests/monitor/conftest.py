"""Servers that monitored tests talk to: HTTP of any behaviour, and a real PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PASSWORD = "p4ss w'ord%"


class Server:
    """An HTTP server on loopback; `answer` decides what every request gets."""

    def __init__(self) -> None:
        self.requests: list[dict[str, str]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = json_answer("{}")
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                outer.requests.append({**self.headers, "path": self.path})
                with suppress(ConnectionError):
                    outer.answer(self)

            def log_message(self, *_: object) -> None: ...

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None: ...

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/metrics.json"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def answered(
    body: str | bytes, content_type: str | None, *, status: int = 200, **headers: str
) -> Callable[[BaseHTTPRequestHandler], None]:
    data = body.encode() if isinstance(body, str) else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        if content_type is not None:
            handler.send_header("Content-Type", content_type)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def json_answer(body: str) -> Callable[[BaseHTTPRequestHandler], None]:
    return answered(body, "application/json")


@pytest.fixture
def server() -> Iterator[Server]:
    """A server whose `answer` the test sets."""
    server = Server()
    yield server
    server.close()


@pytest.fixture
def answers() -> Callable[..., Callable[[BaseHTTPRequestHandler], None]]:
    """Make an answer of a body and a content type."""
    return answered


@pytest.fixture
def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(kw_only=True)
class PostgresServer:
    """A cluster of its own, run by a user who may."""

    bin: Path
    data: Path
    port: int
    user: dict[str, object]

    def dsn(self, database: str = "postgres", password: str = PASSWORD) -> str:
        from psycopg.conninfo import make_conninfo

        return make_conninfo(
            host="127.0.0.1", port=self.port, user="tester", dbname=database, password=password
        )

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": "tester",
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": "postgres",
        }

    def start(self) -> None:
        options = (
            f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c fsync=off "
            "-c shared_preload_libraries=pg_stat_statements"
        )
        log = self.data / "log.txt"
        self.run("pg_ctl", "start", "-w", "-D", self.data, "-l", log, "-o", options)

    def stop(self, mode: str = "fast") -> None:
        self.run("pg_ctl", "stop", "-w", "-m", mode, "-D", self.data)

    def run(self, program: str, *arguments: object) -> None:
        command = [str(self.bin / program), *(str(argument) for argument in arguments)]
        # Not captured: the server would hold the pipe open.
        subprocess.run(command, check=True, cwd=self.data, stdout=subprocess.DEVNULL, **self.user)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL with pg_stat_statements; the test is skipped where there is none."""
    pytest.importorskip("psycopg")
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    home = next((home for home in homes if (home / "initdb").exists()), None)
    if home is None or shutil.which("pgbench") is None:
        pytest.skip("PostgreSQL is not installed")
    user: dict[str, object] = {}
    if os.geteuid() == 0:
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    # Short: the path of a socket is limited. Not below pytest's folder, which is its user's alone.
    data = Path(tempfile.mkdtemp(prefix="pa-pg-"))
    if user:
        shutil.chown(data, "postgres", "postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = PostgresServer(bin=home, data=data, port=port, user=user)
    try:
        password = data / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        cluster = data / "cluster"
        server.run(
            "initdb", "-D", cluster, "-U", "tester", "-A", "scram-sha-256", "--pwfile", password,
            "--no-sync", "--locale=C", "-E", "UTF8",
        )  # fmt: skip
        server.data = cluster
        server.start()
        yield server
        with suppress(subprocess.CalledProcessError):
            server.stop("immediate")
    finally:
        shutil.rmtree(data, ignore_errors=True)
