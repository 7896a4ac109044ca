from __future__ import annotations

import json
import random

import pytest

from perfanalysis.importers.base import Match
from perfanalysis.importers.k6.json_output import K6Json
from perfanalysis.importers.rejects import Tolerance
from perfanalysis.model.run import Threshold

TAGS = {"group": "", "method": "GET", "name": "home", "scenario": "default", "status": "200"}
TEN = Tolerance(rows=10, share=None)


def point(metric, value, *, time="2026-01-01T00:00:10.5Z", tags=None, **more):
    data = {"time": time, "value": value, "tags": TAGS if tags is None else tags, **more}
    return json.dumps({"metric": metric, "type": "Point", "data": data})


def metric(name, kind, *, contains="default", thresholds=()):
    data = {"name": name, "type": kind, "contains": contains, "thresholds": list(thresholds)}
    return json.dumps({"type": "Metric", "data": data | {"submetrics": None}, "metric": name})


@pytest.fixture
def read(read_run, tmp_path):
    def read_lines(*lines, end="\n", **options):
        path = tmp_path / "run.json"
        path.write_bytes(("\n".join(lines) + end).encode())
        return read_run(path, format_name="k6-json", **options)

    return read_lines


def only(table):
    rows = table.to_pylist()
    assert len(rows) == 1
    return {key: value for key, value in rows[0].items() if value is not None}


# rows: request, check, iteration, transaction; series; codes of caveats; counted with grep
SAMPLES = {
    "2017-doc-example.jsonl": ((1, 0, 0, 0), 1, set()),
    "2022-doc-example.jsonl": ((0, 0, 0, 0), 1, {"incomplete-requests"}),
    "derived-errors-and-checks.jsonl": (
        (0, 1, 0, 0),
        2,
        {"incomplete-requests", "submetric-thresholds"},
    ),
    "json_test-expected.jsonl": (
        (0, 0, 0, 0),
        5,
        {"submetric-thresholds", "whole-second-times"},
    ),
    "setup-group-k6-results.json": ((61, 61, 32, 0), 32 + 32 + 31 + 48 + 48, set()),
    "thresholds-k6-results.json": (
        (115, 524, 100, 0),
        78 + 102 + 102 + 100 + 100 + 100 + 14 + 14,
        {"setup-requests"},
    ),
    "truncated-last-line.jsonl": ((20, 0, 9, 0), 9 + 9 + 9 + 1 + 1, {"cut-last-line"}),
}


@pytest.mark.parametrize(("name", "expected"), SAMPLES.items())
def test_strangers_files_give_the_counted_rows(read_run, shared, name, expected):
    by_kind, series, caveats = expected
    run = read_run(shared / "samples" / "k6-json" / name)
    assert run.importer.name == "k6-json"
    kinds = run.requests["kind"].to_pylist()
    found = tuple(kinds.count(k) for k in ("request", "check", "iteration", "transaction"))
    assert found == by_kind
    assert run.series.num_rows == series
    assert run.caveat_codes == caveats


def test_every_sample_has_its_expectation(shared):
    assert {path.name for path in (shared / "samples" / "k6-json").iterdir()} == set(SAMPLES)


@pytest.mark.parametrize(
    ("name", "requests", "failures", "transactions"),
    [("base", 519, 1, 363), ("slow", 503, 0, 355)],
)
def test_fixture_counts(read_run, fixtures, name, requests, failures, transactions):
    table = read_run(fixtures / "k6" / f"{name}.json.gz").requests.to_pandas()
    assert (table["kind"] == "request").sum() == requests
    assert ((table["kind"] == "request") & ~table["ok"]).sum() == failures
    assert (table["kind"] == "transaction").sum() == transactions
    assert (table["kind"] == "iteration").sum() == 100


def test_nine_points_become_one_request_that_starts_before_its_stamp(read):
    values = (1, 120.0, 30.5, 10.0, 20.0, 1.0, 117.0, 2.0, 0)
    names = [
        "http_reqs",
        "http_req_duration",
        "http_req_blocked",
        "http_req_connecting",
        "http_req_tls_handshaking",
        "http_req_sending",
        "http_req_waiting",
        "http_req_receiving",
        "http_req_failed",
    ]
    tags = TAGS | {"expected_response": "true", "url": "home", "team": "core", "vu": "7"}
    run = read(*(point(n, v, tags=tags) for n, v in zip(names, values, strict=True)))
    row = only(run.requests)
    assert row.pop("started_at").isoformat() == "2026-01-01T00:00:10.349500+00:00"
    assert row == {
        "name": "home",
        "latency_ms": 120.0,
        "ok": True,
        "kind": "request",
        "scenario": "default",
        "method": "GET",
        "status": "200",
        "worker": "7",
        "blocked_ms": 30.5,
        "connect_ms": 10.0,
        "tls_ms": 20.0,
        "send_ms": 1.0,
        "wait_ms": 117.0,
        "receive_ms": 2.0,
        "tags": [("team", "core")],
    }
    assert run.series.num_rows == 0


