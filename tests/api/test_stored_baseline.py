"""Comparing with a stored baseline: anchor, rules, calibration."""

from __future__ import annotations

import perfanalysis as pa
from perfanalysis import api
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.calibration import Calibration, MeasuredNoise
from perfanalysis.model.results import Verdict
from tests.api.accepting import TERMS, accept, codes, save


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
