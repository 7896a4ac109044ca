"""Baselines: begun, accepted into, compared with, shown, removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

import perfanalysis as pa
from perfanalysis import api
from perfanalysis.api.provenance import commit_here, person
from perfanalysis.errors import BundleError, ConfigError, UsageError
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.calibration import Calibration, MeasuredNoise
from perfanalysis.model.results import Verdict
from perfanalysis.model.run import Commit
from perfanalysis.store.baselines.store import BaselineStore
from tests.store.baselines.made_runs import NOON, make_run

ORIGIN = api.Origin(by="jane", at=NOON, commit=Commit(sha="5eed" * 10, branch="main"))
TERMS = api.Terms(settings=pa.Settings(warmup="none"))
VARIABLES = (
    *("GITHUB_ACTOR", "GITHUB_SHA", "GITHUB_HEAD_REF", "GITHUB_REF_NAME"),
    *("GITLAB_USER_LOGIN", "CI_COMMIT_SHA", "CI_COMMIT_REF_NAME", "PERFANALYSIS_BASELINES"),
)


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """An empty working folder outside of any CI job."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    return folder


@pytest.fixture
def make(tmp_path):
    def call(name, **changes):
        return make_run(tmp_path, name, **{"seed": sum(map(ord, name)), **changes})

    return call


def save(*runs, **options):
    return api.baseline_save("main", list(runs), **{"origin": ORIGIN, **options})


def accept(run, **options):
    terms = options.pop("terms", TERMS)
    given = {"reason": "a release", "origin": ORIGIN, **options}
    return api.baseline_accept("main", run, terms=terms, **given)


def codes(found):
    return [caveat.code for caveat in found]


def test_a_saved_baseline_is_what_runs_are_held_against(make):
    saved = save(make("base-1"), make("base-2"), make("base-3"))
    assert [entry.name for entry in saved.accepted] == ["base-1", "base-2", "base-3"]
    slow = make("slow", factor=1.5)
    found = api.compare(slow, "@main")
    assert found.verdict is Verdict.REGRESSED
    assert found.design == "1v3"
    assert [run.name for run in found.baseline] == ["base-1", "base-2", "base-3"]


def test_a_passing_run_joins_with_person_time_commit_and_reason(make):
    save(make("base-1"))
    accepted = accept(make("base-2"), reason="v1.2")
    (entry,) = accepted.accepted
    assert (entry.number, entry.name, entry.accepted_by) == (2, "base-2", "jane")
    assert (entry.accepted_at, entry.reason, entry.forced) == (NOON, "v1.2", ())
    assert entry.commit == Commit(sha="5eed" * 10, branch="main")
    assert not accepted.refused
    assert accepted.comparison is not None


def test_a_regressed_run_never_joins(make):
    saved = save(make("base-1"))
    refused = accept(make("slow", factor=1.5))
    assert refused.refused
    assert refused.failed
    assert set(codes(refused.refusals)) == {"regressed"}
    assert api.baseline_show("main").baseline == saved.baseline


def test_a_run_that_cannot_be_compared_does_not_join(make):
    save(make("base-1"))
    refused = accept(make("long", n=900))
    assert refused.refused
    assert not refused.failed
    assert "no-verdict" in codes(refused.refusals)


def test_a_run_that_is_not_valid_does_not_join(make):
    save(make("base-1"))
    refused = accept(make("broken", failures=200))
    assert "mostly-failures" in codes(refused.refusals)
    assert api.baseline_show("main").baseline.accepted == 1


def test_force_accepts_a_regressed_run_and_the_baseline_tells_of_it(make):
    save(make("base-1"))
    accepted = accept(make("slow", factor=1.5), force=True, reason="encryption at rest")
    assert accepted.forced
    assert not accepted.refused
    (entry,) = accepted.accepted
    assert entry.forced == ("regressed",)
    event = api.baseline_show("main").baseline.history[-1]
    assert (event.forced, event.reason) == (("regressed",), "encryption at rest")


