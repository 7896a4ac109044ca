"""The configuration file, the environment and the flags, weakest first."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tolerance_of(cli, fixtures):
    def call(*options):
        base = fixtures / "jmeter/base.csv.jtl"
        ended = cli(*options, "compare", base, base, "--format", "json")
        return json.loads(ended.out)["tolerance"]

    return call


def test_the_file_sets_the_default(project, tolerance_of):
    assert tolerance_of() == 0.05
    (project / "perfanalysis.yml").write_text("tolerance: 10 %\n")
    assert tolerance_of() == 0.1


def test_pyproject_holds_it_as_well(project, tolerance_of):
    (project / "pyproject.toml").write_text("[tool.perfanalysis]\ntolerance = 0.2\n")
    assert tolerance_of() == 0.2


def test_a_pyproject_of_something_else_is_left_alone(project, tolerance_of):
    (project / "pyproject.toml").write_text("[tool.other]\ntolerance = 0.2\n")
    assert tolerance_of() == 0.05


def test_another_file_can_be_named(project, tolerance_of):
    (project / "strict.yml").write_text("tolerance: 1%\n")
    assert tolerance_of("--config", "strict.yml") == 0.01


def test_the_environment_goes_before_the_file_and_flags_before_both(
    project, tolerance_of, monkeypatch, cli, fixtures
):
    (project / "perfanalysis.yml").write_text("tolerance: 10%\n")
    monkeypatch.setenv("PERFANALYSIS_TOLERANCE", "7%")
    assert tolerance_of() == 0.07
    base = fixtures / "jmeter/base.csv.jtl"
    ended = cli("compare", base, base, "--tolerance", "3%", "--format", "json")
    assert json.loads(ended.out)["tolerance"] == 0.03


def test_every_key_reaches_the_comparison(project, cli, fixtures):
    (project / "perfanalysis.yml").write_text(
        "error_rate_tolerance: 2%\nalpha: 0.01\nnoise: {center: 0.2, tail: 0.3}\n"
        "strict: true\nmetrics: [latency.p50, error_rate]\n"
    )
    base = fixtures / "jmeter/base.csv.jtl"
    ended = cli("compare", base, base, "--format", "json")
    document = json.loads(ended.out)
    assert ended.code == 3
    assert document["alpha"] == 0.01
    assert {result["metric"] for result in document["results"]} == {"latency.p50", "error_rate"}
    by_metric = {result["metric"]: result for result in document["results"]}
    assert by_metric["error_rate"]["tolerance"] == 0.02
    # 0.2 a run, so 0.28 for a difference: an interval of about +-55 % in logarithms.
    assert by_metric["latency.p50"]["ci_high"] > 0.7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tolerence: 5%\n", "'tolerence' is no key; did you mean 'tolerance'?"),
        ("alpha: 7\n", "alpha: input should be less than 0.5, found 7"),
        ("noise: {centre: 1}\n", "noise.centre"),
        ("- a list\n", "expected keys and values, found list"),
        ("tolerance: [\n", "perfanalysis.yml:2: expected YAML"),
    ],
)
def test_a_wrong_file_names_the_key_or_line(project, cli, text, message):
    (project / "perfanalysis.yml").write_text(text)
    ended = cli("formats")
    assert ended.code == 2
    assert message in ended.err


def test_a_missing_file_that_was_named_is_an_error(project, cli):
    assert cli("--config", "gone.yml", "formats").code == 2


def test_a_wrong_toml_is_an_error(project, cli):
    (project / "pyproject.toml").write_text("[tool.perfanalysis\n")
    ended = cli("formats")
    assert ended.code == 2
    assert "expected TOML" in ended.err
