"""The request log: with events as Locust fires them, and in a real Locust where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfanalysis import api
from perfanalysis.importers.locust.request_log import _HEADER
from perfanalysis.integrations.locust import COLUMNS, RequestLog

ROOT = Path(__file__).parents[2]


class Event:
    """What Locust's EventHook does."""

    def __init__(self):
        self.listeners = []

    def add_listener(self, listener):
        self.listeners.append(listener)

    def fire(self, **arguments):
        for listener in self.listeners:
            listener(**arguments)


class LocalRunner: ...


class MasterRunner: ...


class WorkerRunner: ...


@pytest.fixture
def environment():
    return SimpleNamespace(events=SimpleNamespace(request=Event(), quitting=Event()))


@pytest.fixture
def log(tmp_path, environment):
    """A log that listens."""
    log = RequestLog(tmp_path / "results" / "requests.csv")
    log.attach(environment, runner=LocalRunner())
    yield log
    log.close()


def request(**arguments):
    usual = {
        "request_type": "GET",
        "name": "/search",
        "response_time": 12.345678,
        "response_length": 512,
        "exception": None,
        "response": SimpleNamespace(status_code=200),
        "start_time": 1_700_000_000.1234567,
        "context": {},
        "url": "http://shop/search",
    }
    return usual | arguments


def imported(log, tmp_path):
    return api.import_run([str(log.path)], tmp_path / "a.run").requests_table.to_pylist()


def test_the_columns_are_those_that_the_importer_reads():
    assert ",".join(COLUMNS).encode() == _HEADER


def test_a_request_becomes_a_row(log, environment, tmp_path):
    environment.events.request.fire(**request())
    environment.events.quitting.fire(environment=environment)
    (row,) = imported(log, tmp_path)
    assert row["started_at"] == datetime(2023, 11, 14, 22, 13, 20, 123457, tzinfo=UTC)
    assert (row["name"], row["latency_ms"], row["ok"]) == ("GET /search", 12.35, True)
    assert (row["status"], row["error"], row["bytes_received"]) == ("200", None, 512)


def test_names_and_messages_of_any_kind_survive(log, environment, tmp_path):
    message = 'wanted "x", got\n\u202enothing \x00\x1b[0m'
    environment.events.request.fire(
        **request(name='/q="a,b"\r\n', exception=ValueError(message), request_type="ws")
    )
    log.close()
    (row,) = imported(log, tmp_path)
    assert row["name"] == 'ws /q="a,b"\r\n'
    assert row["error"] == message
    assert row["ok"] is False


def test_half_a_character_does_not_stop_the_test(log, environment, tmp_path):
    environment.events.request.fire(**request(name="/\ud800"))
    log.close()
    (row,) = imported(log, tmp_path)
    assert row["name"] == r"GET /\ud800"


def test_a_failure_without_a_text_is_a_failure(log, environment, tmp_path):
    environment.events.request.fire(**request(exception=TimeoutError(), response=None))
    log.close()
    (row,) = imported(log, tmp_path)
    assert (row["ok"], row["error"], row["status"]) == (False, "TimeoutError", None)


def test_what_is_not_known_is_empty(log, environment, tmp_path):
    nameless = request(response_time=None, response_length=None, response=None)
    environment.events.request.fire(**nameless)
    log.close()
    (row,) = imported(log, tmp_path)
    assert (row["latency_ms"], row["bytes_received"], row["status"]) == (None, None, None)


def test_without_a_start_the_end_less_the_response_time_is_one(log, environment, tmp_path):
    before = datetime.now(UTC)
    environment.events.request.fire(**request(start_time=None, response_time=60_000))
    log.close()
    (row,) = imported(log, tmp_path)
    assert 59 < (before - row["started_at"]).total_seconds() < 61


def test_workers_write_a_file_each_and_the_master_none(tmp_path, environment):
    worker = RequestLog(tmp_path / "requests.csv")
    worker.attach(environment, runner=WorkerRunner())
    worker.close()
    assert worker.path.name == f"requests.{os.getpid()}.csv"
    master = RequestLog(tmp_path / "master.csv")
    master.attach(environment, runner=MasterRunner())
    assert [path.name for path in tmp_path.iterdir()] == [worker.path.name]