def test_requests_of_equal_time_and_tags_keep_their_own_phases(read):
    values = ((10.0, 1.0), (20.0, 2.0), (30.0, 3.0))
    lines = [
        line
        for duration, blocked in values
        for line in (point("http_req_duration", duration), point("http_req_blocked", blocked))
    ]
    table = read(*lines).requests
    assert table["latency_ms"].to_pylist() == [10.0, 20.0, 30.0]
    assert table["blocked_ms"].to_pylist() == [1.0, 2.0, 3.0]


def test_another_order_of_the_points_gives_the_same_requests(read):
    lines = [
        line
        for n in (1, 2, 3)
        for line in (point("http_req_failed", n == 2), point("http_req_duration", 10.0 * n))
    ]
    table = read(*lines).requests
    assert table["latency_ms"].to_pylist() == [10.0, 20.0, 30.0]
    assert table["ok"].to_pylist() == [True, False, True]


@pytest.mark.parametrize(
    ("tags", "failed", "ok"),
    [
        ({"status": "500", "expected_response": "false"}, 0, True),
        ({"status": "200", "expected_response": "true"}, 1, False),
        ({"status": "200", "expected_response": "true"}, None, True),
        ({"status": "200", "expected_response": "false"}, None, False),
        ({"status": "399"}, None, True),
        ({"status": "400"}, None, False),
        ({"status": "101"}, None, False),
        ({"status": "0"}, None, False),
        ({"error_code": "1211"}, None, False),
        ({}, None, True),
    ],
)
def test_success_is_the_verdict_of_k6_before_the_status(read, tags, failed, ok):
    lines = [point("http_req_duration", 1.0, tags=tags)]
    if failed is not None:
        lines.append(point("http_req_failed", failed, tags=tags))
    assert read(*lines).requests["ok"].to_pylist() == [ok]


@pytest.mark.parametrize(
    ("tags", "status", "error"),
    [
        ({"status": "0", "error": "dial: refused", "error_code": "1212"}, None, "dial: refused"),
        ({"status": "0", "error_code": "1050"}, None, "error_code 1050"),
        ({"status": "0"}, None, "no response"),
        ({"status": "404", "error_code": "1404"}, "404", "error_code 1404"),
        ({"status": "200"}, "200", None),
    ],
)
def test_no_response_has_no_status_but_an_error(read, tags, status, error):
    row = read(point("http_req_duration", 0, tags=tags)).requests.to_pylist()[0]
    assert (row["status"], row["error"]) == (status, error)


def test_name_falls_back_to_the_url_and_then_to_the_metric(read):
    table = read(
        point("http_req_duration", 1.0, tags={"name": "n", "url": "u"}),
        point("http_req_duration", 2.0, tags={"url": "u"}),
        point("http_req_duration", 3.0, tags={}),
    ).requests
    assert table["name"].to_pylist() == ["n", "u", "http_req_duration"]
    assert table["tags"].to_pylist() == [[("url", "u")], None, None]


def test_checks_groups_and_iterations_are_rows_of_their_kind(read):
    tags = {"group": "::cart", "scenario": "shop"}
    table = read(
        point("checks", 0, tags=tags | {"check": "is 200"}),
        point("group_duration", 500.0, tags=tags),
        point("iteration_duration", 1500.0, tags={"group": "", "scenario": "shop"}),
    ).requests
    assert table["kind"].to_pylist() == ["check", "transaction", "iteration"]
    assert table["name"].to_pylist() == ["is 200", "::cart", "shop"]
    assert table["latency_ms"].to_pylist() == [None, 500.0, 1500.0]
    assert table["ok"].to_pylist() == [False, True, True]
    assert [t.isoformat()[17:23] for t in table["started_at"].to_pylist()] == [
        "10.500",
        "10+00:",
        "09+00:",
    ]


