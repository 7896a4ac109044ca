"""Baselines: begun, accepted into, shown, removed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from perfanalysis import api
from perfanalysis.errors import BundleError, UsageError
from perfanalysis.model.calibration import Calibration
from perfanalysis.model.results import Verdict
from perfanalysis.model.run import Commit
from perfanalysis.store.baselines.store import BaselineStore
from tests.api.accepting import TERMS, accept, codes, save
from tests.store.baselines.made_runs import NOON


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
