"""Budget files in every form, and what is wrong with those that are none."""

from __future__ import annotations

import pytest

from perfanalysis.analysis.budgets.reading import read_budgets
from perfanalysis.errors import ConfigError
from perfanalysis.model.figure import Aggregate, Column
from perfanalysis.model.requests import Kind
from tests.analysis.budgets.texts import CONTRACT


def test_every_form_stands_in_one_file(budgets_of):
    found = [
        (b.line, b.figure.key, b.operator, b.limit, b.name, b.level) for b in budgets_of(CONTRACT)
    ]
    assert found == [
        (3, "latency.p95", "<=", "500 ms", "api/*", "error"),
        (4, "latency.p99", "<=", "1000 ms", "api/*", "warn"),
        (5, "throughput", ">=", "100 /s", None, "error"),
        (6, "error_rate", "<=", "0.1 %", None, "error"),
        (7, "system.cpu.mean", "<=", "70 %", None, "error"),
        (8, "latency.p95", "<=", "0.1", None, "error"),
        (10, "latency.p95", "<", "500.0", None, "error"),
        (10, "latency.p99", "<", "1000.0", None, "error"),
        (11, "latency.p95", "<", "300.0", "search", "error"),
        (12, "error_rate", "<", "0.1", None, "error"),
        (13, "latency.p95", "<=", "500", "api_endpoints", "error"),
        (13, "latency.p99", "<=", "1000", "api_endpoints", "error"),
        (14, "throughput", ">=", "1000", "api_endpoints", "error"),
        (15, "error_rate", "<=", "0.1 %", None, "error"),
        (16, "system.cpu.max", "<=", "70", None, "error"),
        (16, "system.memory.max", "<=", "80", None, "error"),
        (16, "system.disk.max", "<=", "85", None, "error"),
    ]


def test_the_source_says_a_budget_as_written(budgets_of):
    budgets = budgets_of(
        """\
        budgets:
          - {metric: latency.p95, name: a*, tags: {region: eu}, limit: 1 s, for: 10s}
          - {slo: 99.9 % of requests under 300 ms, name: a}
        thresholds: {"http_req_duration{name:a}": ["p(95)<500"]}
        """
    )
    assert [budget.source for budget in budgets] == [
        "latency.p95 of a* {region:eu}: limit 1 s for 10s",
        "99.9 % of requests under 300 ms (a)",
        "http_req_duration{name:a}: p(95)<500",
    ]


def test_min_and_max_of_one_entry_are_two_budgets(budgets_of):
    found = budgets_of(
        "budgets: [{metric: throughput, min: 90 /s, max: 2 rps}]".replace("2", "200")
    )
    assert [(b.operator, b.limit) for b in found] == [("<=", "200 rps"), (">=", "90 /s")]


@pytest.mark.parametrize(
    ("written", "under_ms", "least"),
    [
        ("slo: 99.9 % of requests under 300 ms", 300.0, 0.999),
        ("slo: 95% of requests below 1.5 s", 1500.0, 0.95),
        ("slo: 99 % of all requests within 2 s", 2000.0, 0.99),
        ("slo: 99 % of the requests faster than 250ms", 250.0, 0.99),
        ("share: 99.9 %, under: 300 ms", 300.0, 0.999),
        ("share: 0.999, under: 0.3 s", 300.0, 0.999),
    ],
)
def test_service_levels_are_read_as_text_and_as_fields(budgets_of, written, under_ms, least):
    (budget,) = budgets_of(f"budgets: [{{{written}}}]")
    assert budget.figure.aggregate is Aggregate.UNDER
    assert (budget.figure.under_ms, budget.operator) == (under_ms, ">=")
    assert float(budget.limit) == pytest.approx(least)


def test_a_service_level_without_a_time_limits_the_error_rate(budgets_of):
    (budget,) = budgets_of("budgets: [{slo: 99.9 % of requests succeed}]")
    assert (budget.figure.key, budget.operator, budget.limit) == ("error_rate", "<=", "0.001")


@pytest.mark.parametrize(
    ("change", "metric", "operator", "limit"),
    [
        ("+10 %", "latency.p95", "<=", 0.1),
        ("+2.5%", "latency.mean", "<=", 0.025),
        ("-10 %", "latency.p99.9", "<=", -0.1),
        ("<=+10%", "latency.p50", "<=", 0.1),
        ("-5 %", "throughput", ">=", -0.05),
        (">=-5%", "throughput", ">=", -0.05),
        ("+0.5 pp", "error_rate", "<=", 0.005),
        ("+10 %", "system.cpu.mean", "<=", 0.1),
    ],
)
def test_changes_limit_what_is_worse(budgets_of, change, metric, operator, limit):
    (budget,) = budgets_of(f'budgets: [{{metric: {metric}, change: "{change}"}}]')
    assert budget.relative
    assert (budget.operator, float(budget.limit)) == (operator, pytest.approx(limit))


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">=", "==", "===", "!="])
def test_every_operator_of_k6_is_kept(budgets_of, sign):
    (budget,) = budgets_of(f'thresholds: {{http_req_duration: ["p(95){sign}500"]}}')
    assert budget.operator == sign.replace("===", "==")