def test_requests_of_setup_and_teardown_are_counted_and_stated(read):
    run = read(
        point("http_req_duration", 1.0, tags={"group": "::setup", "name": "seed"}),
        point("http_req_duration", 1.0, tags={"group": "::teardown::x", "name": "drop"}),
        point("http_req_duration", 1.0, tags={"group": "::setup", "scenario": "s", "name": "n"}),
    )
    assert run.requests.num_rows == 3
    caveat = next(c for c in run.caveats if c.code == "setup-requests")
    assert caveat.message.startswith("2 requests of setup and teardown")


def test_series_take_kind_and_unit_from_their_metric_line(read):
    run = read(
        metric("cart_size", "gauge"),
        metric("upload", "counter", contains="data"),
        metric("render", "trend", contains="time"),
        point("cart_size", 3, tags={"team": "core"}),
        point("upload", 100, tags={}),
        point("render", -1.5, tags=None),
        point("grpc_req_duration", 4.0, tags={}),
        point("ws_sessions", 1, tags={}),
        point("browser_web_vital_cls", 0.1, tags={}),
    )
    found = [
        (r["metric"], r["value"], r["kind"], r["unit"], r["labels"]) for r in run.series.to_pylist()
    ]
    labels = [(k, v) for k, v in sorted(TAGS.items()) if v]
    assert found == [
        ("cart_size", 3.0, "gauge", None, [("team", "core")]),
        ("upload", 100.0, "counter", "bytes", None),
        ("render", -1.5, "trend", "ms", labels),
        ("grpc_req_duration", 4.0, "trend", "ms", None),
        ("ws_sessions", 1.0, "counter", None, None),
        ("browser_web_vital_cls", 0.1, "trend", None, None),
    ]
    assert run.caveats == []


def test_a_metric_that_nobody_declared_is_a_trend_and_named(read):
    run = read(point("mystery", 1))
    assert run.series["kind"].to_pylist() == ["trend"]
    assert [c.code for c in run.caveats] == ["unknown-metric-type"]
    assert run.caveats[0].message.endswith(": mystery")


def test_thresholds_are_read_as_text_and_as_object(read):
    run = read(
        metric("checks", "rate", thresholds=["rate>0.9", {"threshold": "rate>0.5"}]),
        metric("checks", "rate", thresholds=["rate>0.9"]),
        point("checks", 1),
    )
    assert run.fact("thresholds") == (
        Threshold(metric="checks", expression="rate>0.9"),
        Threshold(metric="checks", expression="rate>0.5"),
    )


def test_metadata_are_tags_too(read):
    row = only(read(point("checks", 1, tags={"check": "c"}, metadata={"vu": 3, "t": "x"})).requests)
    assert (row["worker"], row["tags"]) == ("3", [("t", "x")])


def test_times_with_any_offset_and_up_to_nine_decimals_become_utc(read):
    times = [
        "2026-01-01T00:00:00.123456789+05:30",
        "2026-01-01T00:00:00.1-03:00",
        "2026-01-01T00:00:00Z",
    ]
    found = read(*(point("vus", 1, time=t) for t in times)).series["time"].to_pylist()
    assert [t.isoformat() for t in found] == [
        "2025-12-31T18:30:00.123456+00:00",
        "2026-01-01T03:00:00.100000+00:00",
        "2026-01-01T00:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (metric("vus", "gauge").encode(), Match.CERTAIN),
        (point("vus", 1).encode()[:60], Match.CERTAIN),
        (b"banner\n" + point("vus", 1).encode(), Match.CERTAIN),
        (b'{"type":"Point","data":{"time":"2017', Match.CERTAIN),
        (b'{"data":{"value":1},"type":"Point","metric":"vus"}\n', Match.LIKELY),
        (b'{"data":{"value":1},"type":"Other","metric":"vus"}\n', Match.NO),
        (b'{"event":"param","data":{}}\n', Match.NO),
        (b'{"metrics":{"http_reqs":{"type":"counter"}}}', Match.NO),
        (b"metric_name,timestamp,metric_value\n", Match.NO),
        (b"", Match.NO),
        (b"\xff\xfe{\n", Match.NO),
    ],
)
def test_match_looks_at_the_content_alone(head, match):
    assert K6Json().match(head, "anything.csv") is match


def test_match_never_raises_on_random_bytes():
    rng = random.Random(20260101)
    line = bytearray(point("vus", 1).encode() + b"\n")
    for _ in range(300):
        mutated = line.copy()
        for _ in range(rng.randrange(1, 20)):
            mutated[rng.randrange(len(mutated))] = rng.randrange(256)
        assert K6Json().match(bytes(mutated), "x") in Match
    assert K6Json().match(rng.randbytes(65_536), "x") is Match.NO
