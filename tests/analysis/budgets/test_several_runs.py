"""Several runs of one version, judged together; and what the runs themselves declare."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.budgets.judging import judge_declared
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Threshold
from tests.analysis.budgets.texts import entry

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


def test_they_are_one_figure_with_the_noise_between_them(rows_run, load_of, lognormal, only):
    runs = [
        rows_run(load_of("a", lognormal(20.0 * factor, 0.4, 2000, seed=i)))
        for i, factor in enumerate((0.8, 1.0, 1.25))
    ]
    text = entry("latency.p95", "limit: 39 ms")
    alone, together = only(text, runs[1]), only(text, *runs)
    assert together.value == pytest.approx(alone.value, rel=0.01)
    assert together.method == "between-runs"
    wide, narrow = ((r.ci_high / r.ci_low) for r in (together, alone))
    assert wide > 1.2 * narrow


def test_equal_runs_are_no_less_certain_than_one(rows_run, load_of, lognormal, only):
    runs = [rows_run(load_of("a", lognormal(20.0, 0.4, 2000, seed=i))) for i in range(2)]
    text = entry("latency.p95", "limit: 60 ms")
    one, two = only(text, runs[0]), only(text, *runs)
    assert two.ci_high / two.ci_low < 1.05 * one.ci_high / one.ci_low


def test_the_worst_run_counts_of_extremes_and_counts(rows_run, load_of, only):
    runs = [rows_run(load_of("a", [5.0] * n + [top])) for n, top in ((99, 50.0), (49, 90.0))]
    assert only(entry("latency.max", "limit: 80 ms"), *runs).value == 90.0
    assert only(entry("requests", "min: 60"), *runs).value == 50.0


def test_errors_of_all_runs_are_counted_together(rows_run, load_of, only):
    runs = [rows_run(load_of("a", [5.0] * 500, ok=[True] * 499 + [ok])) for ok in (True, False)]
    assert only(entry("error_rate", "limit: 5 %"), *runs).value == pytest.approx(0.001)


def judge(run, metric, expression, passed=None):
    threshold = Threshold(metric=metric, expression=expression, passed=passed)
    (found,) = judge_declared([threshold], [Observed(run)])
    return found


def test_what_the_data_lack_is_undecided_unless_the_tool_told_its_outcome(shop):
    for passed, outcome in ((None, UNDECIDED), (True, MET), (False, BROKEN)):
        found = judge(shop, "http_req_duration{name:basket}", "p(95)<5", passed)
        assert found.outcome is outcome
        assert (found.reason == "no-data") == (passed is None)
        assert (found.file, found.line) == (None, None)


def test_an_expression_that_is_none_is_not_understood(shop):
    found = judge(shop, "http_reqs", "rather many")
    assert (found.outcome, found.reason, found.limit) == (UNDECIDED, "not-understood", None)
    assert judge(shop, "http_reqs", "rather many", passed=False).outcome is BROKEN


def test_an_undecided_one_tells_what_the_tool_said(shop):
    found = judge(shop, "http_req_duration{name:search}", "p(95)<39", passed=True)
    assert found.outcome is UNDECIDED
    assert found.message.endswith("the tool, which looks at the value alone, passed it")


def test_a_metric_that_nobody_knows_is_no_error(shop):
    assert judge(shop, "never_recorded", "count<1").reason == "no-data"
    assert judge(shop, "http_reqs{nobody:knows}", "count<1").reason == "no-data"
