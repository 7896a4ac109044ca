"""`check`, and budgets in `compare` and `report`: exit codes, configuration, files."""

from __future__ import annotations

import json

import pytest

from perfanalysis.cli.main import ExitCode

MET = "budgets: [{metric: latency.p95, limit: 5 s}]\n"
BROKEN = "budgets: [{metric: latency.p95, limit: 5 ms}]\n"
WARNING = "budgets: [{metric: latency.p95, limit: 5 ms, level: warn}]\n"
# 2 of 3779 failed.
OPEN = f"{MET[:-2]}, {{metric: error_rate, limit: 0.1 %}}]\n"
MISSING = f"{MET[:-2]}, {{metric: system.cpu.mean, limit: 70 %}}]\n"
RELATIVE = f'{MET[:-2]}, {{metric: latency.p95, change: "+10 %"}}]\n'
NOTHING = "budgets: [{metric: system.cpu.mean, limit: 70 %, level: warn}]\n"


@pytest.fixture
def base(fixtures):
    return fixtures / "demo/base.json.xz"


@pytest.fixture
def slow(fixtures):
    return fixtures / "demo/slow.json.xz"


@pytest.fixture
def budget(tmp_path, monkeypatch):
    """Write a budget file and return its path; the working folder is empty but for it."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="budget.yml"):
        (tmp_path / name).write_text(text)
        return name

    return write


@pytest.mark.parametrize(
    ("text", "code", "strict"),
    [
        (MET, ExitCode.PASS, ExitCode.PASS),
        (BROKEN, ExitCode.GATE_FAILED, ExitCode.GATE_FAILED),
        (WARNING, ExitCode.PASS, ExitCode.PASS),
        (OPEN, ExitCode.PASS, ExitCode.NO_VERDICT),
        (MISSING, ExitCode.NO_VERDICT, ExitCode.NO_VERDICT),
        (RELATIVE, ExitCode.PASS, ExitCode.NO_VERDICT),
        (NOTHING, ExitCode.NO_VERDICT, ExitCode.NO_VERDICT),
    ],
)
def test_the_exit_code_of_a_check_follows_from_its_outcomes(cli, base, budget, text, code, strict):
    name = budget(text)
    assert cli("check", base, "--budget", name).code == code
    assert cli("check", base, "--budget", name, "--strict").code == strict


@pytest.mark.parametrize(
    ("current", "text", "code"),
    [
        ("base", MET, ExitCode.PASS),
        ("base", BROKEN, ExitCode.GATE_FAILED),
        ("base", WARNING, ExitCode.PASS),
        ("base", MISSING, ExitCode.NO_VERDICT),
        ("base", RELATIVE, ExitCode.PASS),
        ("slow", MET, ExitCode.GATE_FAILED),
        ("slow", MISSING, ExitCode.GATE_FAILED),
    ],
)
def test_a_comparison_fails_for_a_regression_or_a_broken_budget(
    cli, base, slow, budget, current, text, code
):
    ended = cli("compare", slow if current == "slow" else base, base, "--budget", budget(text))
    assert ended.code == code


def test_bisecting_skips_what_budgets_cannot_decide(cli, base, budget):
    ended = cli("compare", base, base, "--budget", budget(MISSING), "--bisect")
    assert ended.code == 125


def test_several_files_are_judged_together(cli, base, budget):
    files = budget(MET), budget(BROKEN, "other.yml")
    ended = cli("check", base, *(word for file in files for word in ("--budget", file)),
                "--format", "json")  # fmt: skip
    document = json.loads(ended.out)
    assert [(b["file"], b["outcome"]) for b in document["budgets"]] == [
        ("budget.yml", "met"),
        ("other.yml", "broken"),
    ]
    assert ended.code == ExitCode.GATE_FAILED


def test_the_variable_goes_before_the_configuration_and_the_flag_before_both(
    cli, base, budget, monkeypatch
):
    budget("budget: configured.yml\n", "perfanalysis.yml")
    for name, text in (("configured.yml", BROKEN), ("variable.yml", WARNING), ("flag.yml", MET)):
        budget(text, name)

    def file_of(*options):
        ended = cli("check", base, "--format", "json", *options)
        return [b["file"] for b in json.loads(ended.out)["budgets"]]

    assert file_of() == ["configured.yml"]
    monkeypatch.setenv("PERFANALYSIS_BUDGET", "variable.yml")
    assert file_of() == ["variable.yml"]
    assert file_of("--budget", "flag.yml") == ["flag.yml"]


def test_the_configuration_may_name_several_files(cli, base, budget):
    budget("budget: [one.yml, two.yml]\nstrict: true\n", "perfanalysis.yml")
    budget(MET, "one.yml")
    budget(OPEN, "two.yml")
    assert cli("check", base).code == ExitCode.NO_VERDICT
    assert cli("compare", base, base).out.startswith("budgets: 1 undecided, 2 met of 3 budgets")


def test_artefacts_are_written_before_a_check_fails(cli, base, budget, tmp_path):
    ended = cli("check", base, "--budget", budget(BROKEN), "--format", "junit", "-o", "out/b.xml")
    assert ended.code == ExitCode.GATE_FAILED
    assert "<failure" in (tmp_path / "out/b.xml").read_text()


def test_a_report_without_a_baseline_shows_budgets_and_passes(cli, base, budget, tmp_path):
    ended = cli("report", base, "--budget", budget(BROKEN), "-o", "r.html")
    assert ended.code == ExitCode.PASS
    assert 'id="budgets"' in (tmp_path / "r.html").read_text()


def test_every_output_of_a_comparison_tells_its_budgets(cli, base, budget):
    name = budget(BROKEN)
    for output in ("table", "json", "markdown", "junit", "html"):
        ended = cli("compare", base, base, "--budget", name, "--format", output)
        assert ended.code == ExitCode.GATE_FAILED
        assert "latency.p95: limit 5 ms" in ended.out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("budgets: [{metric: latancy.p95, limit: 5}]", "did you mean 'latency.p95'?"),
        ("budgets: [{metric: latency.p95, limit: 5, name: serch}]", "did you mean 'search'?"),
        ("budgets: [{metric: latency.p95, limit: 5 MB}]", "expected a duration"),
        ("bugdets: []", "did you mean 'budgets'?"),
    ],
)
def test_a_wrong_budget_file_is_a_configuration_error_with_its_line(
    cli, base, budget, text, message
):
    ended = cli("check", base, "--budget", budget(text))
    assert ended.code == ExitCode.USAGE
    assert ended.err.startswith("error: budget.yml:1: ")
    assert message in ended.err
    assert ended.out == ""


def test_a_missing_budget_file_and_a_missing_run_are_usage_errors(cli, base, budget):
    budget(MET)
    ended = cli("check", base, "--budget", "none.yml")
    assert (ended.code, "none.yml: cannot be read" in ended.err) == (ExitCode.USAGE, True)
    assert cli("check").code == ExitCode.USAGE


def test_a_hostile_budget_file_cannot_steer_the_terminal(cli, base, budget):
    text = 'budgets: [{metric: latency.p95, limit: 5 ms, message: "\\e[2Jgone\\u202e"}]'
    ended = cli("check", base, "--budget", budget(text))
    assert "\x1b" not in ended.out
    assert "␛[2Jgone" in ended.out
    ended = cli("check", base, "--budget", budget('"\\e[2J": 1'))
    assert "\x1b" not in ended.err
