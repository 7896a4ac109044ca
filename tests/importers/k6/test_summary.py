from __future__ import annotations

import json

import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Match
from perfanalysis.importers.k6.summary import K6Summary

TREND = {"avg": 20.0, "min": 1.0, "med": 10.0, "max": 90.0, "p(90)": 50.0, "p(99.9)": 80.0}


@pytest.fixture
def read(read_run, tmp_path):
    def read_document(document):
        path = tmp_path / "summary.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text)
        return read_run(path, format_name="k6-summary")

    return read_document


def rows(run):
    return {(r["kind"], r["name"]): r for r in run.intervals.to_pylist()}


def without_duration(row):
    # Each shape states the length of the test in its own way: equal but for the last bit.
    return row | {"duration_s": None}


# requests and failures of the whole (None: no HTTP), iterations, rows of checks; read by eye
SAMPLES = {
    "export-old-browser.json": (None, None, 1, 2),
    "export-old-nonascii.json": (32316, 0, 14235, 8),
    "export-old-thresholds.json": (4, 0, 1, 1),
    "export-old-ws.json": (None, None, 1016, 1),
    "handleSummary-0.3x.json": (20, 0, 10, 0),
    "new-machine-readable-v1-example.json": (None, None, 1, 1),
    "test-handleSummary.json": (3, 0, None, 3),
}


@pytest.mark.parametrize(("name", "expected"), SAMPLES.items())
def test_strangers_files_give_the_counted_rows(read_run, shared, name, expected):
    requests, failures, iterations, checks = expected
    run = read_run(shared / "samples" / "k6-summary" / name)
    assert run.importer.name == "k6-summary"
    found = rows(run)
    total = found.get(("request", "all requests"), {})
    assert (total.get("requests"), total.get("failures")) == (requests, failures)
    assert found.get(("iteration", "iteration"), {}).get("requests") == iterations
    assert sum(kind == "check" for kind, _ in found) == checks
    assert len(found) == (requests is not None) + (iterations is not None) + checks
    assert set(run.intervals["scope"].to_pylist()) == {"run"}


def test_every_sample_has_its_expectation(shared):
    assert {path.name for path in (shared / "samples" / "k6-summary").iterdir()} == set(SAMPLES)


@pytest.mark.parametrize(
    ("name", "requests", "failures", "iterations", "p95", "duration_s"),
    [
        ("base", 9216, 4, 1841, 83.663806, 45.19563363),
        ("slow", 8132, 3, 1630, 116.02021419999993, 45.275584938),
    ],
)
def test_fixtures_give_what_k6_printed(
    read_run, fixtures, name, requests, failures, iterations, p95, duration_s
):
    run = read_run(fixtures / "k6" / f"{name}.summary.json")
    total = rows(run)["request", "all requests"]
    assert (total["requests"], total["failures"]) == (requests, failures)
    assert {q["q"]: q["latency_ms"] for q in total["quantiles"]}[0.95] == p95
    assert [q["q"] for q in total["quantiles"]] == [0.5, 0.9, 0.95, 0.99, 0.999]
    assert total["quantile_error"] == 0.0
    assert total["duration_s"] == pytest.approx(duration_s, rel=1e-9)
    assert run.fact("duration_s") == pytest.approx(duration_s, rel=1e-9)
    assert rows(run)["iteration", "iteration"]["requests"] == iterations
    assert {t.passed for t in run.fact("thresholds")} == {True}
    assert len(run.fact("thresholds")) == 6


def test_the_three_shapes_say_the_same(read_run, fixtures):
    old, handled, machine = (
        read_run(fixtures / "k6" / f"base.{shape}.json")
        for shape in ("summary", "handle-summary", "machine-readable")
    )
    wanted = {key: without_duration(row) for key, row in rows(old).items()}
    assert {key: without_duration(row) for key, row in rows(handled).items()} == wanted
    assert handled.fact("duration_s") == pytest.approx(old.fact("duration_s"), rel=1e-12)
    assert set(handled.fact("thresholds")) == set(old.fact("thresholds"))
    # The machine-readable one has three percentiles only, and no thresholds.
    for row in wanted.values():
        row["quantiles"] = row["quantiles"] and [q for q in row["quantiles"] if q["q"] <= 0.95]
    assert {key: without_duration(row) for key, row in rows(machine).items()} == wanted
    assert machine.fact("thresholds") is None
    assert machine.fact("tool_version") == "2.2.0"


