"""The rows of k6's JSON and CSV against a plain reading, line by line, with json and csv."""

from __future__ import annotations

import csv
import functools
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from perfanalysis.importers import source
from perfanalysis.importers.k6 import json_output, lines, points

PHASES = {
    "http_req_blocked": "blocked_ms",
    "http_req_connecting": "connect_ms",
    "http_req_tls_handshaking": "tls_ms",
    "http_req_sending": "send_ms",
    "http_req_waiting": "wait_ms",
    "http_req_receiving": "receive_ms",
}
HTTP = ["http_reqs", "http_req_duration", *PHASES, "http_req_failed"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def opened(path):
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


def json_points(path):
    """Time (end, UTC), metric, value, tags of each point, as json.loads gives them."""
    with opened(path) as lines:
        for line in lines:
            try:
                point = json.loads(line)
            except ValueError:
                continue
            if point["type"] == "Point":
                data = point["data"]
                text = data["time"].replace("Z", "+00:00")
                seconds, _, rest = text.partition(".")
                if rest:
                    sign = "+" if "+" in rest else "-"
                    digits, _, zone = rest.partition(sign)
                    text = f"{seconds}.{digits[:6]:0<6}{sign}{zone}"
                tags = {**(data["tags"] or {}), **data.get("metadata", {})}
                time = datetime.fromisoformat(text).astimezone(UTC)
                yield time, point["metric"], data["value"], tags


def csv_points(path):
    with opened(path) as lines:
        for row in csv.DictReader(lines):
            metric, time, value = (row.pop(k) for k in ("metric_name", "timestamp", "metric_value"))
            extra = [row.pop("extra_tags", ""), row.pop("metadata", "")]
            tags = row | dict(part.split("=") for cell in extra if cell for part in cell.split("&"))
            yield EPOCH + timedelta(seconds=int(time)), metric, float(value), tags


def plain_rows(points):
    """Request and series rows, in the order in which each becomes known, as plain dicts."""
    requests, series = [], []
    open_request, key = {}, None

    def close():
        if "http_req_duration" in open_request:
            requests.append(request_row(key[0], dict(key[1]), open_request))
        else:
            series.extend((key[0], m, v, dict(key[1])) for m, v in open_request.items())
        open_request.clear()

    for time, metric, value, found in points:
        tags = {k: v for k, v in found.items() if v}
        this = (time, tuple(sorted(tags.items())))
        if open_request and (metric not in HTTP or this != key or metric in open_request):
            close()
        if metric in HTTP:
            key = this
            open_request[metric] = value
        elif metric in ("checks", "group_duration", "iteration_duration"):
            requests.append(timed_row(time, metric, value, tags))
        else:
            series.append((time, metric, value, tags))
    if open_request:
        close()
    return requests, series


def request_row(end, tags, values):
    tags = dict(tags)
    latency = values["http_req_duration"]
    expected = tags.pop("expected_response", None)
    row = {
        "kind": "request",
        "name": tags.pop("name", None) or tags.get("url"),
        "latency_ms": latency,
        "started_at": end - before(latency + values.get("http_req_blocked", 0)),
        "ok": values["http_req_failed"] == 0 if "http_req_failed" in values else expected == "true",
    }
    if tags.get("url") == row["name"]:
        del tags["url"]
    row |= {column: values.get(metric) for metric, column in PHASES.items()}
    if "http_req_failed" not in values and expected is None:
        row["ok"] = 200 <= int(tags["status"]) < 400
    row["error"] = tags.get("error") or (
        f"error_code {tags['error_code']}" if "error_code" in tags else None
    )
    return finished(row, tags)


def timed_row(end, metric, value, tags):
    tags = dict(tags)
    if metric == "checks":
        row = {"kind": "check", "name": tags.pop("check"), "ok": value != 0, "latency_ms": None}
        return finished(row | {"started_at": end}, tags)
    row = {"latency_ms": value, "ok": True, "started_at": end - before(value)}
    if metric == "group_duration":
        row |= {"kind": "transaction", "name": tags["group"]}
    else:
        row |= {"kind": "iteration", "name": tags.get("scenario") or tags["group"]}
    return finished(row, tags)


def before(milliseconds):
    return timedelta(microseconds=float(np.rint(milliseconds * 1000)))


def finished(row, tags):
    tags.pop("error", None)
    status = tags.pop("status", None)
    row |= {
        "group": tags.pop("group", None),
        "scenario": tags.pop("scenario", None),
        "method": tags.pop("method", None),
        "status": None if status == "0" else status,
        "worker": tags.pop("vu", None),
        "tags": sorted(tags.items()) or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def rows_of(table):
    return [{k: v for k, v in row.items() if v is not None} for row in table.to_pylist()]


def sorted_rows(rows):
    return sorted(rows, key=lambda row: (row["started_at"], row["kind"], repr(sorted(row.items()))))


def series_of(table):
    return sorted(
        ((r["time"], r["metric"], r["value"], dict(r["labels"] or [])) for r in table.to_pylist()),
        key=repr,
    )


def assert_same(run, points):
    requests, series = plain_rows(points)
    assert sorted_rows(rows_of(run.requests)) == sorted_rows(requests)
    assert series_of(run.series) == sorted(series, key=repr)


@pytest.mark.parametrize("name", ["base", "slow"])
def test_json_rows_are_those_of_a_plain_reading(read_run, fixtures, name):
    path = fixtures / "k6" / f"{name}.json.gz"
    assert_same(read_run(path), json_points(path))


@pytest.mark.parametrize("name", ["base", "slow"])
def test_csv_rows_are_those_of_a_plain_reading(read_run, fixtures, name):
    path = fixtures / "k6" / f"{name}.csv.gz"
    assert_same(read_run(path), csv_points(path))


@pytest.mark.parametrize(
    "name",
    [
        "2017-doc-example.jsonl",
        "2022-doc-example.jsonl",
        "derived-errors-and-checks.jsonl",
        "json_test-expected.jsonl",
        "setup-group-k6-results.json",
        "thresholds-k6-results.json",
        "truncated-last-line.jsonl",
    ],
)
def test_rows_of_strangers_json_are_those_of_a_plain_reading(read_run, shared, name):
    path = shared / "samples" / "k6-json" / name
    assert_same(read_run(path), json_points(path))


@pytest.mark.parametrize("name", ["k6_kpi.csv", "2020-doc-example.csv", "csv_test-expected-1.csv"])
def test_rows_of_strangers_csv_are_those_of_a_plain_reading(read_run, shared, name):
    path = shared / "samples" / "k6-csv" / name
    assert_same(read_run(path), csv_points(path))


@pytest.mark.parametrize("size", [9_973, 20_011])
@pytest.mark.parametrize("file", ["base.json.gz", "base.csv.gz"])
def test_a_request_across_two_blocks_is_one_row(read_run, fixtures, monkeypatch, file, size):
    path = fixtures / "k6" / file
    whole = read_run(path)
    small_blocks = functools.partial(source.line_blocks, size=size)
    monkeypatch.setattr(json_output, "line_blocks", small_blocks)
    monkeypatch.setattr(lines, "line_blocks", small_blocks)
    cut = read_run(path)
    assert cut.batches > whole.batches
    assert rows_of(cut.requests) == rows_of(whole.requests)
    assert rows_of(cut.series) == rows_of(whole.series)


def test_many_distinct_tags_change_nothing(read_run, fixtures, monkeypatch):
    path = fixtures / "k6" / "base.json.gz"
    whole = rows_of(read_run(path).requests)
    monkeypatch.setattr(points, "_MAX_CACHED_TAG_SETS", 2)
    assert rows_of(read_run(path).requests) == whole


def test_json_and_csv_of_one_run_agree_but_for_the_fraction_of_a_second(read_run, fixtures):
    from_json = read_run(fixtures / "k6" / "base.json.gz").requests
    from_csv = read_run(fixtures / "k6" / "base.csv.gz").requests
    for column in ("kind", "name", "ok", "group", "scenario", "method", "status", "error", "tags"):
        assert from_json[column].to_pylist() == from_csv[column].to_pylist(), column
    # k6 prints six decimals into CSV.
    assert from_csv["latency_ms"].to_pylist() == pytest.approx(
        from_json["latency_ms"].to_pylist(), abs=5.1e-7
    )


@pytest.mark.parametrize("name", ["base", "slow"])
def test_counts_and_percentiles_equal_k6_s_own_summary(read_run, shared, name):
    folder: Path = shared / "data" / "tools" / "k6"
    summary = json.loads((folder / f"{name}.summary.json").read_text())["metrics"]
    table = read_run(folder / f"{name}.json.gz").requests.to_pandas()
    requests = table[table["kind"] == "request"]
    assert len(requests) == summary["http_reqs"]["count"]
    assert (~requests["ok"]).sum() == summary["http_req_failed"]["passes"]
    iterations = table[table["kind"] == "iteration"]
    assert len(iterations) == summary["iterations"]["count"]
    checks = table[table["kind"] == "check"]
    assert checks["ok"].sum() == summary["checks"]["passes"]
    assert (~checks["ok"]).sum() == summary["checks"]["fails"]
    searches = requests[requests["name"] == "search"]
    for rows, metric in (
        (requests, "http_req_duration"),
        (searches, "http_req_duration{name:search}"),
        (iterations, "iteration_duration"),
    ):
        for key, q in {"med": 50, "p(90)": 90, "p(95)": 95, "p(99)": 99, "p(99.9)": 99.9}.items():
            found = np.percentile(rows["latency_ms"], q)
            assert found == pytest.approx(summary[metric][key], rel=1e-9), (metric, key)