def test_rows_are_on_disk_within_a_second(log, environment, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("perfanalysis.integrations.locust.time.monotonic", lambda: now[0])
    log._flushed_at = 100.0
    environment.events.request.fire(**request())
    assert len(log.path.read_text().splitlines()) == 1
    now[0] = 101.0
    environment.events.request.fire(**request())
    assert len(log.path.read_text().splitlines()) == 3


def test_after_the_end_nothing_is_written(log, environment):
    environment.events.quitting.fire(environment=environment)
    environment.events.request.fire(**request())
    environment.events.quitting.fire(environment=environment)
    assert len(log.path.read_text().splitlines()) == 1


def test_a_full_disk_is_logged_and_does_not_stop_the_test(environment, tmp_path, caplog):
    (tmp_path / "requests.csv").symlink_to("/dev/full")
    log = RequestLog(tmp_path / "requests.csv")
    with pytest.raises(OSError, match="No space left"):
        log.attach(environment, runner=LocalRunner())
    with pytest.raises(OSError, match="No space left"):
        log._out.close()

    log = RequestLog(tmp_path / "other.csv")
    log.attach(environment, runner=LocalRunner())
    log._out.close()
    log._out = open("/dev/full", "w", buffering=1)  # noqa: PTH123, SIM115  (a file that is full)
    log._rows = __import__("csv").writer(log._out)
    environment.events.request.fire(**request())
    environment.events.request.fire(**request())
    assert "not all requests are recorded: No space left on device" in caplog.text


def test_it_needs_nothing_but_the_standard_library():
    code = (
        "import sys; sys.modules['locust'] = None\n"
        "import perfanalysis.integrations.locust\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    ours = {name for name in done.stdout.split() if name.startswith("perfanalysis")}
    assert ours == {
        "perfanalysis",
        "perfanalysis.integrations",
        "perfanalysis.integrations.locust",
    }


LOCUSTFILE = """
from locust import HttpUser, constant_throughput, task
from perfanalysis.integrations.locust import record_requests

record_requests()


class Shopper(HttpUser):
    wait_time = constant_throughput(20)

    @task(3)
    def search(self):
        self.client.get("/search?q=a", name="/search")

    @task
    def missing(self):
        self.client.get("/missing")
"""


@pytest.fixture
def shop():
    """A shop that knows one page."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200 if self.path.startswith("/search") else 404)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def locust() -> str:
    """Locust, on the path or where the variable says; the test is skipped where there is none."""
    found = os.environ.get("PERFANALYSIS_TEST_LOCUST") or shutil.which("locust")
    if found is None:
        pytest.skip("Locust is not installed")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("processes", [(), ("--processes", "2")], ids=["one", "workers"])
def test_a_real_locust_is_recorded_request_by_request(
    locust, shop, tmp_path, monkeypatch, processes
):
    monkeypatch.chdir(tmp_path)
    Path("locustfile.py").write_text(LOCUSTFILE)
    done = subprocess.run(
        [
            sys.executable, "-m", "perfanalysis", "record", "-o", "a.run", "--interval", "200ms",
            "--", locust, "--headless", "-u", "4", "-r", "4", "-t", "3s", "-H", shop,
            "--csv", "base", "--json-file", "all.json", "--exit-code-on-error", "7", *processes,
        ],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    run = api.load("a.run")
    assert {source.format for source in run.info.sources} == {"locust-requests"}
    assert len(run.info.sources) == (2 if processes else 1)
    # Its CSV files end up to a second before its test does.
    statistics = api.load("all.json").info.counts
    assert run.info.counts.requests == statistics.requests > 50
    assert run.info.counts.failures == statistics.failures > 5
    assert "process.cpu" in run.series_table.column("metric").to_pylist()
    assert run.info.tags == {"command": Path(locust).name, "exit_code": "7"}
