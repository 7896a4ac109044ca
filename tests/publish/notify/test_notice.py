from __future__ import annotations

from dataclasses import replace

import pytest

from perfanalysis.errors import UsageError
from perfanalysis.model.gate import Gate
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.results import Verdict
from perfanalysis.publish.notify.notice import (
    When,
    checked_url,
    ci_title,
    ci_url,
    is_due,
)
from tests.publish.notify.conftest import BUDGET, told


def test_the_headline_counts_and_the_summary_says_why(notice):
    assert notice.headline == (
        "❌ shop/api: regressed · 3 regressed, 1 undecided, 1 improved, 1 unchanged · "
        "1 budget broken"
    )
    assert notice.summary == (
        "regressed: search latency.p95 rose 20.3 %; checkout error_rate rose 0.43 pp"
    )


def test_findings_that_fail_the_gate_come_first(notice):
    assert [(line.mark, line.name, line.text) for line in notice.lines] == [
        (
            "❌",
            "checkout",
            "error_rate: 0.5 % → 0.93 %, +0.43 pp (+0.21 to +0.66), regressed, critical",
        ),
        (
            "❌",
            "search",
            "latency.p95: 48.1 ms → 57.9 ms, +20.3 % (+12.1 to +29.2), regressed, major",
        ),
        (
            "⚠️",
            "login",
            "throughput: 40.1 /s → 37.0 /s, -7.7 % (-9.0 to -6.4), regressed, minor, not gating",
        ),
        ("❌", "search", "budget broken: latency.p95 is 57.9 ms, over the limit of 50 ms"),
    ]


def test_ten_findings_are_told_and_the_others_counted(comparison, make_result):
    results = tuple(make_result(name=f"name {i:02}") for i in range(25))
    found = told(replace(comparison, results=results), None, title="x", url=None)
    assert len(found.lines) == 10
    assert found.more == 15


def test_a_check_alone_is_told_too(make_check):
    warned = replace(BUDGET, level="warn", outcome=Outcome.UNDECIDED)
    found = told(None, make_check(BUDGET, warned), title="shop", url=None)
    assert found.headline == "❌ shop: 1 budget broken · 1 budget undecided"
    assert found.summary is None
    assert [line.mark for line in found.lines] == ["❌", "⚠️"]
    assert found.context == ("base (1 run, started 2026-01-01T00:00:00Z)",)


def test_budgets_of_the_comparison_and_of_the_check_are_both_told(comparison, make_check):
    other = replace(BUDGET, line=4)
    found = told(replace(comparison, budgets=(BUDGET,)), make_check(other), title="x", url=None)
    assert found.headline.endswith("2 budgets broken")


def test_nothing_is_an_error():
    with pytest.raises(UsageError, match="nothing to publish"):
        told(None, None, title="x", url=None)


def test_a_budget_that_both_judged_is_told_once(comparison, make_check):
    both = told(replace(comparison, budgets=(BUDGET,)), make_check(BUDGET), title="x", url=None)
    assert both.headline.endswith("1 budget broken")


def test_a_strict_gate_is_not_passed_while_a_budget_is_undecided(make_check):
    near = replace(BUDGET, outcome=Outcome.UNDECIDED, reason="spans-limit")
    met = replace(BUDGET, outcome=Outcome.MET)
    gates = [
        told(None, make_check(near, met), title="x", url=None, strict=strict).gate
        for strict in (False, True)
    ]
    assert gates == [Gate.PASSED, Gate.NO_VERDICT]


@pytest.mark.parametrize(
    ("verdict", "gate", "due"),
    [
        (Verdict.REGRESSED, Gate.FAILED, {When.FAILURE, When.REGRESSION, When.ALWAYS}),
        (Verdict.UNDECIDED, Gate.NO_VERDICT, {When.FAILURE, When.ALWAYS}),
        (Verdict.NOT_REGRESSED, Gate.PASSED, {When.ALWAYS}),
        (Verdict.IMPROVED, Gate.PASSED, {When.ALWAYS}),
    ],
)
def test_it_is_told_when_it_was_asked_for(comparison, verdict, gate, due):
    found = told(replace(comparison, verdict=verdict), None, title="x", url=None)
    assert found.gate is gate
    assert {when for when in When if is_due(found, when)} == due


def test_a_broken_budget_is_a_failure_and_no_regression(comparison):
    unchanged = replace(comparison, verdict=Verdict.UNCHANGED, budgets=(BUDGET,))
    found = told(unchanged, None, title="x", url=None)
    assert is_due(found, When.FAILURE)
    assert not is_due(found, When.REGRESSION)


def test_hostile_names_are_one_visible_line_each(hostile_notice):
    texts = [
        hostile_notice.headline,
        hostile_notice.summary,
        *hostile_notice.context,
        *(line.text for line in hostile_notice.lines),
        *(line.name for line in hostile_notice.lines),
    ]
    assert not any(set(text) & set("\n\r\x1b\x07\x00\u202e\ud800") for text in texts)
    assert max(map(len, texts)) < 600


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://x/<b>",
        'https://x/"onload=1',
        "https://x/a|b",
        "https://x/\n",
        "https://[::1",
        "ftp://x/",
        "https://x/" + "a" * 2000,
    ],
)
def test_an_address_that_a_renderer_would_fear_is_refused(url):
    with pytest.raises(UsageError, match="expected an http or https address"):
        checked_url(url)


def test_a_usual_address_is_taken():
    url = "https://ci.example:8443/a/b?x=1&y=%20#z"
    assert checked_url(url) == url


@pytest.mark.parametrize(
    ("environ", "title", "url"),
    [
        ({}, "perfanalysis", None),
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "shop/api",
                "GITHUB_RUN_ID": "12",
            },
            "shop/api",
            "https://github.com/shop/api/actions/runs/12",
        ),
        (
            {"CI_PROJECT_PATH": "shop/web", "CI_JOB_URL": "https://git.example/-/jobs/3"},
            "shop/web",
            "https://git.example/-/jobs/3",
        ),
        (
            {"JOB_NAME": "nightly", "BUILD_URL": "https://ci.example/job/nightly/4/"},
            "nightly",
            "https://ci.example/job/nightly/4/",
        ),
    ],
)
def test_the_job_is_known_from_the_environment(environ, title, url):
    assert (ci_title(environ), ci_url(environ)) == (title, url)
