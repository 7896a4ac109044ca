"""Rules: what a change of single metrics and names means."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.baseline import MetricRule
from perfanalysis.model.results import Verdict
from tests.store.baselines.made_runs import make_run


@pytest.fixture(scope="module")
def slower(tmp_path_factory):
    """Compare three runs with three that were 30 % faster, under rules."""
    folder = tmp_path_factory.mktemp("made")
    names = ("search", "checkout")
    base = [make_run(folder, f"base-{i}", seed=i, names=names) for i in (1, 2, 3)]
    slow = [make_run(folder, f"slow-{i}", seed=i, factor=1.3, names=names) for i in (4, 5, 6)]

    def compare(*rules, **settings):
        chosen = Settings(warmup="none", rules=rules, **settings)
        found = compare_runs(slow, base, settings=chosen, metrics=["latency.p50", "throughput"])
        return found, {(r.name, r.metric): r for r in found.results}

    return compare


def test_without_rules_a_slower_name_regressed(slower):
    found, results = slower()
    assert found.verdict is Verdict.REGRESSED
    assert results["search", "latency.p50"].tolerance == 0.05


def test_a_tolerance_holds_for_the_names_that_it_is_about(slower):
    found, results = slower(MetricRule(metric="latency.*", name="search", tolerance=0.5))
    assert results["search", "latency.p50"].verdict is Verdict.UNCHANGED
    assert results["search", "latency.p50"].tolerance == 0.5
    assert results["checkout", "latency.p50"].verdict is Verdict.REGRESSED
    assert found.verdict is Verdict.REGRESSED


def test_of_several_rules_that_fit_the_last_decides(slower):
    _, results = slower(
        MetricRule(metric="*", tolerance=0.5),
        MetricRule(metric="latency.p50", name="checkout", tolerance=0.1),
    )
    assert results["search", "latency.p50"].tolerance == 0.5
    assert results["checkout", "latency.p50"].tolerance == 0.1


def test_a_later_rule_changes_only_what_it_says(slower):
    _, results = slower(
        MetricRule(metric="latency.p50", tolerance=0.1, level="warn"),
        MetricRule(metric="latency.p50", tolerance=0.2),
    )
    assert results["search", "latency.p50"].tolerance == 0.2
    assert not results["search", "latency.p50"].gate


def test_a_regression_of_level_warn_is_told_and_does_not_fail(slower):
    found, results = slower(MetricRule(metric="latency.p50", level="warn"))
    assert results["search", "latency.p50"].verdict is Verdict.REGRESSED
    assert not results["search", "latency.p50"].gate
    assert found.verdict is not Verdict.REGRESSED


def test_level_error_makes_a_metric_gate_that_usually_does_not(slower):
    _, results = slower()
    assert not results["search", "throughput"].gate
    _, results = slower(MetricRule(metric="throughput", level="error"))
    assert results["search", "throughput"].gate


def test_the_direction_that_users_want_may_be_the_other_one(slower):
    found, results = slower(MetricRule(metric="latency.p50", better="higher"))
    assert results["search", "latency.p50"].verdict is Verdict.IMPROVED
    assert results["search", "latency.p50"].better == "higher"
    assert found.verdict is Verdict.IMPROVED


def test_the_tolerance_of_error_rates_is_their_own(tmp_path):
    base, worse = make_run(tmp_path, "base"), make_run(tmp_path, "worse", failures=48)

    def verdict(*rules):
        settings = Settings(warmup="none", rules=rules)
        (found,) = compare_runs([worse], [base], settings=settings, metrics=["error_rate"]).results
        return found.verdict, found.tolerance

    assert verdict() == (Verdict.REGRESSED, 0.001)
    assert verdict(MetricRule(metric="error_rate", tolerance=0.4)) == (Verdict.UNCHANGED, 0.4)
    assert verdict(MetricRule(metric="latency.*", tolerance=0.4)) == (Verdict.REGRESSED, 0.001)
