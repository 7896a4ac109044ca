from __future__ import annotations

import re
from dataclasses import replace

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.publish.findings import Findings
from perfanalysis.publish.github_actions import (
    error_annotations,
    outputs,
    write_outputs,
    write_summary,
)
from perfanalysis.reports.markdown import Framing


def decoded(line):
    """A workflow command as the runner reads it: name, properties, message."""
    name, properties, message = re.fullmatch(r"::(\w+) ([^:]*)::(.*)", line).groups()
    pairs = dict(pair.split("=", 1) for pair in properties.split(","))
    shown = {key: _decode(value) for key, value in pairs.items()}
    return name, shown, _decode(message)


def _decode(text):
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


def read_outputs(text):
    """Outputs as the runner reads them."""
    found, lines = {}, iter(text.splitlines())
    for line in lines:
        name, delimiter = line.split("<<", 1)
        value = []
        for part in lines:
            if part == delimiter:
                break
            value.append(part)
        found[name] = "\n".join(value)
    return found


def test_each_failure_of_the_gate_is_an_error_in_words(problem):
    first, second = error_annotations(problem)
    assert decoded(first) == (
        "error",
        {"title": "Performance: checkout error_rate"},
        (
            "checkout error_rate: 0.5 % -> 0.93 %, +0.43 pp (95 % interval +0.21 pp to +0.66 pp), "
            "regressed, critical"
        ),
    )
    assert decoded(second)[1] == {"title": "Performance: search latency.p95"}


def test_a_broken_budget_is_an_error_and_a_warning_is_none(broken_check, make_budget):
    warned = replace(broken_check, results=(*broken_check.results, make_budget(level="warn")))
    (line,) = error_annotations(Findings.of(None, warned, strict=False))
    assert decoded(line)[1:] == (
        {"title": "Performance: budget on search latency.p95"},
        "search latency.p95 is 57.9 ms, 15.8 % over 50 ms",
    )


def test_at_most_ten_are_printed(comparison, make_result):
    many = replace(comparison, results=tuple(make_result(name=f"n{n}") for n in range(30)))
    assert len(error_annotations(Findings.of(many, None, strict=False))) == 10


@pytest.mark.parametrize(
    "name",
    [
        "a,b:c%d",
        "x::error::y",
        "two\nlines\r::stop-commands::t",
        "%0A::add-mask::z",
        "=,::",
        "🐢" * 5000,
    ],
)
def test_no_name_ends_a_command_or_begins_another(comparison, make_result, name):
    hostile = replace(comparison, results=(make_result(name=name),))
    (line,) = error_annotations(Findings.of(hostile, None, strict=False))
    assert "\n" not in line
    assert "\r" not in line
    assert len(line) < 3000
    command, properties, message = decoded(line)
    assert (command, list(properties)) == ("error", ["title"])
    assert message.endswith("regressed, major")


def test_nothing_wrong_is_no_annotation(no_problem):
    assert error_annotations(no_problem) == []


def test_outputs_hold_what_later_steps_ask_for(problem, tmp_path):
    file = tmp_path / "output"
    file.write_text("earlier<<E\nx\nE\n")
    write_outputs({"GITHUB_OUTPUT": str(file)}, outputs(problem, "out/report.html"))
    assert read_outputs(file.read_text()) == {
        "earlier": "x",
        "gate": "failed",
        "verdict": "regressed",
        "regressions": "2",
        "violations": "0",
        "judged": "6",
        "report-path": "out/report.html",
    }
    assert "report-path" not in outputs(problem, None)


def test_no_value_can_end_itself_and_begin_another_output(problem, tmp_path):
    file = tmp_path / "output"
    forged = "x\nperfanalysis_0\nverdict<<E\nunchanged\nE"
    write_outputs({"GITHUB_OUTPUT": str(file)}, outputs(problem, forged))
    found = read_outputs(file.read_text())
    assert found["report-path"] == forged
    assert found["verdict"] == "regressed"


def test_outside_of_actions_nothing_is_written(problem, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_outputs({}, outputs(problem, None))
    assert write_summary({}, problem, Framing()) is None
    assert list(tmp_path.iterdir()) == []


def test_the_job_summary_gets_the_text_without_a_marker(problem, tmp_path):
    file = tmp_path / "summary"
    file.write_text("# before\n")
    environ = {"GITHUB_STEP_SUMMARY": str(file)}
    assert write_summary(environ, problem, Framing(reproduce="perfanalysis compare a b"))
    text = file.read_text()
    assert text.startswith("# before\n### ❌ Performance: 2 regressions")
    assert "Reproduce: `perfanalysis compare a b`" in text
    assert "<!--" not in text


def test_the_job_summary_holds_more_than_a_comment_and_no_more_than_github_takes(
    comparison, make_result, tmp_path
):
    results = tuple(make_result(name=f"GET /{n}/{'x' * 60}") for n in range(12_000))
    findings = Findings.of(replace(comparison, results=results), None, strict=False)
    file = tmp_path / "summary"
    environ = {"GITHUB_STEP_SUMMARY": str(file)}
    assert write_summary(environ, findings, Framing())
    assert 1_000_000 < file.stat().st_size <= 2**20
    assert write_summary(environ, findings, Framing()) is False
    assert file.stat().st_size <= 2**20


def test_a_file_that_cannot_be_written_is_named(problem, tmp_path):
    file = str(tmp_path / "none" / "file")
    with pytest.raises(UsageError, match=r"GITHUB_STEP_SUMMARY: .*cannot be written: No such file"):
        write_summary({"GITHUB_STEP_SUMMARY": file}, problem, Framing())
    with pytest.raises(UsageError, match=r"GITHUB_OUTPUT: .*cannot be written: No such file"):
        write_outputs({"GITHUB_OUTPUT": file}, {"a": "b"})
