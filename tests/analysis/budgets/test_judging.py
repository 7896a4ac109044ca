"""Budgets held against runs: outcome, value, interval, headroom, sentence; and missing data."""

from __future__ import annotations

import numpy as np
import pytest

from perfanalysis.analysis.budgets.judging import judge_budgets
from perfanalysis.analysis.budgets.observing import Observed
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.errors import ConfigError
from perfanalysis.model.outcome import Outcome
from tests.analysis.budgets.texts import entry

MET, BROKEN, UNDECIDED = Outcome.MET, Outcome.BROKEN, Outcome.UNDECIDED


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        *((f"latency.{figure}", name) for figure in ("p50", "p75", "p90", "p95", "p99")
          for name in (None, "search", "checkout")),
        *((f"latency.{figure}", "search") for figure in ("mean", "min", "max")),
        ("error_rate", "checkout"),
        ("error_rate", None),
        ("throughput", "search"),
    ],
)  # fmt: skip
def test_the_value_is_the_one_that_the_summary_prints(only, shop, metric, name):
    summary = summarize_run(shop)
    of = summary.total if name is None else next(n for n in summary.names if n.name == name)
    expected = (
        getattr(of.latency, metric.removeprefix("latency."))
        if metric.startswith("latency.")
        else getattr(of, metric)
    )
    bound = "min: 1 /s" if metric == "throughput" else "limit: 0.9"
    found = only(entry(metric, bound, more=f", name: {name}" if name else ""))
    assert found.value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("limit", "outcome"), [("60 ms", MET), ("39 ms", UNDECIDED), ("30 ms", BROKEN)]
)
def test_met_undecided_and_broken_follow_from_the_interval(only, limit, outcome):
    found = only(entry("latency.p95", f"limit: {limit}", more=", name: search"))
    assert found.outcome is outcome
    assert found.ci_low < found.value < found.ci_high
    assert found.reason == ("spans-limit" if outcome is UNDECIDED else None)
    assert found.unit == "ms"
    assert found.headroom == pytest.approx(1 - found.value / found.limit)


def test_an_undecided_budget_says_why_and_what_would_tell(only):
    found = only(entry("latency.p95", "limit: 39 ms", more=", name: search"))
    assert "search latency.p95 is 38.6 ms, budget at most 39 ms: the interval" in found.message
    assert "spans the limit" in found.message
    assert "times as long would tell" in found.message


def test_a_least_allowed_value_is_broken_from_below(only):
    assert only(entry("throughput", "min: 10 /s")).outcome is MET
    broken = only(entry("throughput", "min: 1000 /s"))
    assert (broken.outcome, broken.bound) == (BROKEN, "min")
    assert broken.headroom < -0.9


@pytest.mark.parametrize(
    ("text", "value", "outcome"),
    [
        ("{metric: requests, min: 2500}", 2500.0, MET),
        ("{metric: requests, min: 2501}", 2500.0, BROKEN),
        ("{metric: failures, max: 10}", 10.0, MET),
        ("{metric: failures, max: 9}", 10.0, BROKEN),
        ("{metric: orders.total, max: 100}", 100.0, MET),
        ("{metric: orders.rate, max: 3 /s}", 2.4994283, MET),
        ("{metric: orders.mean, max: 3 /s}", 2.4994283, MET),
        ("{metric: data_sent.total, max: 40 kB}", 50_000.0, BROKEN),
        ("{metric: vus.max, max: 8}", 8.0, MET),
        ("{metric: vus.last, min: 7}", 6.0, BROKEN),
        ("{metric: vus.min, min: 4}", 4.0, MET),
        ("{metric: system.memory.used.max, limit: 499 MB}", 5e8, BROKEN),
        ("{metric: system.memory.used.max, limit: 512 MB}", 5e8, MET),
    ],
)
def test_counts_and_extremes_are_facts_without_an_interval(only, text, value, outcome):
    found = only(f"budgets: [{text}]")
    assert (found.value, found.outcome) == (pytest.approx(value), outcome)
    assert (found.ci_low, found.ci_high, found.method) == (None, None, "none")


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("{metric: system.cpu.mean, limit: 70 %}", "%"),
        ("{metric: system.cpu.p50, limit: 70}", "%"),
        ("{metric: system.memory.used.mean, limit: 1 GB}", "bytes"),
        ("{metric: data_sent.rate, limit: 1 MB/s}", "bytes/s"),
        ("{metric: checkout_time.p95, limit: 1 s}", "ms"),
        ("{metric: checkout_time.mean, limit: 1 s}", "ms"),
        ("{metric: flaky.rate, limit: 50 %}", "ratio"),
        ("{metric: flaky.mean, limit: 50 %}", "ratio"),
    ],
)
def test_series_are_judged_in_their_own_unit(only, text, unit):
    found = only(f"budgets: [{text}]")
    assert (found.unit, found.outcome, found.name) == (unit, MET, None)


