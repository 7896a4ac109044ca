"""--force and --warmup, and the same in the environment and the configuration."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def short(fixtures, tmp_path):
    """The first eighth of the requests of a run."""
    lines = (fixtures / "jmeter/base.csv.jtl").read_text().splitlines(keepends=True)
    path = tmp_path / "short.jtl"
    path.write_text("".join(lines[: len(lines) // 8]))
    return path


@pytest.fixture
def base(fixtures):
    return fixtures / "jmeter/base.csv.jtl"


@pytest.fixture
def slow(fixtures):
    return fixtures / "jmeter/slow.csv.jtl"


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "perfanalysis.yml"


def codes(ended):
    return {caveat["code"] for caveat in json.loads(ended.out)["caveats"]}


def test_runs_that_are_not_comparable_end_with_3_and_the_cause(cli, short, base):
    ended = cli("compare", short, base)
    assert ended.code == 3
    assert ended.out.startswith("undecided: not comparable: current run 'short' lasted ")
    assert "[different-durations]" in ended.out


def test_no_format_shows_a_verdict_on_what_is_not_comparable(cli, short, base):
    document = json.loads(cli("compare", short, base, "--format", "json").out)
    assert {result["verdict"] for result in document["results"]} == {"undecided"}
    junit = cli("compare", short, base, "--format", "junit").out
    assert 'failures="0"' in junit
    cases = junit.count("<testcase ")
    assert junit.count("<skipped ") == cases > 0


def test_force_judges_and_says_so(cli, short, base, project, monkeypatch):
    ended = cli("compare", short, base, "--force", "--format", "json")
    assert ended.code == 0
    assert {"forced", "different-durations"} <= codes(ended)
    monkeypatch.setenv("PERFANALYSIS_FORCE", "1")
    assert cli("compare", short, base).code == 0
    monkeypatch.delenv("PERFANALYSIS_FORCE")
    project.write_text("force: true\n")
    assert cli("compare", short, base).code == 0


def test_a_warmup_is_left_out_on_demand(cli, slow, base, project, monkeypatch):
    def cut(*options):
        ended = cli("compare", slow, base, "--format", "json", *options)
        messages = [c["message"] for c in json.loads(ended.out)["caveats"]]
        return [m.partition(" s of every run")[0] for m in messages if "as warm-up" in m]

    assert cut() == []
    assert cut("--warmup", "2") == ["the first 2.00"]
    project.write_text("warmup: 1.5\n")
    assert cut() == ["the first 1.50"]
    monkeypatch.setenv("PERFANALYSIS_WARMUP", "3s")
    assert cut() == ["the first 3.00"]
    assert cut("--warmup", "none") == []


@pytest.mark.slow
def test_a_report_takes_them_too(cli, short, base, tmp_path):
    for options, said in ([], "not comparable"), (["--force"], "it was forced"):
        page = tmp_path / "page.html"
        assert cli("report", short, base, "-o", page, *options).code == 0
        assert said in page.read_text()


@pytest.mark.parametrize("text", ["soon", "-3", "1e999"])
def test_a_wrong_warmup_is_wrong_usage(cli, slow, base, text):
    ended = cli("compare", slow, base, f"--warmup={text}")
    assert ended.code == 2
    assert "--warmup: expected auto, none or seconds" in ended.err


def test_a_warmup_longer_than_the_run_is_wrong_usage(cli, slow, base):
    ended = cli("compare", slow, base, "--warmup", "3600")
    assert ended.code == 2
    assert "error: --warmup 3600: 'slow' lasts " in ended.err


def test_what_has_no_requests_cannot_be_cut(cli, fixtures):
    sides = [fixtures / f"locust/{side}_stats.csv" for side in ("slow", "base")]
    assert cli("compare", *sides).code == 1
    ended = cli("compare", *sides, "--warmup", "2")
    assert ended.code == 3
    assert "no warm-up can be left out of 'slow_stats', 'base_stats'" in ended.out
