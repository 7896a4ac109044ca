"""Runs of a monitor alone, and their samples as JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pyarrow.compute as pc
import pytest

from perfanalysis import api
from perfanalysis.api.monitoring import monitor, monitoring
from perfanalysis.errors import InputError, UsageError
from perfanalysis.model.run import Evidence
from perfanalysis.monitor.settings import Kind, MonitorSettings, parse_watched

COLUMNS = ["time", "metric", "value", "unit", "kind", "labels"]


@pytest.fixture
def application():
    """An application that answers with JSON at `/json`, text at `/text`, and fails elsewhere."""
    jobs = iter(range(1_000_000))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            bodies = {
                "/json": ("application/json", '{"queue": {"depth": 3}, "lag": 0.5, "ok": true}'),
                "/text": ("text/plain; version=0.0.4", f'jobs_total{{k="v"}} {next(jobs)}\n'),
            }
            kind, body = bodies.get(self.path, ("text/plain", ""))
            self.send_response(200 if body else 500)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def settings(*watched, **known):
    return MonitorSettings(**{"interval_s": 0.1, "watched": watched} | known)


def caveats(run):
    """What was told, but that a busy machine skipped readings of so short intervals."""
    return [caveat for caveat in run.info.caveats if caveat.code != "monitor-skipped"]


def rows(run):
    table = run.series_table.select(COLUMNS)
    return sorted(
        ({**row, "labels": sorted(row["labels"] or [])} for row in table.to_pylist()),
        key=lambda row: (row["time"], row["metric"], row["labels"]),
    )


def after(points: int) -> tuple[threading.Event, Callable[..., None]]:
    """Return what ends a monitor once it has gathered some points, and what it has to call."""
    stopping = threading.Event()

    def watch(progress):
        if progress.points >= points:
            stopping.set()

    return stopping, watch


@pytest.fixture
def monitored(tmp_path, monkeypatch) -> Callable[..., api.Run]:
    monkeypatch.setattr("perfanalysis.api.monitoring._FETCH_INTERVAL_S", 0.05)

    def monitored(chosen, *, points=300):
        stopping, on_progress = after(points)
        return monitor(chosen, tmp_path / "m.run", stopping=stopping, on_progress=on_progress)

    return monitored


def test_a_bundle_of_series_alone(monitored):
    began = datetime.now(UTC)
    run = monitored(settings())
    assert run.info.evidence is Evidence.SERIES
    assert run.info.name == "m"
    assert run.info.tool == "perfanalysis-monitor"
    assert run.info.environment.cpu_count == psutil.cpu_count()
    assert timedelta(0) <= run.info.started_at - began < timedelta(seconds=30)
    assert caveats(run) == []
    metrics = set(run.series_table.column("metric").to_pylist())
    assert {"system.cpu", "system.memory", "system.disk.read", "system.network.sent"} <= metrics
    assert api.summarize(run).total.requests == 0


def test_the_first_percentage_and_rate_of_a_run_are_left_out(monitored):
    run = monitored(settings())
    table = run.series_table
    times = {
        metric: pc.min(table.filter(pc.equal(table.column("metric"), metric)).column("time"))
        for metric in ("system.memory", "system.cpu", "system.disk.read")
    }
    assert times["system.cpu"].as_py() > times["system.memory"].as_py()
    assert times["system.disk.read"].as_py() > times["system.memory"].as_py()


def test_samples_as_json_are_read_back_as_the_same_series(monitored, application, tmp_path):
    samples = tmp_path / "samples.json"
    chosen = settings(
        parse_watched(Kind.URL, f"shop={application}/json"),
        parse_watched(Kind.OPENMETRICS, f"stock={application}/text"),
        parse_watched(Kind.URL, f"broken={application}/nothing"),
        parse_watched(Kind.PROCESS, "none=no such process"),
        samples_path=samples,
    )
    run = monitored(chosen, points=600)
    read = api.import_run([str(samples)], tmp_path / "read.run")
    assert read.info.sources[0].format == "psutil"
    assert read.info.caveats == ()
    assert rows(read) == rows(run)
    metrics = {row["metric"] for row in rows(run)}
    assert {"app.shop.queue.depth", "app.shop.ok", "app.stock.jobs_total"} <= metrics
    assert {"monitor.failures", "process.count", "system.cpu.core"} <= metrics


def test_samples_have_the_shape_that_scripts_write(monitored, application, tmp_path):
    samples = tmp_path / "samples.json"
    monitored(settings(parse_watched(Kind.URL, f"{application}/json"), samples_path=samples))
    entries = json.loads(samples.read_text(encoding="utf-8"))
    assert {entry["type"] for entry in entries} == {"system", "application"}
    own = next(entry for entry in entries if entry["type"] == "application")
    assert own["metrics"] == {"queue": {"depth": 3}, "lag": 0.5, "ok": True}
    machine = next(entry for entry in entries if entry["type"] == "system")
    assert {"cpu", "memory", "swap", "disk", "network"} <= set(machine)
    assert datetime.fromisoformat(machine["timestamp"]).utcoffset() == timedelta(0)


def test_failures_become_a_caveat_and_a_series(monitored, application):
    run = monitored(settings(parse_watched(Kind.URL, f"{application}/nothing?token=hunter2")))
    (caveat,) = caveats(run)
    assert caveat.code == "monitor-failures"
    assert "the first: it answers 500" in caveat.message
    assert "hunter2" not in (run.path / "run.json").read_text()
    assert "hunter2" not in str(rows(run))
    failures = [row for row in rows(run) if row["metric"] == "monitor.failures"]
    assert failures != []
    assert {row["kind"] for row in failures} == {"counter"}


def test_a_monitor_that_is_cut_short_says_so(tmp_path):
    stopping = threading.Event()
    stopping.set()
    run = monitor(settings(), tmp_path / "m.run", duration_s=60, stopping=stopping)
    (caveat,) = caveats(run)
    assert caveat.code == "stopped-early"
    assert caveat.message.endswith(" of 60 s")


def test_a_monitor_that_read_nothing_makes_no_bundle(tmp_path):
    chosen = settings(parse_watched(Kind.PROCESS, "[0-9]no such"), system=False, interval_s=0.1)
    stopping = threading.Event()
    stopping.set()
    with pytest.raises(InputError, match="nothing could be read"):
        monitor(chosen, tmp_path / "m.run", stopping=stopping)
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_begun_leaves_nothing(tmp_path):
    (tmp_path / "m.run").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        monitor(settings(), tmp_path / "m.run")
    with pytest.raises(UsageError, match="no such process"):
        monitor(settings(parse_watched(Kind.PID, "4194305")), tmp_path / "n.run")
    with pytest.raises(UsageError, match="cannot be written"):
        monitor(settings(samples_path=Path("/nowhere/x.json")), tmp_path / "n.run")
    assert [path.name for path in tmp_path.iterdir()] == ["m.run"]


def test_monitoring_beside_a_block_that_fails_ends_with_it():
    threads = set(threading.enumerate())

    def fail():
        with monitoring(settings()) as recorder:
            gathered.append(recorder)
            assert len(set(threading.enumerate()) - threads) == 2
            raise ZeroDivisionError

    gathered = []
    with pytest.raises(ZeroDivisionError):
        fail()
    assert set(threading.enumerate()) - threads == set()
    assert list(gathered[0].chunks()) != []