def test_a_glob_makes_one_result_for_each_name(judged):
    found = judged(entry("latency.p95", "limit: 60 ms", more=', name: "*"'))
    assert [(r.name, r.outcome) for r in found] == [("checkout", BROKEN), ("search", MET)]


@pytest.mark.parametrize(
    ("tags", "n"),
    [
        ("{method: GET}", 2000),
        ("{region: us}", 500),
        ("{scenario: load, region: eu}", 2000),
        ("{status: 200}", 2000),
        ("{expected_response: false}", 10),
    ],
)
def test_tags_select_requests_by_columns_and_by_tags(only, tags, n):
    found = only(entry("requests", "min: 1", more=f", tags: {tags}"))
    assert found.value == n
    assert dict(found.tags) == {
        key: value.strip()
        for key, value in (pair.split(": ") for pair in tags.strip("{}").split(", "))
    }


def test_names_and_tags_together_keep_the_names_that_have_such_requests(judged):
    found = judged(entry("latency.p50", "limit: 1 s", more=', name: "*", tags: {region: eu}'))
    assert [result.name for result in found] == ["search"]


def test_transactions_and_iterations_are_asked_for_by_kind(only):
    shop = entry("latency.p50", "limit: 200 ms", more=', name: "::*", kind: transaction')
    assert only(shop).name == "::shop"
    assert only(entry("latency.mean", "limit: 300 ms", more=", kind: iteration")).value == 250.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (entry("latency.p95", "limit: 5", more=", name: serch"), "did you mean 'search'?"),
        (entry("latency.p95", "limit: 5", more=", name: zzz"), "there are 'checkout', 'search'"),
        (entry("latency.p95", "limit: 5", more=", name: '::shop'"), "no request is called|hold no"),
        (entry("latency.p95", "limit: 5", more=", tags: {regin: eu}"), "did you mean 'region'?"),
        (entry("latency.p95", "limit: 5", more=", tags: {region: uk}"), "there are 'eu', 'us'|did"),
        (
            entry("latency.p95", "limit: 5", more=", tags: {region: us, method: GET}"),
            "never all together",
        ),
        (entry("latancy.p95", "limit: 5"), "did you mean 'latency.p95'?"),
        (entry("system.cpuu.mean", "limit: 5 %"), "did you mean 'system.cpu.mean'?"),
        (entry("orders.p95", "max: 5"), "'orders' is a counter: it has count, mean, rate"),
        (entry("system.cpu.mean", "limit: 5 ms"), "expected a percentage such as '70 %'"),
        (entry("system.cpu.mean", "limit: 5 %", more=", tags: {core: 1}"), "has the tags {core:1}"),
        ("thresholds: {http_req_durations: ['p(95)<5']}", "did you mean 'http_req_duration'?"),
        ("thresholds: {'http_reqs{name:serch}': ['count>5']}", "did you mean 'search'?"),
        ("thresholds: {'http_reqs{method:PUT}': ['count>5']}", "of 'method', did you mean|there"),
        ("thresholds: {vus: ['max<5']}", "'vus' is a gauge: it has last, not max"),
        ("responseTime: {homepage: {p95: 5}}", "no request is called 'homepage'"),
    ],
)
def test_what_fits_nothing_is_an_error_with_a_suggestion_and_its_line(judged, text, message):
    with pytest.raises(ConfigError) as caught:
        judged(text)
    assert any(part in str(caught.value) for part in message.split("|"))
    assert "budget.yml:1: " in str(caught.value)


