"""Error rates, checks and service levels."""

from __future__ import annotations

import re

import pytest

from perfanalysis.model.outcome import Outcome
from tests.analysis.budgets.texts import entry

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


def test_no_failure_among_few_requests_proves_little(rows_run, load_of, only):
    run = rows_run(load_of("a", [5.0] * 1000))
    found = only(entry("error_rate", "limit: 0.1 %"), run)
    assert (found.value, found.outcome) == (0.0, UNDECIDED)
    assert "without a single failure would tell" in found.message
    assert only(entry("error_rate", "limit: 0.1 %"), rows_run(
        load_of("a", [5.0] * 5000))).outcome is MET  # fmt: skip


def test_the_requests_that_it_asks_for_do_tell(rows_run, load_of, only):
    found = only(entry("error_rate", "limit: 0.5 %"), rows_run(load_of("a", [5.0] * 100)))
    needed = int(re.search(r"about (\d+) requests", found.message.replace("\u202f", ""))[1])
    enough = rows_run(load_of("a", [5.0] * needed))
    assert only(entry("error_rate", "limit: 0.5 %"), enough).outcome is MET
    fewer = rows_run(load_of("a", [5.0] * (needed - 10)))
    assert only(entry("error_rate", "limit: 0.5 %"), fewer).outcome is UNDECIDED


def test_no_exception_at_all_is_judged_on_the_value(only):
    zero = "thresholds: {http_req_failed: ['rate<=0']}"
    assert only(zero).outcome is BROKEN
    for expression, outcome in (("rate==0", MET), ("rate<=0", MET), ("rate>0", UNDECIDED)):
        text = f"thresholds: {{'http_req_failed{{name:search}}': ['{expression}']}}"
        assert only(text).outcome is outcome
    assert only("thresholds: {'checks{check:is 200}': ['rate==1']}").outcome is BROKEN


def test_the_error_budget_is_what_is_left_of_the_allowed_failures(only):
    # 10 of 2500 failed.
    found = only(entry("error_rate", "limit: 1 %"))
    assert found.error_budget_left == pytest.approx(1 - 0.004 / 0.01)
    assert only(entry("error_rate", "limit: 0.2 %")).error_budget_left == pytest.approx(-1.0)
    found = only("budgets: [{slo: 98 % of requests under 150 ms, name: search}]")
    assert found.error_budget_left == pytest.approx(1 - (1 - found.value) / 0.02)
    checks = only("thresholds: {checks: ['rate>0.99']}")
    assert checks.error_budget_left == pytest.approx(0.5)
    assert only(entry("latency.p95", "limit: 1 s")).error_budget_left is None


def test_a_failed_request_is_never_in_time(rows_run, load_of, only):
    run = rows_run(load_of("a", [5.0] * 100, ok=[True] * 90 + [False] * 10))
    found = only("budgets: [{slo: 99 % of requests under 300 ms}]", run)
    assert (found.value, found.outcome) == (pytest.approx(0.9), BROKEN)


def test_a_request_as_long_as_the_limit_is_not_under_it(rows_run, load_of, only):
    run = rows_run(load_of("a", [300.0] * 50 + [299.0] * 50))
    found = only("budgets: [{slo: 40 % of requests under 300 ms}]", run)
    assert found.value == pytest.approx(0.5)
