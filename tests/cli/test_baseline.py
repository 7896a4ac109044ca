"""`perfanalysis baseline`, and RUN arguments that name a stored baseline."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from perfanalysis.api import EXPORTS
from perfanalysis.cli.main import ExitCode
from tests.store.baselines.made_runs import make_run


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A working folder with made-up runs, outside of any CI job."""
    for name, changes in {
        "base-1": {},
        "base-2": {"seed": 2},
        "base-3": {"seed": 3},
        "slow": {"seed": 4, "factor": 1.5},
        "long": {"seed": 5, "n": 900},
    }.items():
        make_run(tmp_path, name, **changes)
    monkeypatch.chdir(tmp_path)
    for variable in ("GITHUB_SHA", "CI_COMMIT_SHA", "PERFANALYSIS_BASELINES", "GITHUB_ACTOR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PERFANALYSIS_ACCEPTED_BY", "jane")
    return tmp_path


@pytest.fixture
def saved(cli, project):
    ended = cli("baseline", "save", "main", "base-1.run")
    assert ended.code == ExitCode.PASS
    return project / "baselines/main/baseline.json"


def document(ended):
    return json.loads(ended.out)


def test_saving_accepting_listing_showing_and_removing(cli, project):
    ended = cli("baseline", "save", "main", "base-1.run", "--branch", "main", "--keep", "2")
    assert ended.code == ExitCode.PASS
    assert ended.out == "accepted: base-1 into baseline main, which holds 1 run\n"
    ended = cli("baseline", "accept", "main", "base-2.run", "--reason", "v1.2")
    assert ended.code == ExitCode.PASS
    assert ended.out.startswith("accepted: base-2 into baseline main, which holds 2 runs; ")
    ended = cli("baseline", "list")
    assert ended.out.splitlines()[1].split()[:4] == ["main", "–", "main", "2"]
    ended = cli("baseline", "show", "main")
    assert "v1.2" in ended.out
    ended = cli("baseline", "remove", "main")
    assert ended.out == "removed: baseline main (2 runs, newest of 2026-01-01)\n"
    assert cli("baseline", "list").out.startswith("no baselines in baselines;")


def test_a_regressed_run_is_refused_with_exit_code_1(cli, saved):
    before = saved.read_bytes()
    ended = cli("baseline", "accept", "main", "slow.run", "--reason", "try")
    assert ended.code == ExitCode.GATE_FAILED
    assert ended.out.startswith("refused: baseline main stays as it was")
    assert "[regressed]" in ended.out
    assert saved.read_bytes() == before


def test_a_run_that_cannot_be_compared_is_refused_with_exit_code_3(cli, saved):
    ended = cli("baseline", "accept", "main", "long.run", "--reason", "try")
    assert ended.code == ExitCode.NO_VERDICT
    assert "[no-verdict]" in ended.out


def test_what_was_refused_is_written_before_the_exit(cli, saved, project):
    ended = cli(
        "baseline",
        "accept",
        "main",
        "slow.run",
        "--reason",
        "try",
        "--format",
        "json",
        "-o",
        "out/refusal.json",
    )
    assert ended.code == ExitCode.GATE_FAILED
    refusal = json.loads((project / "out/refusal.json").read_text())
    assert refusal["schema"] == "perfanalysis.acceptance"
    assert refusal["refused"]
    assert refusal["verdict"] == "regressed"


def test_force_and_a_reason_override_what_speaks_against_a_run(cli, saved):
    ended = cli(
        "baseline",
        "accept",
        "main",
        "slow.run",
        "--force",
        "--reason",
        "encryption",
        "--format",
        "json",
    )
    assert ended.code == ExitCode.PASS
    (entry,) = document(ended)["entries"]
    assert (entry["forced"], entry["reason"], entry["accepted_by"]) == (
        ["regressed"],
        "encryption",
        "jane",
    )


def test_accepting_needs_a_reason(cli, saved):
    ended = cli("baseline", "accept", "main", "base-2.run")
    assert ended.code == ExitCode.USAGE
    assert "Missing option '--reason'" in ended.err