def test_checks_of_equal_name_in_several_groups_add_up(read):
    check = {"name": "is 200", "passes": 3, "fails": 1}
    root = {"groups": {"a": {"checks": {"is 200": check}, "groups": {}}}, "checks": [check]}
    found = rows(read({"root_group": root, "metrics": {}}))
    assert (found["check", "is 200"]["requests"], found["check", "is 200"]["failures"]) == (8, 2)


def test_checks_without_groups_are_one_row(read):
    run = read({"metrics": {"checks": {"passes": 7, "fails": 2, "value": 0.7}}})
    assert rows(run)["check", "checks"]["requests"] == 9
    assert rows(run)["check", "checks"]["failures"] == 2


def test_passes_of_http_req_failed_are_failures(read):
    metrics = {
        "http_reqs": {"count": 10, "rate": 2.0},
        "http_req_duration": TREND,
        "http_req_failed": {"passes": 3, "fails": 7, "value": 0.3},
        "data_received": {"count": 1000, "rate": 200.0},
    }
    run = read({"metrics": metrics})
    total = rows(run)["request", "all requests"]
    assert (total["requests"], total["failures"], total["bytes_received"]) == (10, 3, 1000)
    assert (total["latency_mean_ms"], total["latency_min_ms"]) == (20.0, 1.0)
    assert total["quantiles"] == [
        {"q": 0.5, "latency_ms": 10.0},
        {"q": 0.9, "latency_ms": 50.0},
        {"q": 0.999, "latency_ms": 80.0},
    ]
    assert total["duration_s"] == 5.0
    assert run.caveats == []


def test_a_thresholds_outcome_is_inverted_in_the_old_shape_alone(read):
    old = {"http_req_duration": TREND | {"count": 5, "thresholds": {"a<1": False, "b<1": True}}}
    new = {
        "http_req_duration": {
            "type": "trend",
            "values": TREND | {"count": 5},
            "thresholds": {"a<1": {"ok": True}, "b<1": {"ok": False}, "c<1": {}},
        }
    }
    outcomes = {t.expression: t.passed for t in read({"metrics": old}).fact("thresholds")}
    assert outcomes == {"a<1": True, "b<1": False}
    outcomes = {t.expression: t.passed for t in read({"metrics": new}).fact("thresholds")}
    assert outcomes == {"a<1": True, "b<1": False, "c<1": None}


def test_sub_metrics_are_parts_and_never_added_to_the_whole(read):
    run = read(
        {
            "metrics": {
                "http_reqs": {"count": 10, "rate": 2.0},
                "http_req_duration": TREND,
                "http_req_failed": {"passes": 0, "fails": 10},
                "http_req_duration{name:search}": TREND | {"count": 4},
                "http_req_failed{name:search}": {"passes": 1, "fails": 3},
                "http_req_duration{name:a,group:b}": TREND,
                "http_reqs{name:a,group:b}": {"count": 2, "rate": 0.4},
                "http_req_duration{name:unknown}": TREND,
            }
        }
    )
    found = {key: (r["requests"], r["failures"]) for key, r in rows(run).items()}
    assert found == {
        ("request", "all requests"): (10, 0),
        ("transaction", "search"): (4, 1),
        ("transaction", "http_req_duration{name:a,group:b}"): (2, 0),
    }
    messages = {c.code: c.message for c in run.caveats}
    assert messages["failures-unknown"].endswith(": http_req_duration{name:a,group:b}")
    assert messages["metrics-without-rows"].endswith(": http_req_duration{name:unknown}")
    assert messages["sub-metric"].endswith(": http_req_duration{name:a,group:b}, search")