def test_a_name_of_another_kind_is_pointed_out(judged):
    with pytest.raises(ConfigError) as caught:
        judged(entry("latency.p95", "limit: 5", more=", name: journey"))
    assert caught.value.hint == "there is a iteration of that name: add 'kind: iteration'"


def test_data_that_a_monitor_did_not_record_are_missing_not_misspelt(rows_run, load_of, only):
    run = rows_run(load_of("a", [1.0] * 50))
    for text in (
        entry("system.cpu.mean", "limit: 70 %"),
        "resources: {memory: {max: 80}}",
        "thresholds: {vus: ['value<5']}",
        "thresholds: {http_req_waiting: ['avg<5']}",
    ):
        found = only(text, run)
        assert (found.outcome, found.reason, found.value) == (UNDECIDED, "no-data", None)
        assert "no data" in found.message


def test_tags_without_single_requests_are_missing_data(interval_rows, rows_run, only):
    row = {"name": "a", "requests": 500, "latency_mean_ms": 5.0}
    run = rows_run(intervals=(interval_rows(row),), duration_s=10.0)
    found = only(entry("latency.mean", "limit: 9 ms", more=", tags: {region: eu}"), run)
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")
    assert "single requests only" in found.message


def test_a_run_without_any_requests_is_missing_data(series_of, rows_run, only):
    run = rows_run(series=(series_of("system.cpu", [5.0] * 9, unit="%"),))
    assert only(entry("latency.p95", "limit: 9 ms"), run).reason == "no-data"


def test_a_name_that_one_of_several_runs_lacks_is_missing_data(rows_run, load_of, judged):
    both = rows_run(load_of("a", [1.0] * 50), load_of("b", [1.0] * 50))
    one = rows_run(load_of("a", [1.0] * 50))
    found = judged(entry("latency.p50", "limit: 9 ms", more=', name: "*"'), both, one)
    assert [(r.name, r.reason) for r in found] == [("a", None), ("b", "no-data")]


def test_a_figure_that_the_source_rounds_is_undecided_within_its_rounding(
    interval_rows, rows_run, only
):
    row = {
        "name": "a",
        "requests": 500,
        "latency_mean_ms": 5.0,
        "quantiles": {0.95: 100.0},
        "quantile_error": 0.05,
    }
    run = rows_run(intervals=(interval_rows(row),), duration_s=10.0)
    found = {
        limit: only(entry("latency.p95", f"limit: {limit} ms", more=", name: a"), run)
        for limit in (90, 98, 102, 110)
    }
    assert [r.outcome for r in found.values()] == [BROKEN, UNDECIDED, UNDECIDED, MET]
    assert found[98].reason == "rough"
    assert "the source knows it to 5 % only" in found[98].message
    assert [caveat.code for caveat in found[110].caveats] == ["no-interval"]


def test_a_reported_percentile_of_several_names_cannot_be_added_up(interval_rows, rows_run, only):
    rows = [
        {"name": name, "requests": 500, "quantiles": {0.95: 100.0}, "duration_s": 9.0}
        for name in "ab"
    ]
    run = rows_run(intervals=(interval_rows(*rows),), duration_s=10.0)
    found = only(entry("latency.p95", "limit: 200 ms"), run)
    assert (found.outcome, found.reason) == (UNDECIDED, "no-data")
    assert "budget its names" in found.message