def test_force_where_nothing_speaks_against_a_run_forces_nothing(make):
    save(make("base-1"))
    accepted = accept(make("base-2"), force=True)
    assert not accepted.forced
    assert accepted.accepted[0].forced == ()


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_needed(make, reason):
    save(make("base-1"))
    with pytest.raises(UsageError, match="expected a reason"):
        accept(make("base-2"), reason=reason)


def test_accepting_a_run_again_changes_nothing(make):
    save(make("base-1"))
    accept(make("base-2"))
    again = accept(make("base-2"), reason="the job was repeated")
    assert again.already
    assert not again.refused
    assert again.accepted == ()
    assert api.baseline_show("main").baseline.accepted == 2


def test_only_the_last_runs_are_compared_with(make):
    save(make("base-1"), settings=api.BaselineSettings(keep=2))
    for number in (2, 3):
        accepted = accept(make(f"base-{number}"))
    assert accepted.dropped == ("base-1",)
    assert [run.name for run in api.compare(make("new"), "@main").baseline] == ["base-2", "base-3"]
    assert [run.info.name for run in api.load_runs("@main#anchor")] == ["base-1", "base-2"]


def test_a_baseline_that_is_there_is_not_replaced_without_force_and_reason(make):
    save(make("base-1"))
    with pytest.raises(UsageError, match="baseline 'main' is there already") as caught:
        save(make("base-2"))
    assert "--force --reason" in caught.value.hint
    with pytest.raises(UsageError, match="expected a reason"):
        save(make("base-2"), force=True)
    replaced = save(make("base-2"), force=True, reason="a new machine")
    assert [entry.name for entry in replaced.baseline.entries] == ["base-2"]
    assert replaced.dropped == ("base-1",)
    assert len(replaced.baseline.history) == 2


def test_a_new_baseline_needs_valid_runs_that_are_comparable(make):
    refused = save(make("short"), make("long", n=900))
    assert refused.refused
    assert "different-durations" in codes(refused.refusals)
    assert api.baseline_list().baselines == ()
    forced = save(make("short"), make("long", n=900), force=True, reason="both are needed")
    assert forced.forced
    assert forced.accepted[0].forced == ("different-durations",)


def test_many_runs_make_room_for_themselves(make):
    saved = save(*(make(f"base-{i}") for i in range(7)))
    assert saved.baseline.settings.keep == 7
    assert len(saved.baseline.recent) == 7


def test_fewer_runs_than_are_given_cannot_be_kept(make):
    with pytest.raises(UsageError, match="--keep 1: expected at least the 2 runs"):
        save(make("base-1"), make("base-2"), settings=api.BaselineSettings(keep=1))


def test_settings_that_are_given_replace_those_of_the_baseline_and_others_stay(make):
    save(make("base-1"), settings=api.BaselineSettings(keep=3, max_age_days=7))
    accept(make("base-2"), settings=api.BaselineSettings(gate_drift=True))
    settings = api.baseline_show("main").baseline.settings
    assert (settings.keep, settings.max_age_days, settings.gate_drift) == (3, 7, True)


def test_budgets_have_to_be_met(make):
    budgets = {"budgets": [{"metric": "latency.p50", "limit": "110 ms"}]}
    tight = {"budgets": [{"metric": "latency.p50", "limit": "50 ms"}]}
    assert codes(save(make("base-1"), budgets=tight).refusals) == ["broken-budget"]
    assert not save(make("base-1"), budgets=budgets).refused
    slack = TERMS.settings
    refused = accept(make("base-2"), terms=api.Terms(settings=slack, budgets=tight))
    assert codes(refused.refusals) == ["broken-budget"]
    assert refused.failed
    assert not accept(make("base-2"), terms=api.Terms(settings=slack, budgets=budgets)).refused


def test_a_budget_that_only_warns_refuses_nothing(make):
    warning = {"budgets": [{"metric": "latency.p50", "limit": "50 ms", "level": "warn"}]}
    assert not save(make("base-1"), budgets=warning).refused


