"""`perfanalysis monitor`: how it ends, and what it says."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
from pathlib import Path

import pytest

from perfanalysis.cli.main import ExitCode
from perfanalysis.model.run import RunInfo


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty working folder, and progress that comes quickly."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("perfanalysis.api.monitoring._FETCH_INTERVAL_S", 0.05)
    return tmp_path


def stored():
    """What was told, but that a busy machine skipped readings of so short intervals."""
    info = RunInfo.model_validate_json(Path("a.run/run.json").read_text())
    return [caveat for caveat in info.caveats if caveat.code != "monitor-skipped"]


@pytest.fixture
def signalled():
    """Send this process a signal once the samples are being written."""

    def send(number, *, times=1):
        def wait_and_send():
            samples = Path("samples.json")
            while not (samples.exists() and samples.stat().st_size):
                threading.Event().wait(0.01)
            for _ in range(times):
                os.kill(os.getpid(), number)

        thread = threading.Thread(target=wait_and_send)
        thread.start()
        threads.append(thread)

    threads: list[threading.Thread] = []
    yield send
    for thread in threads:
        thread.join()


def test_after_its_duration_it_passes(cli):
    done = cli("monitor", "-o", "a.run", "--duration", "300ms", "--interval", "100ms")
    assert done.code == ExitCode.PASS
    assert re.match(r"a\.run: 0 requests, .* s \(perfanalysis-monitor: series of a ", done.out)
    assert done.err == ""
    assert stored() == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_without_a_duration_a_signal_is_its_normal_end(cli, signalled, number):
    signalled(number)
    done = cli("monitor", "-o", "a.run", "--interval", "100ms", "--json", "samples.json")
    assert done.code == ExitCode.PASS
    assert stored() == []
    assert json.loads(Path("samples.json").read_text()) != []


def test_before_its_duration_a_signal_interrupts_it_and_the_bundle_is_there(cli, signalled):
    signalled(signal.SIGINT, times=2)  # as `timeout` and CI systems do
    done = cli(
        "monitor", "-o", "a.run", "--duration", "1h", "--interval", "100ms", "--json",
        "samples.json",
    )  # fmt: skip
    assert done.code == ExitCode.INTERRUPTED
    assert [caveat.code for caveat in stored()] == ["stopped-early"]
    assert "note: the monitor was interrupted after" in done.out


def test_handlers_of_signals_are_put_back(cli):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    cli("monitor", "-o", "a.run", "--duration", "100ms")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_without_a_terminal_progress_is_a_line_now_and_then(cli, monkeypatch):
    monkeypatch.setattr("perfanalysis.cli.monitor_command._PLAIN_LINE_EVERY_S", 0.1)
    arguments = ("monitor", "-o", "a.run", "--force", "--duration", "300ms", "--interval", "100ms")
    done = cli(*arguments)
    lines = done.err.splitlines()
    assert lines != []
    assert all("points" in line for line in lines)
    assert cli("--quiet", *arguments).err == ""


def test_what_it_made_as_json(cli):
    done = cli(
        "monitor", "-o", "a.run", "--duration", "100ms", "--format", "json", "--name", "idle",
        "--tag", "host=db1",
    )  # fmt: skip
    document = json.loads(done.out)
    assert document == json.loads(Path("a.run/run.json").read_text())
    assert document["name"] == "idle"
    assert document["tags"] == {"host": "db1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--duration", "soon"], "--duration: expected a duration such as"),
        (["--duration", "0s"], "--duration: expected more than nothing"),
        (["--interval", "1"], "--interval: expected a duration such as"),
        (["--url", "shop"], "--url: expected an address"),
        (["--pid", "4194305"], "--pid 4194305: there is no such process"),
        (["--no-system"], "there is nothing to monitor"),
        (["--tag", "x"], "--tag 'x': expected KEY=VALUE"),
        (["--json", "missing/samples.json"], "cannot be written"),
    ],
)
def test_wrong_usage_leaves_nothing(cli, folder, arguments, message):
    done = cli("monitor", "-o", "a.run", *arguments)
    assert done.code == ExitCode.USAGE
    assert message in done.err
    assert list(folder.iterdir()) == []


def test_an_existing_bundle_is_replaced_only_by_force(cli):
    arguments = ("monitor", "-o", "a.run", "--duration", "100ms")
    assert cli(*arguments).code == ExitCode.PASS
    again = cli(*arguments)
    assert again.code == ExitCode.USAGE
    assert "hint: choose another name, or add --force" in again.err
    assert cli(*arguments, "--force").code == ExitCode.PASS


def test_a_connection_string_comes_from_the_environment_and_is_never_told(cli, monkeypatch):
    pytest.importorskip("psycopg")
    monkeypatch.setenv(
        "PERFANALYSIS_POSTGRES",
        "host=127.0.0.1 port=9 user=a password=hunter2 dbname=shop connect_timeout=2 @100ms",
    )
    done = cli("monitor", "-o", "a.run", "--duration", "500ms", "--json", "samples.json")
    assert done.code == ExitCode.PASS
    assert "note: postgres: " in done.out
    (caveat,) = stored()
    assert caveat.code == "monitor-failures"
    everything = done.out + done.err + Path("a.run/run.json").read_text()
    assert "hunter2" not in everything + Path("samples.json").read_text()


def test_a_broken_connection_string_is_an_error_that_does_not_quote_it(cli):
    pytest.importorskip("psycopg")
    done = cli("monitor", "-o", "a.run", "--postgres", "password=hunter2 nonsense")
    assert done.code == ExitCode.USAGE
    assert "--postgres: expected a connection string" in done.err
    assert "hunter2" not in done.err
