"""Limits against the baseline, and what a baseline tells of absolute ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from perfanalysis.analysis.budgets.judging import judge_budgets
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.budgets.relative import Against
from perfanalysis.analysis.compare import compare_runs
from perfanalysis.analysis.judge import Settings
from perfanalysis.model.outcome import Outcome

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


@pytest.fixture
def runs(rows_run, load_of, lognormal, series_of):
    """Make three runs that are slower by a factor, and use as much more of the processor."""

    def make(factor, *, failures=0, names=("a", "b"), seeds=(0, 1, 2)):
        return [
            rows_run(
                *(
                    load_of(
                        name,
                        factor * (1 + seed / 200) * lognormal(20.0, 0.4, 2000, seed=seed),
                        ok=(np.arange(2000) >= failures).tolist(),
                        tags={"region": "eu"},
                    )
                    for name in names
                ),
                series=(
                    series_of(
                        "system.cpu",
                        factor * (40 + np.random.default_rng(seed).standard_normal(60)),
                        unit="%",
                    ),
                ),
            )
            for seed in seeds
        ]

    return make


@pytest.fixture
def against(budgets_of):
    """Judge a text on current runs against baseline runs."""

    def judge(text, current, baseline, **changes):
        settings = replace(Settings(), **changes)
        comparison = compare_runs(current, baseline, settings=settings)
        ours, theirs = ([Observed(run) for run in side] for side in (current, baseline))
        held = Against(ours, theirs, comparison, settings)
        return comparison, judge_budgets(budgets_of(text), ours, held)

    return judge


@pytest.mark.parametrize(
    ("factor", "outcome"), [(1.0, MET), (1.1, UNDECIDED), (1.3, BROKEN), (0.8, MET)]
)
@pytest.mark.parametrize(
    "metric", ["latency.p95, name: a", "latency.p90, name: a", "latency.mean", "system.cpu.mean"]
)
def test_a_change_is_judged_by_its_interval(against, runs, metric, factor, outcome):
    _, (found,) = against(
        f'budgets: [{{metric: {metric}, change: "+10 %"}}]', runs(factor), runs(1.0)
    )
    assert found.outcome is outcome
    assert found.value == pytest.approx(factor - 1, abs=0.01)
    assert found.ci_low < found.value < found.ci_high
    assert (found.relative, found.unit, found.limit) == (True, "ratio", 0.1)


def test_what_was_compared_is_taken_from_the_comparison(against, runs):
    text = 'budgets: [{metric: latency.p95, name: a, change: "+10 %"}]'
    comparison, (found,) = against(text, runs(1.1), runs(1.0))
    result = next(r for r in comparison.results if (r.name, r.metric) == ("a", "latency.p95"))
    assert (found.value, found.ci_low, found.ci_high, found.baseline, found.confidence) == (
        result.change,
        result.ci_low,
        result.ci_high,
        result.baseline,
        result.confidence,
    )


def test_throughput_may_fall_by_so_much(against, runs, rows_run, load_of):
    def at(rate):
        return [rows_run(load_of("a", [5.0] * rate * 30, seconds=30.0 + s / 50)) for s in range(3)]

    text = 'budgets: [{metric: throughput, change: "-5 %"}]'
    assert against(text, at(100), at(100))[1][0].outcome is MET
    _, (found,) = against(text, at(80), at(100))
    assert (found.outcome, found.bound) == (BROKEN, "min")
    assert "changed by -20.0 % against the baseline" in found.message
    assert "budget at least -5 %" in found.message


def test_error_rates_change_by_percentage_points(against, runs):
    text = 'budgets: [{metric: error_rate, name: a, change: "+0.5 pp"}]'
    _, (found,) = against(text, runs(1.0, failures=100), runs(1.0))
    assert (found.outcome, found.value) == (BROKEN, pytest.approx(0.05))
    assert "changed by +5 pp against the baseline" in found.message
    assert against(text, runs(1.0), runs(1.0))[1][0].outcome is MET


def test_tags_select_on_both_sides(against, runs):
    text = 'budgets: [{metric: latency.p95, tags: {region: eu}, change: "+10 %"}]'
    assert against(text, runs(1.3), runs(1.0))[1][0].outcome is BROKEN


def test_a_demand_to_become_better_is_a_negative_change(against, runs):
    text = 'budgets: [{metric: latency.p50, name: a, change: "-10 %"}]'
    assert against(text, runs(0.7), runs(1.0))[1][0].outcome is MET
    assert against(text, runs(1.0), runs(1.0))[1][0].outcome is BROKEN


def test_runs_that_are_not_comparable_have_no_change(against, runs, rows_run, load_of):
    short = [rows_run(load_of("a", [20.0] * 2000, seconds=2.0))]
    text = 'budgets: [{metric: latency.p95, name: a, change: "+10 %"}]'
    _, (found,) = against(text, short, [rows_run(load_of("a", [20.0] * 2000, seconds=60.0))])
    assert (found.outcome, found.reason) == (UNDECIDED, "not-comparable")


def test_a_series_that_the_baseline_lacks_is_missing_data(
    against, runs, rows_run, load_of, lognormal
):
    bare = [rows_run(load_of("a", lognormal(20.0, 0.4, 2000, seed=s))) for s in range(2)]
    text = 'budgets: [{metric: system.cpu.mean, change: "+10 %"}]'
    _, (found,) = against(text, runs(1.0, names=("a",)), bare)
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")


def test_a_name_that_is_gone_since_the_baseline_is_missing_data_not_misspelt(against, runs):
    text = "budgets: [{metric: latency.p95, name: b, limit: 1 s}]"
    _, (found,) = against(text, runs(1.0, names=("a",)), runs(1.0))
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")
    assert "'b' is in the baseline and absent now" in found.message


def test_an_unchanged_name_is_said_to_have_been_over_budget_before(against, runs):
    text = "budgets: [{metric: latency.p95, name: a, limit: 10 ms}]"
    _, (found,) = against(text, runs(1.0), runs(1.0))
    assert found.outcome is BROKEN
    assert found.baseline == pytest.approx(found.value, rel=0.01)
    assert [caveat.code for caveat in found.caveats] == ["over-budget-already"]
    assert "over budget already in the baseline (38.8 ms)" in found.message


def test_a_name_that_broke_its_budget_now_is_not(against, runs):
    text = "budgets: [{metric: latency.p95, name: a, limit: 60 ms}]"
    _, (found,) = against(text, runs(2.0), runs(1.0))
    assert found.outcome is BROKEN
    assert found.baseline == pytest.approx(38.8, rel=0.01)
    assert found.caveats == ()