def test_a_baseline_is_of_one_branch_and_environment(make):
    save(make("base-1"), origin=api.Origin(branch="main", environment="staging", by="jane"))
    baseline = api.baseline_show("main").baseline
    assert (baseline.branch, baseline.environment) == ("main", "staging")
    other = api.Origin(branch="feature/x", environment="production", by="jane")
    refused = accept(make("base-2"), origin=other)
    assert codes(refused.refusals) == ["other-environment", "other-branch"]
    same = api.Origin(branch="main", environment="staging", by="jane")
    assert not accept(make("base-2"), origin=same).refused


def test_branch_and_environment_are_those_of_the_run_where_it_tells_them(make):
    commit = Commit(sha="c0ffee", branch="release")
    run = make("base-1", commit=commit, tags={"environment": "staging"})
    saved = save(run, origin=api.Origin(by="jane"))
    assert (saved.baseline.branch, saved.baseline.environment) == ("release", "staging")
    assert saved.accepted[0].commit == commit


def test_the_ci_job_tells_person_branch_and_commit(make, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTOR", "octocat")
    monkeypatch.setenv("GITHUB_SHA", "f00d" * 10)
    monkeypatch.setenv("GITHUB_REF_NAME", "main")
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_topsecret")
    saved = save(make("base-1", commit=None), origin=api.UNKNOWN)
    assert saved.accepted[0].accepted_by == "octocat"
    assert saved.accepted[0].commit == Commit(sha="f00d" * 10, branch="main")
    assert saved.baseline.branch == "main"
    assert "topsecret" not in saved.baseline.model_dump_json()
    monkeypatch.setenv("GITHUB_HEAD_REF", "feature/x")
    refused = accept(make("base-2", commit=None), origin=api.UNKNOWN)
    assert codes(refused.refusals) == ["other-branch"]


def test_the_user_of_gitlab_goes_before_that_of_the_machine(monkeypatch):
    monkeypatch.setenv("USER", "runner")
    monkeypatch.setenv("GITLAB_USER_LOGIN", "jdoe")
    assert person() == "jdoe"


def test_without_git_the_user_of_the_machine_accepts(monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("USER", "jane")
    assert person() == "jane"
    assert commit_here() is None


def test_git_tells_person_and_commit_of_the_working_folder(project, monkeypatch):
    import subprocess

    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(project / "none"))
    settings = ["-c", "user.name=Jane Doe", "-c", "user.email=jane@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch=trunk"],
        ["config", "user.name", "Jane Doe"],
        [*settings, "commit", "--quiet", "--allow-empty", "-m", "begin"],
    ):
        subprocess.run(["git", *command], check=True)
    assert person() == "Jane Doe"
    commit = commit_here()
    assert len(commit.sha) == 40
    assert commit.branch == "trunk"


def test_slow_drift_is_told_although_every_run_passes(make):
    save(make("base-0"), settings=api.BaselineSettings(keep=1))
    for step in range(1, 6):
        run = make(f"base-{step}", factor=1.04**step, day=step)
        assert not accept(run).refused
    found = api.compare(make("new", factor=1.04**6, day=6), "@main", settings=TERMS.settings)
    assert found.verdict is not Verdict.REGRESSED
    (drift,) = [caveat for caveat in found.caveats if caveat.code == "drift"]
    assert "against the anchor of 2026-01-01" in drift.message
    gated = pa.Settings(warmup="none", gate_drift=True)
    assert api.compare(make("new-2", factor=1.04**6), "@main", settings=gated).verdict is (
        Verdict.REGRESSED
    )


def test_drift_fails_where_the_baseline_itself_says_so(make):
    save(make("base-0"), settings=api.BaselineSettings(keep=1, gate_drift=True))
    assert not accept(make("base-1", factor=1.1)).refused
    refused = accept(make("base-2", factor=1.21))
    assert codes(refused.refusals)[0] == "regressed"
    assert "against the anchor" in refused.refusals[0].message


