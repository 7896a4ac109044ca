"""Tools with the monitor beside them: scripts that behave as tools may."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from perfanalysis import api
from perfanalysis.api.recording import record
from perfanalysis.errors import UsageError
from perfanalysis.model.run import Evidence
from perfanalysis.monitor.settings import Kind, MonitorSettings, parse_watched

SETTINGS = MonitorSettings(interval_s=0.1)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tool(folder, fixtures):
    """Write a script that is called like a tool; FIXTURES stands for the folder of real files."""

    def write(name, body):
        path = folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n".replace("FIXTURES", str(fixtures)))
        path.chmod(0o755)
        return str(path)

    return write


def codes(run):
    """What was told, but that a busy machine skipped readings of so short intervals."""
    return [caveat.code for caveat in run.info.caveats if caveat.code != "monitor-skipped"]


def test_results_and_series_become_one_bundle(tool, folder):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz")
    done = record([k6, "run", "--out", "json=out.json.gz"], Path("a.run"), settings=SETTINGS)
    assert done.exit_code == 0
    assert done.problem is None
    assert done.run.info.tool == "k6"
    assert done.run.info.name == "a"
    assert done.run.info.evidence is Evidence.REQUESTS
    assert done.run.info.counts.requests == 519
    assert done.run.info.tags == {"command": "k6", "exit_code": "0"}
    assert done.run.info.environment.cpu_count == os.cpu_count()
    metrics = set(done.run.series_table.column("metric").to_pylist())
    assert {"vus", "system.memory"} <= metrics
    assert {path.name for path in folder.iterdir()} == {"a.run", "bin", "out.json.gz"}


def test_the_monitor_does_not_change_what_the_results_say(tool, fixtures):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz")
    done = record([k6, "run", "--out", "json=out.json.gz"], Path("a.run"), settings=SETTINGS)
    alone = api.load(str(fixtures / "k6/base.json.gz"))
    assert done.run.info.id == alone.info.id
    assert done.run.info.started_at == alone.info.started_at
    assert done.run.info.duration_s == alone.info.duration_s
    assert done.run.info.thresholds == alone.info.thresholds
    assert api.summarize(done.run).total == api.summarize(alone).total


def test_the_tools_own_processes_are_watched(tool):
    # The script waits until the monitor had time for two readings of it.
    k6 = tool("k6", "sleep 0.5; cp FIXTURES/k6/base.json.gz out.json.gz")
    done = record([k6, "run", "--out", "json=out.json.gz"], Path("a.run"), settings=SETTINGS)
    rows = [row for row in done.run.series_table.to_pylist() if row["metric"] == "process.count"]
    assert {label for row in rows for label in row["labels"]} == {("process", "k6")}
    assert max(row["value"] for row in rows) >= 1


def test_a_failed_tool_keeps_its_exit_code_and_its_results(tool):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz; exit 99")
    done = record([k6, "run", "--out", "json=out.json.gz"], Path("a.run"), settings=SETTINGS)
    assert done.exit_code == 99
    assert done.run.info.tags["exit_code"] == "99"
    assert done.run.info.counts.requests == 519
    assert "tool-failed" in codes(done.run)


def test_a_tool_that_wrote_nothing_leaves_the_series(tool):
    done = record([tool("k6", "exit 0"), "run"], Path("a.run"), settings=SETTINGS)
    assert done.exit_code == 0
    assert "wrote no results" in done.problem.message
    assert done.run.info.evidence is Evidence.SERIES
    assert codes(done.run) == ["results-missing"]
    assert done.run.info.tags["exit_code"] == "0"
    assert done.run.series_table.num_rows > 0


def test_results_that_cannot_be_read_leave_the_series(tool):
    body = "head -3 FIXTURES/jmeter/base.csv.jtl > r.jtl; echo 'x,y,z' >> r.jtl"
    jmeter = tool("jmeter", body)
    done = record([jmeter, "-n", "-l", "r.jtl"], Path("a.run"), settings=SETTINGS)
    assert "r.jtl:4" in done.problem.message
    assert done.run.info.evidence is Evidence.SERIES
    assert done.run.info.counts.requests == 0
    assert codes(done.run) == ["results-missing"]


def test_a_tool_that_was_killed_leaves_what_it_had(tool):
    body = "head -c 20000 FIXTURES/jmeter/base.csv.jtl > r.jtl; kill -9 $$"
    jmeter = tool("jmeter", body)
    done = record([jmeter, "-n", "-l", "r.jtl"], Path("a.run"), settings=SETTINGS)
    assert done.exit_code == 128 + signal.SIGKILL
    assert done.problem is None
    assert done.run.info.counts.requests > 50
    assert {"tool-failed", "cut-last-line"} <= set(codes(done.run))


def test_output_passes_through_and_a_printed_report_is_kept(tool, capfd):
    pgbench = tool("pgbench", "cat FIXTURES/pgbench/base/stdout.txt; echo 'creating' >&2; exit 1")
    done = record([pgbench, "shop"], Path("a.run"), settings=SETTINGS)
    printed = capfd.readouterr()
    assert "transaction type" in printed.out
    assert printed.err == "creating\n"
    assert done.exit_code == 1
    assert done.run.info.tool == "pgbench"
    assert done.run.info.evidence is Evidence.TOTALS


def test_a_child_that_outlives_the_tool_with_its_output_is_not_waited_for(tool, monkeypatch):
    monkeypatch.setattr("perfanalysis.api.tool_process._KILL_AFTER_S", 0.1)
    body = "cat FIXTURES/pgbench/base/stdout.txt; sleep 60 & echo $! > child"
    done = record([tool("pgbench", body), "shop"], Path("a.run"), settings=SETTINGS)
    os.kill(int(Path("child").read_text()), signal.SIGKILL)
    assert done.exit_code == 0
    assert done.run.info.tool == "pgbench"


@pytest.mark.parametrize("command", [["no-such-tool"], [], [""], ["/"], ["sh\0"], ["./a.run"]])
def test_a_command_that_does_not_exist_leaves_nothing(command, folder):
    with pytest.raises(UsageError, match="there is no such command"):
        record(command, Path("a.run"), settings=SETTINGS)
    assert not (folder / "a.run").exists()


def test_a_program_of_another_machine_cannot_be_started(folder):
    path = folder / "odd"
    path.write_bytes(b"\x7fELF\0\0\0")
    path.chmod(0o755)
    with pytest.raises(UsageError, match="odd: cannot be started: Exec format error"):
        record([str(path)], Path("a.run"), settings=SETTINGS)
    assert [entry.name for entry in folder.iterdir()] == ["odd"]


def test_the_tool_is_not_started_when_the_bundle_could_not_be_written(tool, folder):
    mark = tool("tool", "touch started")
    Path("a.run").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        record([mark], Path("a.run"), settings=SETTINGS)
    with pytest.raises(UsageError, match="cannot be written"):
        record([mark], folder / "bin" / "tool" / "a.run", settings=SETTINGS)
    assert not (folder / "started").exists()


def test_the_tool_is_not_started_when_the_monitor_cannot_be(tool, folder):
    settings = MonitorSettings(watched=(parse_watched(Kind.PID, "4194305"),))
    with pytest.raises(UsageError, match="no such process"):
        record([tool("tool", "touch started")], Path("a.run"), settings=settings)
    jmeter = tool("jmeter", "touch started")
    Path("r.jtl").write_text("old")
    with pytest.raises(UsageError, match="earlier run"):
        record([jmeter, "-l", "r.jtl"], Path("a.run"), settings=SETTINGS)
    assert not (folder / "started").exists()


def test_an_older_bundle_is_replaced_if_wanted(tool):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz")
    command = [k6, "run", "--out", "json=out.json.gz"]
    record(command, Path("a.run"), settings=SETTINGS, name="first")
    done = record(
        command, Path("a.run"), settings=SETTINGS, name="second", tags={"v": "2"}, overwrite=True
    )
    assert done.run.info.name == "second"
    assert done.run.info.tags["v"] == "2"


def test_arguments_are_not_kept_since_they_may_hold_secrets(tool, folder):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz")
    command = [k6, "run", "-e", "TOKEN=hunter2", "--out", "json=out.json.gz"]
    done = record(command, Path("a.run"), settings=SETTINGS)
    assert "hunter2" not in (done.run.path / "run.json").read_text()
    assert str(folder) not in (done.run.path / "run.json").read_text()


def test_the_folder_of_the_results_is_not_kept(tool, folder):
    body = "mkdir -p deep; echo 'x,y' > deep/r.jtl"
    done = record(
        [tool("tool", body)], "a.run", settings=SETTINGS, outputs=[f"{folder}/deep/*.jtl"]
    )
    assert "r.jtl: expected" in done.problem.message
    assert str(folder) in done.problem.message
    assert str(folder) not in (done.run.path / "run.json").read_text()
    assert "no results: r.jtl: expected" in (done.run.path / "run.json").read_text()


def test_a_monitors_samples_are_not_taken_for_results(tool):
    settings = MonitorSettings(interval_s=0.1, samples_path=Path("samples.json"))
    done = record([tool("tool", "sleep 0.3")], Path("a.run"), settings=settings)
    assert "wrote no results" in done.problem.message
    assert Path("samples.json").stat().st_size > 0


def test_from_another_thread_signals_are_left_alone(tool):
    k6 = tool("k6", "cp FIXTURES/k6/base.json.gz out.json.gz")
    done = []
    thread = threading.Thread(
        target=lambda: done.append(
            record([k6, "-o", "json=out.json.gz"], Path("a.run"), settings=SETTINGS)
        )
    )
    thread.start()
    thread.join()
    assert done[0].exit_code == 0


# The rest needs a process of its own, whose signals are the test's.

RECORDER = """
import sys
from pathlib import Path
from perfanalysis.api import tool_process
from perfanalysis.api.recording import record
from perfanalysis.monitor.settings import MonitorSettings
tool_process._ECHO_S = 0.0
done = record(sys.argv[1:], Path("a.run"), settings=MonitorSettings(interval_s=0.1))
print(done.run.info.evidence, done.problem)
sys.exit(done.exit_code)
"""


@pytest.fixture
def recording():
    """Start a recording in another process; its standard output can be read."""
    with contextlib.ExitStack() as running:

        def start(*command, **known):
            return running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RECORDER, *command],
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
                    **known,
                )
            )

        yield start


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "name", "code"), [(signal.SIGINT, "INT", 105), (signal.SIGTERM, "TERM", 77)]
)
def test_signals_reach_the_tool_which_ends_as_it_likes(tool, recording, number, name, code):
    body = (
        f"trap 'cp FIXTURES/k6/base.json.gz out.json.gz; exit {code}' {name}; echo started\n"
        "while :; do sleep 0.01; done"
    )
    running = recording(tool("k6", body), "run", "--out", "json=out.json.gz")
    assert running.stdout.readline() == "started\n"
    running.send_signal(number)
    out, _ = running.communicate(timeout=60)
    assert running.returncode == code
    assert out == "requests None\n"
    assert api.load("a.run").info.tags["exit_code"] == str(code)


@pytest.mark.slow
def test_the_third_interrupt_kills_a_tool_that_does_not_listen(tool, recording):
    body = "trap 'echo heard' INT; echo started\nwhile :; do sleep 0.01; done"
    running = recording(tool("k6", body), "run")
    assert running.stdout.readline() == "started\n"
    for _ in range(2):
        running.send_signal(signal.SIGINT)
        assert running.stdout.readline() == "heard\n"
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGKILL
    assert api.load("a.run").info.evidence is Evidence.SERIES


@pytest.mark.slow
def test_a_tool_reads_what_is_piped_to_it(tool, recording):
    k6 = tool("k6", "cat > script; cp FIXTURES/k6/base.json.gz out.json.gz")
    running = recording(k6, "run", "--out", "json=out.json.gz", "-", stdin=subprocess.PIPE)
    out, _ = running.communicate("the script", timeout=60)
    assert out == "requests None\n"
    assert Path("script").read_text() == "the script"
