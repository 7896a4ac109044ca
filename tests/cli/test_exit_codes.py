"""Exit codes, and errors as people read them."""

from __future__ import annotations

import json

import pytest

import perfanalysis.api
from perfanalysis.cli.main import ExitCode


def test_a_regression_fails_and_is_named(cli, fixtures):
    ended = cli("compare", fixtures / "demo/slow.json.xz", fixtures / "demo/base.json.xz")
    assert ended.code == ExitCode.GATE_FAILED == 1
    first = ended.out.splitlines()[0]
    assert first.startswith("regressed:")
    assert "search" in first
    assert "checkout" in first


def test_a_run_against_itself_passes_with_every_change_zero(cli, fixtures):
    base = fixtures / "demo/base.json.xz"
    ended = cli("compare", base, base, "--format", "json")
    assert ended.code == ExitCode.PASS == 0
    document = json.loads(ended.out)
    assert {result["change"] for result in document["results"]} == {0.0}
    assert document["verdict"] in {"not-regressed", "unchanged"}
    assert "same-run" in {caveat["code"] for caveat in document["caveats"]}


def test_strict_makes_undecided_no_verdict(cli, fixtures):
    base = fixtures / "demo/base.json.xz"
    assert cli("compare", base, base, "--strict").code == ExitCode.NO_VERDICT == 3


def test_swapped_sides_improve_and_pass(cli, fixtures):
    ended = cli(
        "compare",
        "--current",
        fixtures / "demo/base.json.xz",
        "--baseline",
        fixtures / "demo/slow.json.xz",
        "--format",
        "json",
    )
    improved = {r["name"] for r in json.loads(ended.out)["results"] if r["verdict"] == "improved"}
    assert ended.code == 0
    assert {"search", "checkout"} <= improved


def test_a_name_gone_from_the_current_run_is_no_verdict_unless_excused(cli, fixtures, tmp_path):
    lines = (fixtures / "jmeter/base.csv.jtl").read_text().splitlines(keepends=True)
    less = tmp_path / "less.jtl"
    less.write_text("".join(line for line in lines if ",Search," not in line))
    base = fixtures / "jmeter/base.csv.jtl"
    ended = cli("compare", less, base)
    assert ended.code == ExitCode.NO_VERDICT
    assert "'Search' is missing in every current run" in ended.out
    assert cli("compare", less, base, "--allow-missing", "Sea*").code == ExitCode.PASS


def test_a_new_name_is_listed_and_does_not_fail(cli, fixtures, tmp_path):
    lines = (fixtures / "jmeter/base.csv.jtl").read_text().splitlines(keepends=True)
    less = tmp_path / "less.jtl"
    less.write_text("".join(line for line in lines if ",Search," not in line))
    ended = cli("compare", fixtures / "jmeter/base.csv.jtl", less)
    assert ended.code == ExitCode.PASS
    assert "'Search' is missing in every baseline run" in ended.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["compare"], 2, "error: expected a current run, found none"),
        (["compare", "a"], 2, "error: expected a baseline run, found none"),
        (["summary", "nothing.jtl"], 2, "error: nothing.jtl: no such file"),
        (["summary"], 2, "Missing argument 'RUN'"),
        (["frobnicate"], 2, "No such command"),
        (["compare", "{base}", "{base}", "--metric", "latancy.p95"], 2, "did you mean 'latency.p9"),
        (["compare", "{base}", "{base}", "--name", "nope*"], 2, "matches none of the names"),
        (
            ["compare", "{base}", "{base}", "--tolerance", "wide"],
            2,
            "--tolerance: expected a ratio",
        ),
        (["compare", "{base}", "{base}", "--tolerance", "900%"], 2, "from 0 to 2"),
        (["summary", "{base}", "--timezone", "Mars/Olympus"], 2, "is no time zone"),
        (["summary", "{base}", "--from", "k7"], 2, "'k7' is no format"),
        (["summary", "{base}", "--max-bad-rows", "some"], 2, "expected a number of rows"),
        (["import", "{base}", "-o", "{tmp}/a.run", "--tag", "x"], 2, "expected KEY=VALUE"),
        (["summary", "{poem}"], 4, "expected the results of a known tool"),
        (["summary", "{empty}"], 4, "found an empty file"),
        (["summary", "{bad}"], 4, "bad.jtl:3: column 'elapsed': expected"),
    ],
)
def test_errors_say_what_was_expected_and_found(cli, fixtures, tmp_path, arguments, code, message):
    (tmp_path / "poem.txt").write_text("Shall I compare thee to a summer's day?\n")
    (tmp_path / "empty.jtl").write_text("")
    (tmp_path / "bad.jtl").write_text(
        "timeStamp,elapsed,label,success\n1700000000000,12,a,true\n1700000000001,soon,a,true\n"
    )
    places = {
        "base": fixtures / "jmeter/base.csv.jtl",
        "tmp": tmp_path,
        "poem": tmp_path / "poem.txt",
        "empty": tmp_path / "empty.jtl",
        "bad": tmp_path / "bad.jtl",
    }
    ended = cli(*[argument.format(**places) for argument in arguments])
    assert ended.code == code
    assert message in ended.err
    assert "Traceback" not in ended.err


def test_a_damaged_bundle_is_bad_input(cli, tmp_path):
    (tmp_path / "a.run").mkdir()
    (tmp_path / "a.run/run.json").write_text("{}")
    ended = cli("summary", tmp_path / "a.run")
    assert ended.code == ExitCode.BAD_INPUT == 4
    assert "Field required" in ended.err


def test_a_bug_is_no_verdict_and_says_how_to_report_it(cli, fixtures, monkeypatch):
    def broken(*_arguments, **_options):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(perfanalysis.api, "summarize", broken)
    ended = cli("summary", fixtures / "jmeter/base.csv.jtl")
    assert ended.code == ExitCode.BUG == 70
    assert "bug: perfanalysis failed" in ended.err
    assert "PERFANALYSIS_TRACEBACK=1" in ended.err
    assert "Traceback" not in ended.err
    monkeypatch.setenv("PERFANALYSIS_TRACEBACK", "1")
    assert "ZeroDivisionError" in cli("summary", fixtures / "jmeter/base.csv.jtl").err


def test_an_interrupt_ends_with_130_and_leaves_nothing(cli, fixtures, tmp_path, monkeypatch):
    from perfanalysis.importers.jmeter.jtl_csv import JmeterCsv

    def interrupted(*_arguments):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(JmeterCsv, "read", interrupted)
    ended = cli("import", fixtures / "jmeter/base.csv.jtl", "-o", tmp_path / "a.run")
    assert ended.code == ExitCode.INTERRUPTED == 130
    assert list(tmp_path.iterdir()) == []


def test_hostile_file_names_cannot_steer_the_terminal(cli, tmp_path):
    path = tmp_path / "x\x1b[31m.jtl"
    path.write_text("nothing\n")
    ended = cli("summary", path)
    assert ended.code == 4
    assert "\x1b" not in ended.err


def test_an_error_that_quotes_a_strangers_file_is_no_command_of_a_ci_system(cli, tmp_path):
    name = tmp_path / "##[error]forged.jtl"
    name.write_text("poem\n")
    ended = cli("summary", name)
    assert ended.code == ExitCode.BAD_INPUT
    assert r"##\[error]forged" in ended.err
    assert "##[" not in ended.err