def test_rules_of_the_baseline_decide_where_the_user_said_nothing(make):
    rules = (MetricRule(metric="latency.*", tolerance=0.9),)
    save(make("base-1"), settings=api.BaselineSettings(metrics=rules))
    slow = make("slow", factor=1.5)
    relaxed = api.compare(slow, "@main", settings=pa.Settings(warmup="none"))
    assert relaxed.verdict is not Verdict.REGRESSED
    assert "stored-rules" in codes(relaxed.caveats)
    stated = pa.Settings(warmup="none", stated=frozenset({"tolerance"}))
    strict = api.compare(slow, "@main", settings=stated)
    assert strict.verdict is Verdict.REGRESSED
    assert "stored-rules" not in codes(strict.caveats)


def test_a_stated_tolerance_leaves_directions_and_levels_of_the_baseline(make):
    rules = (MetricRule(metric="latency.*", tolerance=0.9, level="warn"),)
    save(make("base-1"), settings=api.BaselineSettings(metrics=rules))
    stated = pa.Settings(warmup="none", stated=frozenset({"tolerance"}))
    found = api.compare(make("slow", factor=1.5), "@main", settings=stated)
    assert found.verdict is not Verdict.REGRESSED
    assert Verdict.REGRESSED in {result.verdict for result in found.results}


def test_the_calibration_beside_a_baseline_of_several_runs_is_used(make):
    save(make("base-1"), make("base-2"), make("base-3"))
    noise = MeasuredNoise(name="search", metric="latency.p50", sd=0.2, df=9)
    api.save_calibration(Calibration(runs=("a", "b"), noise=(noise,)), "main")
    found = api.compare(make("new"), "@main", metrics=["latency.p50"])
    assert "calibrated" in codes(found.caveats)
    assert api.baseline_show("main").calibrated


def test_runs_of_a_baseline_mixed_with_others_are_nothing_but_runs(make):
    rules = (MetricRule(metric="latency.*", tolerance=0.9),)
    save(make("base-1"), settings=api.BaselineSettings(metrics=rules))
    found = api.compare(make("slow", factor=1.5), ["@main", make("base-2")])
    assert found.verdict is Verdict.REGRESSED
    assert "stored-rules" not in codes(found.caveats)


def test_the_anchor_alone_is_held_against_without_talk_of_age_or_drift(make):
    save(make("base-1"), settings=api.BaselineSettings(keep=1))
    accept(make("base-2", day=100))
    found = api.compare(make("new", day=100), "@main#anchor", settings=TERMS.settings)
    assert [run.name for run in found.baseline] == ["base-1"]
    assert not {"old-baseline", "drift"} & set(codes(found.caveats))


def test_a_label_names_the_runs_of_a_baseline_and_keeps_what_it_is(make):
    rules = (MetricRule(metric="latency.*", tolerance=0.9),)
    save(make("base-1"), settings=api.BaselineSettings(metrics=rules))
    found = api.compare(make("slow", factor=1.5), "accepted=@main")
    assert [run.name for run in found.baseline] == ["accepted"]
    assert "stored-rules" in codes(found.caveats)


def test_a_missing_baseline_is_told_before_the_run_is_read(make):
    save(make("base-1"))
    with pytest.raises(UsageError, match="did you mean 'main'"):
        api.baseline_accept("mian", "no-such-file.json", reason="x")


def test_a_baseline_can_lie_elsewhere(make, tmp_path):
    elsewhere = str(tmp_path / "elsewhere")
    save(make("base-1"), store=elsewhere)
    assert [entry.baseline.name for entry in api.baseline_list(store=elsewhere).baselines] == [
        "main"
    ]
    options = api.ReadOptions(store=elsewhere)
    assert [run.info.name for run in api.load_runs("@main", options)] == ["base-1"]
    with pytest.raises(UsageError, match="no baseline 'main' in baselines"):
        api.load_runs("@main")


