"""A real pgbench against a real PostgreSQL, with the monitor beside both."""

from __future__ import annotations

import os
import subprocess

import pytest

from perfanalysis import api
from perfanalysis.cli.main import run
from perfanalysis.model.run import Evidence

pytestmark = pytest.mark.slow


@pytest.fixture
def shop(postgres, monkeypatch, tmp_path):
    """A database that pgbench has filled; the environment says where."""
    monkeypatch.chdir(tmp_path)
    for name, value in postgres.environment().items():
        monkeypatch.setenv(name, value)
    subprocess.run(["pgbench", "-i", "-q"], check=True, capture_output=True)


def recorded(*arguments):
    code = run(["record", "-o", "a.run", "--interval", "200ms", *arguments])
    return code, api.load("a.run")


def codes(run):
    """What was told, but that a busy machine skipped readings of so short intervals."""
    return {caveat.code for caveat in run.info.caveats} - {"monitor-skipped"}


def test_logs_and_report_and_series_become_one_bundle(shop, capfd):
    code, run = recorded(
        "--postgres",
        "dbname=postgres",
        "--",
        "pgbench",
        "-l",
        "-c",
        "2",
        "-j",
        "2",
        "-T",
        "2",
        "-P",
        "1",
    )
    printed = capfd.readouterr()
    assert code == 0
    assert "number of transactions actually processed" in printed.out
    assert "progress: 1.0 s" in printed.err
    assert run.info.tool == "pgbench"
    assert run.info.evidence is Evidence.REQUESTS
    assert [source.format for source in run.info.sources] == ["pgbench-log"] * 4
    assert run.info.counts.requests > 100
    table = run.series_table
    committed = sum(
        row["value"] for row in table.to_pylist() if row["metric"] == "postgres.xact_commit"
    )
    # The first reading has nothing to grow from; a server counts a second late.
    assert run.info.counts.requests * 0.2 < committed < run.info.counts.requests * 1.2
    cpu = [row for row in table.to_pylist() if row["metric"] == "process.cpu"]
    assert {label for row in cpu for label in row["labels"]} == {("process", "pgbench")}
    assert codes(run) == set()


def test_the_password_is_nowhere_in_the_bundle(shop, postgres):
    dsn = postgres.dsn()
    _, run = recorded("--postgres", dsn, "--json", "s.json", "--", "pgbench", "-l", "-t", "10")
    secret = os.environ["PGPASSWORD"].encode()
    for path in [*run.path.iterdir(), run.path.parent / "s.json"]:
        assert secret not in path.read_bytes()


def test_a_report_alone_is_a_result_and_a_failed_pgbench_keeps_its_code(shop):
    code, run = recorded("--", "pgbench", "-T", "1")
    assert code == 0
    assert run.info.evidence is Evidence.TOTALS
    code = subprocess.run(["pgbench", "-t", "5", "-f", "missing.sql"], check=False).returncode
    assert code not in (0, 4)
    code_of_record, run = recorded("--force", "--", "pgbench", "-t", "5", "-f", "missing.sql")
    assert code_of_record == code
    assert run.info.tags["exit_code"] == str(code)
    assert codes(run) == {"tool-failed", "results-missing"}
    assert run.info.evidence is Evidence.SERIES
