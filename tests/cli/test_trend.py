"""`perfanalysis trend`: exit codes, options, files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

RUNS = "fixtures/history/shop"
BASE = [f"{RUNS}/base-{n}.run" for n in range(1, 10)]
SLOW = [f"{RUNS}/search120-{n}.run" for n in range(1, 4)]


@pytest.fixture(autouse=True)
def folder(fixtures, tmp_path, monkeypatch):
    (tmp_path / "fixtures").symlink_to(fixtures)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_report_exits_0_whatever_it_shows(cli):
    for runs in ([RUNS], BASE[:2], [*BASE, SLOW[0]]):
        assert cli("trend", *runs).code == 0


@pytest.mark.parametrize(
    ("runs", "code", "words"),
    [
        ([*BASE, *SLOW], 1, "regressed: search latency.p10 rose 20.5 % with run 'search120-1'"),
        (BASE, 0, "not-regressed: "),
        ([*BASE, SLOW[0]], 3, "until more runs show whether it stays"),
        (BASE[:5], 3, "undecided: 5 runs are too few to tell a step from noise"),
    ],
)
def test_the_gate_tells_a_regression_from_no_verdict(cli, runs, code, words):
    ended = cli("trend", *runs, "--gate")
    assert words in ended.out
    assert ended.code == code


def test_strict_gates_what_is_undecided(cli):
    assert cli("trend", *BASE, "--gate", "--strict").code == 3


def test_a_step_before_the_recent_runs_passes_the_gate(cli):
    assert cli("trend", RUNS, "--gate", "--recent", "2").code == 0
    assert cli("trend", RUNS, "--gate", "--recent", "3").code == 1


def test_runs_in_the_given_order(cli):
    backwards = [*reversed(SLOW), *reversed(BASE)]
    ended = cli("trend", *backwards, "--order", "given", "--name", "search", "--gate")
    assert "12 runs as given, from search120-3" in ended.out
    assert "improved, critical" in ended.out
    assert ended.code == 0


def test_further_formats_are_written_besides(cli, folder):
    ended = cli("trend", RUNS, "--write", "json=t.json", "--write", "csv=t.csv", "-o", "t.txt")
    assert ended.out == ""
    assert json.loads((folder / "t.json").read_text())["schema"] == "perfanalysis.trend"
    assert (folder / "t.csv").read_text().startswith("number,run,started_at,name,metric")
    assert (folder / "t.txt").read_text().startswith("regressed: ")


def test_runs_of_a_stored_baseline_are_a_history(cli):
    assert cli("baseline", "save", "shop", *BASE).code == 0
    ended = cli("trend", "@shop", *SLOW, "--gate", "--name", "search")
    assert "12 runs, from base-" in ended.out
    assert ended.code == 1


def test_the_configuration_file_holds_for_trends_too(cli, folder):
    (folder / "perfanalysis.yml").write_text(
        "tolerance: 40%\nnoise: {center: 0.1, tail: 0.2}\nbudget: none.yml\ncalibration: x\n"
    )
    ended = cli("trend", RUNS, "--gate", "--name", "search")
    assert "tolerance 40 %" in ended.out
    assert ended.code == 0


def test_what_is_no_history_is_refused(cli, folder):
    assert cli("trend").code == 2
    assert cli("trend", "nowhere").code == 2
    assert cli("trend", RUNS, "--recent", "0").code == 2
    assert cli("trend", RUNS, "--noise", "0.1").code == 2
    shutil.copytree(folder / BASE[0], folder / "torn.run")
    (folder / "torn.run" / "run.json").write_text("{")
    assert cli("trend", "torn.run", *BASE).code == 4


def test_a_terminal_without_unicode_gets_ascii(folder, tmp_path):
    """A name that its encoding lacks must not cost the result either."""
    shutil.copytree(folder / SLOW[2], folder / "odd.run")
    path = folder / "odd.run" / "run.json"
    path.write_text(path.read_text().replace('"name": "search120-3"', '"name": "langsam-Käse"'))
    runs = [*BASE, *SLOW[:2], "odd.run"]
    done = subprocess.run(
        [sys.executable, "-m", "perfanalysis", "trend", *runs, "--name", "search"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    assert b"langsam-K\\xe4se" in done.stdout
    assert b"________" in done.stdout