def test_a_bundle_without_its_rows_is_judged_on_its_histograms(only, shop, tmp_path):
    import shutil

    from perfanalysis.store.bundle import Run

    shutil.copytree(shop.path, tmp_path / "lean.run")
    (tmp_path / "lean.run" / "requests.parquet").unlink()
    lean = Run.open(tmp_path / "lean.run")
    for metric in ("latency.p95", "latency.mean", "latency.p50", "error_rate"):
        bound = "limit: 0.5" if metric == "error_rate" else "limit: 1 s"
        text = entry(metric, bound, more=", name: checkout")
        exact, rough = only(text), only(text, lean)
        assert rough.value == pytest.approx(exact.value, rel=0.01)
        assert rough.ci_low <= exact.value <= rough.ci_high
    slo = "budgets: [{slo: 90 % of requests under 200 ms, name: checkout}]"
    assert only(slo, lean).value == pytest.approx(only(slo).value, abs=0.003)


def test_too_few_requests_say_how_many_are_needed(rows_run, load_of, lognormal, only):
    run = rows_run(load_of("a", lognormal(10.0, 0.3, 50)))
    found = only(entry("latency.p99", "limit: 100 ms"), run)
    assert (found.outcome, found.ci_high) == (UNDECIDED, None)
    assert "50 requests are too few to tell, about" in found.message
    # But far beyond the limit even few requests are enough.
    assert only(entry("latency.p99", "limit: 5 ms"), run).outcome is BROKEN


def test_requests_that_come_in_bursts_are_worth_less(rows_run, load_of, only):
    rng = np.random.default_rng(3)
    steady = rng.lognormal(3.0, 0.3, 2000)
    bursts = steady.copy()
    bursts[600:900] *= 4
    results = [
        only(entry("latency.p90", "limit: 1 s"), rows_run(load_of("a", rng.permutation(bursts)))),
        only(entry("latency.p90", "limit: 1 s"), rows_run(load_of("a", bursts))),
    ]
    lows = [found.ci_low / found.value for found in results]
    assert 1 - lows[1] > 3 * (1 - lows[0]) > 0


def test_a_message_of_the_author_is_said_where_the_budget_is_not_met(only):
    more = ", name: search, message: 'the search must stay quick'"
    broken = only(entry("latency.p95", "limit: 5 ms", more=more))
    assert broken.message.startswith("the search must stay quick: search latency.p95 is 38.6 ms")
    assert not only(entry("latency.p95", "limit: 9 s", more=more)).message.startswith("the search")


def test_relative_limits_without_a_baseline_are_undecided_for_that_reason(only):
    found = only('budgets: [{metric: latency.p95, change: "+10 %"}]')
    assert (found.outcome, found.reason, found.relative) == (UNDECIDED, "no-baseline", True)
    assert "compare --budget judges it" in found.message


def test_results_say_where_their_budget_stands(judged):
    text = "budgets:\n  - {metric: latency.p95, limit: 1 s}\nthresholds:\n  http_reqs: [count>1]\n"
    assert [(r.file, r.line, r.level) for r in judged(text)] == [
        ("budget.yml", 2, "error"),
        ("budget.yml", 4, "error"),
    ]


def test_equal_and_unequal_are_kept_as_bounds(judged):
    found = judged("thresholds: {http_reqs: ['count==2500', 'count!=2500']}")
    assert [(r.bound, r.outcome, r.headroom) for r in found] == [
        ("equal", MET, None),
        ("unequal", BROKEN, None),
    ]


def test_nothing_is_judged_without_budgets(shop):
    assert judge_budgets([], [Observed(shop)]) == ()


def test_a_budget_does_not_depend_on_the_others_in_its_file(judged):
    alone = judged(entry("latency.p95", "limit: 39 ms", more=", name: search"))
    text = """\
        budgets:
          - {metric: latency.p95, name: search, limit: 39 ms}
          - {metric: latency.p95, name: "*", limit: 1 s}
          - {metric: latency.p99, limit: 1 s}
        """
    first, *_ = judged(text)
    assert (first.value, first.ci_low, first.ci_high) == (
        alone[0].value,
        alone[0].ci_low,
        alone[0].ci_high,
    )
