"""Thresholds of the load script: k6's grammar, each kind of metric, and missing data."""

from __future__ import annotations

import json

import numpy as np
import pytest

from perfanalysis.analysis.k6_expressions import Expression, parse_expression
from perfanalysis.analysis.summarize import summarize_run
from perfanalysis.analysis.thresholds import judge_thresholds
from perfanalysis.model.outcome import Outcome
from perfanalysis.model.run import Threshold
from perfanalysis.reports.json_document import render_json, summary_document


def declared(metric, expression, passed=None):
    return Threshold(metric=metric, expression=expression, passed=passed)


@pytest.fixture(scope="module")
def judged(rows_run, load_of, series_of):
    """Judge one threshold on a run that has every kind of metric."""
    # Latencies of search are 1..100 ms, the last four fail; checkout takes 200 ms.
    search = load_of(
        "search",
        np.arange(1.0, 101.0),
        ok=[True] * 96 + [False] * 4,
        seconds=10.0,
        group="::shop",
        scenario="load",
        method="GET",
        status=["200"] * 96 + ["500"] * 4,
        wait_ms=4.0,
        tags={"url": "http://shop/search"},
    )
    parts = (
        search,
        load_of("checkout", [200.0] * 100, seconds=10.0, method="POST", status="200"),
        load_of("journey", [250.0] * 20, kind="iteration"),
        load_of("::shop", [40.0] * 20, kind="transaction", group="::shop"),
        load_of("is 200", [np.nan] * 20, kind="check", ok=[True] * 18 + [False] * 2),
    )
    series = (
        series_of("orders", [2.0] * 5, kind="counter"),
        series_of("orders", [1.0] * 5, kind="counter", labels={"shop": "north"}),
        series_of("error_rate", [0.0, 0.0, 0.0, 1.0], kind="rate"),
        series_of("vus", [4.0, 8.0, 6.0], kind="gauge"),
        series_of("checkout_duration", [10.0, 20.0, 30.0, 40.0], kind="trend"),
    )

    def judge(metric, expression, passed=None):
        run = rows_run(*parts, series=series, thresholds=(declared(metric, expression, passed),))
        (outcome,) = judge_thresholds(run)
        return outcome

    return judge


@pytest.mark.parametrize("aggregate", ["avg", "min", "max", "med", "count", "rate", "value"])
@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "===", "!="])
def test_every_aggregate_stands_with_every_operator(aggregate, operator):
    assert parse_expression(f"{aggregate}{operator}1.5") == Expression(
        aggregate=aggregate, quantile=None, operator=operator, limit=1.5
    )


@pytest.mark.parametrize(
    ("text", "quantile", "limit"),
    [
        ("p(95)<500", 0.95, 500.0),
        ("p(99.9) < 500", 0.999, 500.0),
        ("  p(0)<1  ", 0.0, 1.0),
        ("p(100)<1", 1.0, 1.0),
        ("avg<1e3", None, 1000.0),
        ("avg<.5", None, 0.5),
        ("avg<+5", None, 5.0),
        ("avg>-2.5", None, -2.5),
        ("avg\t<\t1", None, 1.0),
    ],
)
def test_percentiles_numbers_and_blanks_are_read_as_k6_reads_them(text, quantile, limit):
    found = parse_expression(text)
    assert (found.quantile, found.limit) == (pytest.approx(quantile), limit)


@pytest.mark.parametrize(
    "text",
    [
        *("", "p(95)", "p95<500", "p()<1", "p(x)<1", "p(101)<1", "avg=5", "avg<", "<5", "avg<5ms"),
        *("mean<5", "avg<5 and max<9", "avg < five", "avg<nan", "avg<1e999", "avg<5\nmax<9"),
    ],
)
def test_what_is_no_threshold_is_none(text):
    assert parse_expression(text) is None


@pytest.mark.parametrize(
    ("metric", "expression", "value", "outcome"),
    [
        ("http_req_duration", "max<=200", 200.0, Outcome.MET),
        ("http_req_duration", "max<200", 200.0, Outcome.BROKEN),
        ("http_req_duration", "max>=200", 200.0, Outcome.MET),
        ("http_req_duration", "max>200", 200.0, Outcome.BROKEN),
        ("http_req_duration", "max==200", 200.0, Outcome.MET),
        ("http_req_duration", "max===200", 200.0, Outcome.MET),
        ("http_req_duration", "max!=200", 200.0, Outcome.BROKEN),
        ("http_req_duration", "min<2", 1.0, Outcome.MET),
        ("http_req_duration", "avg<126", 125.25, Outcome.MET),
        ("http_req_duration", "med<150", 150.0, Outcome.BROKEN),
        ("http_req_duration{name:search}", "p(90)<91", 90.1, Outcome.MET),
        ("http_req_waiting", "max<5", 4.0, Outcome.MET),
        ("iteration_duration", "avg<251", 250.0, Outcome.MET),
        ("group_duration{group:::shop}", "avg<41", 40.0, Outcome.MET),
        ("http_reqs", "count>=200", 200.0, Outcome.MET),
        ("http_reqs{name:checkout}", "count==100", 100.0, Outcome.MET),
        ("http_req_failed", "rate<0.01", 0.02, Outcome.BROKEN),
        ("http_req_failed{name:search}", "rate<=0.04", 0.04, Outcome.MET),
        ("checks", "rate>0.95", 0.9, Outcome.BROKEN),
        ("orders", "count>14", 15.0, Outcome.MET),
        ("orders{shop:north}", "count==5", 5.0, Outcome.MET),
        ("error_rate", "rate<0.2", 0.25, Outcome.BROKEN),
        ("vus", "value==6", 6.0, Outcome.MET),
        ("checkout_duration", "p(50)<26", 25.0, Outcome.MET),
        ("checkout_duration", "max<40", 40.0, Outcome.BROKEN),
    ],
)
def test_each_kind_of_metric_is_judged_on_its_own_values(
    judged, metric, expression, value, outcome
):
    found = judged(metric, expression)
    assert found.value == pytest.approx(value)
    assert found.outcome is outcome
    assert found.source == f"{metric}: {expression}"


