"""`perfanalysis generate` meets an accident: exit code, a valid bundle, and what is said of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import psutil
import pytest

from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.store.bundle import Run

pytestmark = pytest.mark.slow
STEPS = """
- get: /
  name: home
- think: 20 ms
"""
MAIN = "from perfanalysis.cli.main import main; main()"


class Command:
    """A running command and the bundle that it is to make."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder

    def workers(self):
        return psutil.Process(self.process.pid).children()

    def end(self):
        """Wait for the end; return exit code, output and run, if there is one."""
        output, _ = self.process.communicate(timeout=120)
        path = self.folder / "a.run"
        names = {entry.name for entry in self.folder.iterdir()} - {"load.yml"}
        assert names <= {"a.run"}, output  # nothing half finished is left
        run = Run.open(path) if path.exists() else None
        if run is not None:
            summarize_run(run)
        return self.process.returncode, output, run


@pytest.fixture
def generate(tmp_path, server):
    """Begin the command: `generate(duration="60 s", workers=2, steps=..., before=...)`."""
    started = []

    def start(*, url=None, duration="60 s", workers=2, steps=STEPS, before=""):
        (tmp_path / "load.yml").write_text(
            f"target: {url or server.url}\nload: {{vus: 4, duration: {duration}}}\n"
            "scenarios:\n  - name: all\n    steps:" + textwrap.indent(steps, " " * 6)
        )
        arguments = ["generate", "load.yml", "-o", "a.run", "--workers", str(workers)]
        process = subprocess.Popen(
            [sys.executable, "-c", f"{before}\n{MAIN}", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )
        started.append(process)
        return Command(process, tmp_path)

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def measuring(server):
    """Wait until all four users have made requests, and their workers have sent what they saw."""

    def wait(command):
        while len({request.connection for request in server.requests}) < 4:
            assert command.process.poll() is None, command.process.stdout.read()
            time.sleep(0.01)
        time.sleep(1.5)  # rows are sent once a second

    return wait


def caveats(run):
    return {caveat.code: caveat.message for caveat in run.info.caveats}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_keeps_what_was_measured_and_ends_with_130(generate, measuring, number):
    command = generate()
    measuring(command)
    command.process.send_signal(number)
    code, output, run = command.end()
    assert code == 130, output
    assert "stopped-early" in caveats(run)
    assert run.info.counts.requests > 20
    assert run.info.duration_s < 50
    assert "ended early" in output


def test_a_signal_before_the_first_request_leaves_nothing(generate):
    command = generate(before="import perfanalysis.generator.run as r; r.START_DELAY_NS = 10**11")
    while len(command.workers()) < 2:
        time.sleep(0.01)
    time.sleep(1.0)
    command.process.send_signal(signal.SIGINT)
    code, output, run = command.end()
    assert (code, run) == (130, None), output


def test_a_killed_worker_is_counted_and_there_is_no_verdict(generate, measuring):
    command = generate(duration="4 s")
    measuring(command)
    command.workers()[0].kill()
    code, output, run = command.end()
    assert code == 3, output
    assert "killed by SIGKILL" in caveats(run)["worker-lost"]
    assert len(set(run.requests["worker"])) == 2


def test_a_server_that_dies_is_data(generate, measuring, serve, server):
    command = generate(duration="4 s", workers=1)
    measuring(command)
    serve.stop(server)
    code, output, run = command.end()
    assert code == 0, output
    assert 0 < run.info.counts.failures < run.info.counts.requests
    assert "connection refused" in set(run.requests["error"])


def test_a_server_that_was_never_there_is_no_verdict(generate):
    command = generate(url="http://127.0.0.1:1", duration="1 s", workers=1)
    code, output, run = command.end()
    assert code == 3, output
    assert run.info.counts.failures == run.info.counts.requests > 0


def test_a_server_that_hangs_is_data(generate, server):
    answering = threading.Event()
    server.answers["/"] = lambda *_: answering.wait(60)
    steps = "\n- get: /\n  name: home\n  timeouts: {first_byte: 300 ms}\n"
    code, output, run = generate(duration="2 s", workers=1, steps=steps).end()
    answering.set()
    assert code == 3, output
    assert set(run.requests[run.requests["kind"] == "request"]["error"]) == {"first byte timeout"}


def test_a_full_disk_keeps_the_histograms_and_is_no_verdict(generate, server):
    # No file may become larger than this: the table of requests would.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))"
    steps = "\n- repeat: 20\n  steps:\n  - get: /\n    name: home\n"
    command = generate(duration="3 s", workers=1, steps=steps, before=limit)
    code, output, run = command.end()
    assert code == 3, output
    assert "File too large" in caveats(run)["rows-lost"]
    assert not run.has_requests
    assert run.info.counts.requests > 1000


def test_a_disk_that_is_nearly_full_ends_the_run_while_it_can_be_kept(generate):
    before = (
        "import shutil, types; "
        "shutil.disk_usage = lambda path: types.SimpleNamespace(free=10 << 20)"
    )
    command = generate(before=before)
    code, output, run = command.end()
    assert code == 3, output
    assert "the disk is nearly full" in caveats(run)["stopped-early"]
    assert run.has_requests