def test_saving_over_a_baseline_says_how_to_mean_it(cli, saved):
    ended = cli("baseline", "save", "main", "base-2.run")
    assert ended.code == ExitCode.USAGE
    assert "is there already" in ended.err
    assert "--force --reason" in ended.err


def test_a_misspelt_baseline_is_named_with_the_closest_one_and_its_place(cli, saved):
    ended = cli("compare", "slow.run", "@mian")
    assert ended.code == ExitCode.USAGE
    assert ended.err.startswith(
        "error: no baseline 'mian' in baselines; did you mean 'main'?\nhint: there: main."
    )


@pytest.mark.parametrize("name", ["../main", "main/", ".hidden", "a\\b", "x.run"])
def test_a_name_that_could_leave_the_store_is_refused(cli, project, name):
    for arguments in (["save", name, "base-1.run"], ["show", name], ["remove", name]):
        ended = cli("baseline", *arguments)
        assert ended.code == ExitCode.USAGE
        assert "is no name of a baseline" in ended.err
    assert cli("compare", "slow.run", f"@{name}").code == ExitCode.USAGE
    assert not (project / "baselines").exists()


def test_a_stored_baseline_of_several_runs_stands_where_a_run_is_expected(cli, project):
    cli("baseline", "save", "main", "base-1.run", "base-2.run", "base-3.run")
    compared = document(cli("compare", "slow.run", "@main", "--format", "json"))
    assert compared["verdict"] == "regressed"
    assert [run["name"] for run in compared["baseline"]] == ["base-1", "base-2", "base-3"]
    assert cli("compare", "slow.run", "--baseline", "@main#anchor").code == ExitCode.GATE_FAILED
    assert cli("report", "slow.run", "@main", "-o", "report.html").code == ExitCode.PASS
    assert "base-3" in (project / "report.html").read_text()
    ended = cli("summary", "@main")
    assert "expected one run, found 3" in ended.err


def test_a_stored_run_has_a_summary_and_exports(cli, saved):
    assert cli("summary", "@main").code == ExitCode.PASS
    for name in EXPORTS:
        assert cli("export", "@main", "--to", name).code == ExitCode.PASS


def test_the_store_is_an_option_a_variable_or_a_key_in_this_order(cli, project, monkeypatch):
    for store in ("option", "variable", "key"):
        assert cli("baseline", "save", store, "base-1.run", "--store", store).code == 0
    (project / "perfanalysis.yml").write_text("baselines: key\n")
    assert "key " in cli("baseline", "list").out
    assert cli("compare", "base-2.run", "@key").code == ExitCode.PASS
    monkeypatch.setenv("PERFANALYSIS_BASELINES", "variable")
    assert "variable " in cli("baseline", "list").out
    assert cli("compare", "base-2.run", "@variable").code == ExitCode.PASS
    assert "option " in cli("baseline", "list", "--store", "option").out
    assert cli("compare", "base-2.run", "@option", "--store", "option").code == ExitCode.PASS
    assert cli("compare", "base-2.run", "@key").code == ExitCode.USAGE


def test_the_rules_of_a_file_decide_and_options_go_before_their_tolerances(cli, project):
    (project / "rules.yml").write_text("metrics:\n  - {metric: 'latency.*', tolerance: 90 %}\n")
    cli("baseline", "save", "main", "base-1.run", "--rules", "rules.yml")
    assert cli("compare", "slow.run", "@main").code == ExitCode.PASS
    assert cli("compare", "slow.run", "@main", "--tolerance", "5%").code == ExitCode.GATE_FAILED
    (project / "perfanalysis.yml").write_text("tolerance: 5%\n")
    assert cli("compare", "slow.run", "@main").code == ExitCode.PASS
    shown = document(cli("baseline", "show", "main", "--format", "json"))
    assert shown["settings"]["metrics"] == [
        {"metric": "latency.*", "name": "*", "tolerance": 0.9, "better": None, "level": None}
    ]