def test_rates_of_counters_are_per_second_of_the_run(judged):
    # The last checkout starts at 9.9 s; iterations and checks last longer: 32 s less a step.
    found = judged("http_reqs", "rate>6")
    assert found.value == pytest.approx(200 / 30.65, rel=1e-3)
    assert found.metric == "throughput"


@pytest.mark.parametrize(
    ("selector", "requests"),
    [
        ("name:search", 100),
        ("name: search , method:GET", 100),
        ("method:POST", 100),
        ("status:500", 4),
        ("scenario:load,status:200", 96),
        ("group:::shop", 100),
        ("expected_response:false", 4),
        ("expected_response:true", 196),
        ("url:http://shop/search", 100),
        ("name:'search'", 100),
        ('"name":"search"', 100),
        ("name:search,", 100),
    ],
)
def test_selectors_select_by_tag_as_k6_does(judged, selector, requests):
    assert judged(f"http_reqs{{{selector}}}", "count>0").value == requests


@pytest.mark.parametrize(
    ("metric", "expression"),
    [
        ("http_req_duration{name:basket}", "p(95)<500"),
        ("http_req_duration{url:http://other}", "p(95)<500"),
        ("http_req_duration{nobody:knows}", "p(95)<500"),
        ("http_req_duration{name}", "p(95)<500"),
        ("http_req_duration{method:GET,name}", "p(95)<500"),
        ("http_req_duration{name:search", "p(95)<500"),
        ("http_req_duration{expected_response:perhaps}", "p(95)<500"),
        ("http_req_tls_handshaking", "max<5"),
        ("never_recorded", "count<1"),
        ("error_rate", "avg<1"),
        ("vus", "max<100"),
        ("orders", "avg<100"),
        ("http_reqs", "p(95)<100"),
        ("http_req_failed", "count<100"),
        ("http_req_duration", "value<500"),
        ("http_req_duration", "rate<500"),
        ("http_req_duration", "p(950)<500"),
        ("http_req_duration", "around 500"),
    ],
)
def test_what_the_data_do_not_carry_is_undecided_never_met(judged, metric, expression):
    found = judged(metric, expression)
    assert found.value is None
    assert found.outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("passed", "outcome"), [(True, Outcome.MET), (False, Outcome.BROKEN)])
def test_the_tools_own_outcome_stands_where_the_data_are_silent(judged, passed, outcome):
    found = judged("http_req_duration{name:basket}", "p(95)<500", passed)
    assert (found.value, found.outcome) == (None, outcome)
    assert found.message.endswith("as the tool itself judged it")


def test_the_data_outweigh_the_tools_outcome(judged):
    assert judged("http_req_duration", "max<150", passed=True).outcome is Outcome.BROKEN


def test_a_summary_keeps_the_outcomes_that_k6_wrote_down(fixtures):
    from perfanalysis import api

    outcomes = api.summarize(fixtures / "k6/base.summary.json").thresholds
    written = json.loads((fixtures / "k6/base.summary.json").read_text())["metrics"]
    crossed = {
        f"{metric}: {expression}": failed
        for metric, content in written.items()
        for expression, failed in content.get("thresholds", {}).items()
    }
    assert {o.source: o.outcome is Outcome.BROKEN for o in outcomes} == crossed
    assert len(crossed) == 6


@pytest.mark.parametrize(
    ("metric", "expression", "ours", "name"),
    [
        ("http_req_duration", "p(99.9)<1", "latency.p99.9", None),
        ("http_req_duration{name:search}", "avg<1", "latency.mean", "search"),
        ("http_req_failed", "rate<1", "error_rate", None),
        ("http_reqs", "rate<1", "throughput", None),
        ("http_reqs", "count<1", "http_reqs", None),
        ("orders", "count<1", "orders", None),
    ],
)
def test_metrics_are_named_in_our_words_where_we_have_one(judged, metric, expression, ours, name):
    found = judged(metric, expression)
    assert (found.metric, found.name) == (ours, name)


def test_an_expression_that_nobody_understands_is_valid_json_without_a_limit(rows_run, load_of):
    run = rows_run(load_of("a", [1.0] * 9), thresholds=(declared("http_reqs", "rather many"),))
    document = json.loads(render_json(summary_document(summarize_run(run))))
    (found,) = document["thresholds"]
    assert (found["limit"], found["value"], found["outcome"]) == (None, None, "undecided")
    assert "not understood" in found["message"]