def test_thresholds_of_k6_may_be_objects_and_single_texts(tmp_path):
    path = tmp_path / "budget.yml"
    path.write_text(
        "thresholds:\n"
        "  http_req_failed:\n"
        "    - {threshold: rate<0.01, abortOnFail: true, delayAbortEval: 10s}\n"
        "  http_reqs: count>5\n",
        encoding="utf-8",
    )
    found = read_budgets([path])
    assert [b.source for b in found.budgets] == ["http_req_failed: rate<0.01", "http_reqs: count>5"]
    (note,) = found.notes
    assert note.code == "abort-on-fail"
    assert "http_req_failed" in note.message


def test_k6_metrics_become_figures_of_their_rows(budgets_of):
    found = budgets_of(
        """\
        thresholds:
          "checks{check:is 200}": ["rate>0.9"]
          "group_duration{group:::shop}": ["avg<5"]
          iteration_duration: ["med<5"]
          http_req_waiting: ["p(99.9)<5"]
          http_reqs: ["count>5", "rate>5"]
          my_trend: ["value<5"]
        """
    )
    assert [(b.figure.key, b.kind, b.figure.column, b.name, b.tags) for b in found] == [
        ("checks.rate", Kind.CHECK, Column.PASSED, "is 200", ()),
        ("group_duration.mean", Kind.TRANSACTION, Column.LATENCY, None, (("group", "::shop"),)),
        ("iteration_duration.p50", Kind.ITERATION, Column.LATENCY, None, ()),
        ("http_req_waiting.p99.9", Kind.REQUEST, Column.WAIT, None, ()),
        ("requests", Kind.REQUEST, Column.ROWS, None, ()),
        ("throughput", Kind.REQUEST, Column.ROWS, None, ()),
        ("my_trend.last", Kind.REQUEST, None, None, ()),
    ]


def test_the_object_form_knows_percent_names_and_words(budgets_of):
    found = budgets_of(
        """\
        responseTime: {home: {p50: 10, p99.9: 1 s, avg: 20, median: 15, max: 2000}}
        errorRate: {home: {max: 5}}
        """
    )
    assert [(b.figure.key, b.limit, b.name) for b in found] == [
        ("latency.p50", "10", "home"),
        ("latency.p99.9", "1 s", "home"),
        ("latency.mean", "20", "home"),
        ("latency.p50", "15", "home"),
        ("latency.max", "2000", "home"),
        ("error_rate", "5 %", "home"),
    ]


def test_several_files_and_dictionaries_are_read_in_order(tmp_path):
    path = tmp_path / "a.yml"
    path.write_text("budgets: [{metric: latency.p95, limit: 5}]", encoding="utf-8")
    found = read_budgets([path, {"budgets": [{"metric": "latency.p99", "limit": 7}]}])
    assert [(b.figure.key, b.line) for b in found.budgets] == [
        ("latency.p95", 1),
        ("latency.p99", None),
    ]