def test_old_files_without_http_req_failed_say_so(read):
    run = read({"metrics": {"http_reqs": {"count": 10, "rate": 2.0}}})
    assert rows(run)["request", "all requests"]["failures"] == 0
    assert run.caveat_codes == {"failures-unknown"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ([], "document: expected an object, found '[]'"),
        ({}, "metrics: expected an object, found 'None'"),
        ({"metrics": []}, "metrics: expected an object, found '[]'"),
        ({"metrics": {"vus": 5}}, "metrics.vus: expected an object, found '5'"),
        ({"metrics": {"vus": {"values": 5}}}, "metrics.vus.values: expected an object, found '5'"),
        ({"metrics": {}, "state": 5}, "state: expected an object, found '5'"),
        (
            {"metrics": {}, "state": {"testRunDurationMs": "x"}},
            "state.testRunDurationMs: expected a number, found 'x'",
        ),
        (
            {"metrics": {"http_reqs": {"count": "ten"}}},
            "metrics.http_reqs.count: expected a number, found 'ten'",
        ),
        (
            {"metrics": {"http_reqs": {"count": -1}}},
            "metrics.http_reqs.count: expected a count, found '-1.0'",
        ),
        (
            {"metrics": {"http_reqs": {"count": True}}},
            "metrics.http_reqs.count: expected a number, found 'True'",
        ),
        (
            {"metrics": {"http_reqs": {"count": 1.5}}},
            "metrics.http_reqs.count: expected a count, found '1.5'",
        ),
        ({"metrics": {"http_reqs": {"count": 10**400}}}, "expected a number, found '1000"),
        ({"metrics": {"http_reqs": {"count": 10**30}}}, "expected counts of at most 64 bits"),
        (
            {"metrics": {"http_reqs": {"count": 1}, "http_req_duration": {"p(90)": "x"}}},
            "metrics.http_req_duration.p(90): expected a number, found 'x'",
        ),
        (
            '{"metrics":{"http_reqs":{"count":1},"http_req_duration":{"avg":NaN}}}',
            "metrics.http_req_duration.avg: expected a number, found 'nan'",
        ),
        (
            {"metrics": {"vus": {"thresholds": [1]}}},
            "metrics.vus.thresholds: expected an object, found '[1]'",
        ),
        ({"metrics": {}, "root_group": {"checks": 5}}, "expected a list or an object, found '5'"),
        ({"metrics": {}, "root_group": {"groups": [5]}}, "expected an object, found '5'"),
        ({"results": {"metrics": 5}}, "results.metrics: expected a list or an object, found '5'"),
        ({"metrics": {}}, "expected requests, iterations or checks, found none"),
        ('{"metrics": {"\\ud800": {}}}', "expected text in UTF-8"),
        ('{"metrics": {', "expected JSON"),
        ('{"metrics":' + "[" * 100_000, "expected a JSON document"),
    ],
)
def test_a_document_that_is_no_summary_is_refused_with_its_place(read, document, reason):
    with pytest.raises(InputError, match=r"summary\.json:1: ") as caught:
        read(document)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (
            b'{\n    "root_group": {\n        "name": "",\n        "path": "", "groups": {',
            Match.CERTAIN,
        ),
        (b'{"metrics":{"vus":{"value":1}},"root_group":{"name":""}}', Match.CERTAIN),
        (b'{"config":{},"metadata":{"k6_version":"1.5.0"},"results":{"checks":{', Match.CERTAIN),
        (b'{"config":{},"metadata":{"k6Version":"1.5.0"},"results":{"checks":{', Match.CERTAIN),
        (b'{"metrics":{"http_reqs":{"count":1}}}', Match.LIKELY),
        (b'{"metrics":{"cpu":{"count":1}}}', Match.NO),
        (b'{"metric":"vus","type":"Point","data":{"value":1}}\n', Match.NO),
        (b'[{"root_group": {"groups": {}}}]', Match.NO),
        (b"", Match.NO),
        (b"\xff\xfe{", Match.NO),
    ],
)
def test_match_looks_at_the_content_alone(head, match):
    assert K6Summary().match(head, "anything.csv") is match