def test_the_list_says_how_old_each_baseline_is(make):
    save(make("base-1"))
    found = api.baseline_list(now=NOON + timedelta(days=40))
    (entry,) = found.baselines
    assert entry.old
    assert entry.age_days == pytest.approx(40.5)
    assert not api.baseline_list(now=NOON).baselines[0].old


def test_showing_a_baseline_tells_its_figures_and_their_trend(make):
    save(*(make(f"base-{i}") for i in range(3)), settings=api.BaselineSettings(keep=3))
    report = api.baseline_show("main", terms=TERMS, now=NOON)
    figures = {figure.metric: figure for figure in report.figures}
    assert figures["latency.p50"].value == pytest.approx(100, rel=0.01)
    assert {figure.trend for figure in report.figures} == {None}
    for number in range(3, 6):
        accept(make(f"base-{number}", factor=1.3), force=True)
    report = api.baseline_show("main", terms=TERMS, now=NOON)
    figures = {figure.metric: figure for figure in report.figures}
    assert str(figures["latency.p50"].trend) == "degrading"
    assert figures["latency.p50"].anchor == pytest.approx(100, rel=0.01)
    assert figures["latency.p50"].value == pytest.approx(130, rel=0.01)
    assert figures["latency.p50"].change == pytest.approx(0.3, rel=0.01)


def test_a_damaged_baseline_can_be_begun_anew_by_force(make, project):
    save(make("base-1"))
    (project / "baselines/main/baseline.json").write_text("{")
    with pytest.raises(BundleError, match="baseline 'main'"):
        save(make("base-2"))
    save(make("base-2"), force=True, reason="the file was damaged")
    assert api.baseline_show("main").baseline.accepted == 1


def test_a_removed_baseline_is_gone_and_its_calibration_stays(make, project):
    save(make("base-1"))
    api.save_calibration(Calibration(runs=("a",), noise=()), "main")
    assert api.baseline_remove("main").accepted == 1
    assert api.baseline_list().baselines == ()
    assert (project / "baselines/main.calibration.json").is_file()


def test_a_run_that_another_job_accepts_meanwhile_is_what_the_next_is_held_against(
    make, monkeypatch
):
    """Two jobs judge at once; the one that commits second is judged again, against both runs."""
    save(make("base-1"))
    real = BaselineStore.commit
    overtaken = []

    def commit(self, *given, **options):
        if not overtaken:
            overtaken.append(self)
            assert not accept(make("base-2")).refused
        return real(self, *given, **options)

    monkeypatch.setattr(BaselineStore, "commit", commit)
    accepted = accept(make("base-3"))
    assert accepted.comparison.design == "1v2"
    assert [entry.name for entry in accepted.baseline.recent] == ["base-1", "base-2", "base-3"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("metrics: [{metric: latancy.p99, tolerance: 5 %}]", "did you mean 'latency.p99'"),
        ("metrics: [{metric: latency.p99, tolerence: 5 %}]", "did you mean 'tolerance'"),
        ("metric: []", "metric: is no key; did you mean 'metrics'"),
        ("metrics: [{metric: latency.p99}]", "expected a tolerance, better or level"),
        ("metrics: [", ":1: expected YAML"),
        ("[]", "should be"),
        ("\x00", "expected YAML"),
    ],
)
def test_a_file_of_rules_that_makes_no_sense_is_an_error_that_names_the_place(
    project, text, message
):
    (project / "rules.yml").write_text(text)
    with pytest.raises(ConfigError, match=r"rules\.yml") as caught:
        api.read_rules("rules.yml")
    assert message in caught.value.message


def test_a_file_of_rules_is_read(project):
    (project / "rules.yml").write_text(
        "metrics:\n  - {metric: latency.p99, name: 'api/*', tolerance: 10 %, level: warn}\n"
    )
    (rule,) = api.read_rules("rules.yml")
    assert (rule.metric, rule.name, rule.tolerance, rule.level) == (
        "latency.p99",
        "api/*",
        0.1,
        "warn",
    )
    with pytest.raises(ConfigError, match=r"missing\.yml: cannot be read"):
        api.read_rules("missing.yml")