def test_a_mistake_in_the_rules_is_an_error_of_the_configuration(cli, project):
    (project / "rules.yml").write_text("metrics:\n  - {metric: latancy.p95, tolerance: 9 %}\n")
    ended = cli("baseline", "save", "main", "base-1.run", "--rules", "rules.yml")
    assert ended.code == ExitCode.USAGE
    assert "rules.yml: metrics.0.metric: 'latancy.p95' is no metric" in ended.err
    assert not (project / "baselines").exists()


def test_drift_fails_a_comparison_by_option_or_key(cli, project):
    cli("baseline", "save", "main", "base-1.run", "--keep", "1")
    cli("baseline", "accept", "main", "slow.run", "--force", "--reason", "so it is now")
    again = make_run(project, "again", seed=9, factor=1.5)
    told = cli("compare", again.path, "@main")
    assert told.code == ExitCode.PASS
    assert "[drift]" in told.out
    assert cli("compare", again.path, "@main", "--gate-drift").code == ExitCode.GATE_FAILED
    (project / "perfanalysis.yml").write_text("gate_drift: true\n")
    assert cli("compare", again.path, "@main").code == ExitCode.GATE_FAILED


def test_a_calibration_is_stored_beside_the_baseline_and_used(cli, project):
    cli("baseline", "save", "main/staging", "base-1.run", "base-2.run")
    folder = project / "identical"
    for number in range(5):
        make_run(folder, f"same-{number}", seed=20 + number, factor=1 + number / 100)
    ended = cli("calibrate", folder, "--save", "main/staging", "--store", "baselines")
    assert ended.err == "calibration: baselines/main/staging.calibration.json\n"
    compared = document(cli("compare", "base-3.run", "@main/staging", "--format", "json"))
    assert "calibrated" in {caveat["code"] for caveat in compared["caveats"]}
    named = ("--calibration", "main/staging", "--store", "baselines", "--format", "json")
    compared = document(cli("compare", "base-3.run", "base-1.run", *named))
    assert "calibrated" in {caveat["code"] for caveat in compared["caveats"]}


def test_a_budget_has_to_be_met(cli, project):
    (project / "budget.yml").write_text("budgets:\n  - {metric: latency.p50, limit: 50 ms}\n")
    ended = cli("baseline", "save", "main", "base-1.run", "--budget", "budget.yml")
    assert ended.code == ExitCode.GATE_FAILED
    assert "refused: baseline main was not begun" in ended.out
    assert "[broken-budget]" in ended.out
    cli("baseline", "save", "main", "base-1.run")
    options = ("--reason", "x", "--budget", "budget.yml")
    ended = cli("baseline", "accept", "main", "base-2.run", *options)
    assert ended.code == ExitCode.GATE_FAILED
    (project / "perfanalysis.yml").write_text("budget: budget.yml\n")
    ended = cli("baseline", "accept", "main", "base-2.run", "--reason", "x")
    assert "[broken-budget]" in ended.out


def test_git_sees_only_what_belongs_into_it(cli, saved, project):
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is not here")
    subprocess.run([git, "init", "--quiet"], check=True)
    listed = subprocess.run(
        [git, "status", "--porcelain", "--untracked-files=all", "baselines"],
        check=True,
        capture_output=True,
        text=True,
    )
    names = [line.rpartition("/")[2] for line in listed.stdout.splitlines()]
    assert sorted(names) == ["baseline.json", "histograms.parquet", "run.json"]


def test_a_bucket_without_its_package_says_what_to_install(cli, project, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    ended = cli("baseline", "list", "--store", "s3://ci/perf")
    assert ended.code == ExitCode.USAGE
    assert "the package s3fs is missing" in ended.err
    assert "pip install 'perfanalysis[cloud]'" in ended.err


def test_a_damaged_baseline_is_unreadable_input(cli, saved):
    saved.write_text('{"schema_version": 2}')
    ended = cli("compare", "slow.run", "@main")
    assert ended.code == ExitCode.BAD_INPUT
    assert "written by a newer perfanalysis" in ended.err