ERRORS = [
    ("budgets: [{metrc: latency.p95, limit: 5}]", "1: budgets[0].metrc: 'metrc' is no key; did "),
    ("bugdets: []", "1: bugdets: 'bugdets' is no key; did you mean 'budgets'?"),
    ("budgets:\n  - {metric: latency.q95, limit: 5}", "2: budgets[0].metric: 'latency.q95' is no"),
    ("budgets:\n  - metric: speed\n    limit: 5", "2: budgets[0].metric: 'speed' is no metric"),
    ("budgets:\n  - metric: latency.p95\n    limit: 5 /s", "3: budgets[0].limit: expected a dur"),
    ("budgets: [{metric: latency.p95, limit: fast}]", "1: budgets[0].limit: expected a duration"),
    ("budgets: [{metric: throughput, min: 5 ms}]", "1: budgets[0].min: expected a rate such as"),
    ("budgets: [{metric: error_rate, limit: 5}]", "1: budgets[0].limit: error_rate is a ratio of"),
    ("budgets: [{metric: error_rate, limit: 100 %}]", "every run meets limit '100 %'"),
    ("budgets: [{metric: latency.p95, limit: -5}]", "latency.p95 is never negative"),
    ("budgets: [{metric: latency.p95, limit: 0}]", "no run meets limit '0'"),
    ("budgets: [{metric: throughput, min: 0}]", "every run meets min '0'"),
    ("budgets: [{metric: throughput, limit: 5}]", "say whether the limit is its max or its min"),
    ("budgets: [{metric: requests, limit: 5}]", "say whether the limit is its max or its min"),
    ("budgets: [{metric: latency.p95, min: 9, max: 5}]", "1: budgets[0].min: min is larger"),
    ("budgets: [{metric: latency.p95, limit: 9, max: 5}]", "limit and max say the same"),
    ("budgets: [{metric: latency.p95}]", "1: budgets[0]: expected limit, max, min or change"),
    ("budgets: [{limit: 5}]", "expected metric, slo, or share and under, found none of them"),
    ("budgets: [{metric: latency.p95, slo: x, limit: 5}]", "found metric and slo"),
    ("budgets: [{slo: 99 % of requests succeed, limit: 5}]", "slo has its limit in itself"),
    ("budgets: [{slo: nearly all}]", "1: budgets[0].slo: expected '99.9 % of requests under"),
    ("budgets: [{slo: 100 % of requests succeed}]", "expected a share between 0 and 100 %"),
    ("budgets: [{slo: 99 % of requests under 3 /s}]", "budgets[0].slo: expected a duration"),
    ("budgets: [{slo: 99 % of requests under 0 ms}]", "expected a latency above 0"),
    ("budgets: [{share: 99 %}]", "share and under go together"),
    ('budgets: [{metric: latency.p95, change: "10 %"}]', "expected a change with its sign"),
    ('budgets: [{metric: latency.p95, change: "+10"}]', "expected a change with its sign"),
    ('budgets: [{metric: error_rate, change: "+1 %"}]', "changes by percentage points"),
    ('budgets: [{metric: latency.max, change: "+1 %"}]', "changes of latency.max cannot be judged"),
    ('budgets: [{metric: throughput, change: "<=-5%"}]', "the worst change is limited"),
    ('budgets: [{metric: latency.p95, change: "+1 %", max: 5}]', "change stands alone"),
    ('budgets: [{metric: latency.p95, change: "+1 %", for: 9s}]', "'for' goes with limit, max"),
    ("budgets: [{slo: 9 % of requests succeed, for: x}]", "budgets[0].for: expected a duration"),
    ("budgets: [{slo: 9 % of requests under 1 s, for: 9s}]", "'for' goes with limit, max or min"),
    ("budgets: [{metric: latency.p95, limit: 5, for: 10 ms}]", "expected at least 1 s"),
    ("budgets: [{metric: system.cpu.mean, limit: 5, name: a}]", "a series has none: use tags"),
    ("budgets: [{metric: latency.p95, limit: 5, level: fatal}]", "expected 'warn' or 'error', fou"),
    ("budgets: [{metric: latency.p95, limit: [5]}]", "expected text or a number, found a list"),
    ("budgets: {metric: latency.p95}", "1: budgets: expected a list, found keys and values"),
    ("budgets: [latency.p95 < 5]", "1: budgets[0]: expected keys and values, found 'latency.p9"),
    ("budgets: []", "expected budgets, found none"),
    ("", "expected keys and values, found nothing"),
    ("- a\n", "expected keys and values, found a list"),
    ("thresholds:\n  http_reqs: [p95<5]", "2: thresholds.http_reqs[0]: 'p95<5' is no threshold"),
    ("thresholds: {http_reqs: ['p(95)<5']}", "http_reqs has no 'p'"),
    ("thresholds: {http_req_failed: ['count<5']}", "http_req_failed has no 'count'"),
    ("thresholds: {'http_reqs{name': ['count<5']}", "expected a selector such as"),
    ("thresholds: {'http_reqs{name}': ['count<5']}", "expected a selector such as"),
    ("thresholds: {http_reqs: [{treshold: count<5}]}", "did you mean 'threshold'?"),
    ("thresholds: {http_reqs: [{threshold: 'rate<1', abortOnFail: 3 times}]}", "expected true or"),
    ("responseTime: {home: {p95th: 5}}", "1: responseTime.home.p95th: 'p95th' is no figure"),
    ("responseTime: {home: 5}", "1: responseTime.home: expected keys and values, found '5'"),
    ("throughput: {home: {}}", "1: throughput.home: expected max or min, found neither"),
    (
        "throughput: {home: {most: 5}}",
        "throughput.home.most: 'most' is no key; there are 'max', 'min'",
    ),
    ("errorRate: {home: 5}", "1: errorRate.home: expected max, found '5'"),
    ("errorRate: {max: 200}", "error_rate is a ratio of at most 1"),
    ("resources: {gpu: {max: 5}}", "1: resources.gpu: expected 'cpu', 'memory' or 'disk'"),
]


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=lambda value: value[:60])
def test_mistakes_are_told_with_file_line_key_and_what_was_expected(budgets_of, text, message):
    with pytest.raises(ConfigError) as caught:
        budgets_of(text)
    assert "budget.yml:" in str(caught.value)
    assert message in str(caught.value)


def test_too_many_budgets_are_refused():
    with pytest.raises(ConfigError, match="at most 5000 budgets"):
        read_budgets([{"budgets": [{"metric": "latency.p95", "limit": 5}] * 5001}])
