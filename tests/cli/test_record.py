"""`perfanalysis record`: what it prints, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perfanalysis.cli.main import ExitCode


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def k6(folder, fixtures):
    """Write a script that is called k6; FIXTURES stands for the folder of real files."""

    def write(body):
        path = folder / "k6"
        path.write_text(f"#!/bin/sh\n{body}\n".replace("FIXTURES", str(fixtures)))
        path.chmod(0o755)
        return "./k6"

    return write


RUN = ("run", "--out", "json=out.json.gz", "shop.js")


def test_what_was_recorded_is_told(cli, k6):
    tool = k6("echo $# arguments; cp FIXTURES/k6/base.json.gz out.json.gz")
    done = cli("record", "-o", "a.run", "--tag", "v=1", "--", tool, *RUN)
    assert done.code == ExitCode.PASS
    assert done.out.splitlines()[0] == "4 arguments"
    assert "a.run: 519 requests, 1 failed, 2.5 s (k6-json: every request)" in done.out
    tags = json.loads(Path("a.run/run.json").read_text())["tags"]
    assert tags == {"command": "k6", "exit_code": "0", "v": "1"}


def test_options_behind_the_command_are_the_tools_even_without_dashes(cli, k6):
    tool = k6("cp FIXTURES/k6/base.json.gz out.json.gz")
    done = cli("record", "-o", "a.run", tool, *RUN, "--name", "theirs", "--help")
    assert done.code == ExitCode.PASS
    assert json.loads(Path("a.run/run.json").read_text())["name"] == "a"


def test_the_tools_exit_code_is_returned_and_told(cli, k6):
    tool = k6("cp FIXTURES/k6/base.json.gz out.json.gz; exit 99")
    done = cli("record", "-o", "a.run", "--", tool, *RUN)
    assert done.code == 99
    assert "note: k6 ended with exit code 99" in done.out


def test_nothing_to_import_is_unreadable_input_and_the_series_are_kept(cli, k6):
    done = cli("record", "-o", "a.run", "--", k6("exit 0"), *RUN)
    assert done.code == ExitCode.BAD_INPUT
    assert "error: the tool wrote no results that could be imported" in done.err
    assert "hint: let it write some (k6: --out json=FILE" in done.err
    assert Path("a.run/series.parquet").exists()


def test_of_a_failed_tool_without_results_the_tools_code_counts(cli, k6):
    done = cli("record", "-o", "a.run", "--", k6("exit 107"), *RUN)
    assert done.code == 107
    assert "note: no results: the tool wrote no results" in done.out


def test_files_may_be_named_and_read_with_a_tolerance(cli, k6):
    body = "mkdir r; head -5 FIXTURES/jmeter/base.csv.jtl > r/x.jtl; echo bad,row >> r/x.jtl"
    done = cli(
        "record", "-o", "a.run", "--output", "r/*.jtl", "--max-bad-rows", "1", "--", k6(body)
    )
    assert done.code == ExitCode.PASS
    assert "a.run: 3 requests" in done.out
    assert "note: 1 bad rows were left out" in done.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "a.run", "--", "no-such-tool"], "'no-such-tool': there is no such command"),
        (["-o", "a.run", "--url", "x", "--", "true"], "--url: expected an address"),
        (["-o", "a.run", "--"], "Missing argument"),
        (["--", "true"], "Missing option '-o'"),
    ],
)
def test_wrong_usage_leaves_nothing(cli, folder, arguments, message):
    done = cli("record", *arguments)
    assert done.code == ExitCode.USAGE
    assert message in done.err
    assert list(folder.iterdir()) == []
