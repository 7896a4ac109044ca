"""Locust's --json, among log lines too, and reports of workers."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Match
from perfanalysis.importers.locust.json_stats import LocustJson
from perfanalysis.importers.locust.quantiles import nearest_rank, rounded_response_time


def rows_of(run, scope):
    return [row for row in run.intervals.to_pylist() if row["scope"] == scope]


def entry(**changed):
    fields = {
        "name": "/a",
        "method": "GET",
        "last_request_timestamp": 1700000002.5,
        "start_time": 1700000000.5,
        "num_requests": 5,
        "num_none_requests": 0,
        "num_failures": 0,
        "total_response_time": 216.0,
        "max_response_time": 53.2,
        "min_response_time": 33.6,
        "total_content_length": 90,
        "response_times": {"34": 1, "37": 1, "42": 1, "50": 1, "53": 1},
        "num_reqs_per_sec": {"1700000001": 3, "1700000002": 2},
        "num_fail_per_sec": {},
    }
    return fields | changed


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "run.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return write


@pytest.mark.parametrize("name", ["base-short", "slow-short"])
def test_totals_and_windows_repeat_the_numbers_of_the_file(read_run, fixtures, name):
    path = fixtures / "locust" / f"{name}.json"
    entries = json.loads(path.read_text())
    run = read_run(path)
    for scope in ("run", "window"):
        rows = rows_of(run, scope)
        assert sum(row["requests"] for row in rows) == sum(e["num_requests"] for e in entries)
        assert sum(row["failures"] for row in rows) == sum(e["num_failures"] for e in entries)
    means = {row["name"]: row["latency_mean_ms"] for row in rows_of(run, "run")}
    assert means == {
        f"{e['method']} {e['name']}": e["total_response_time"] / e["num_requests"] for e in entries
    }


def test_percentiles_of_json_and_csv_of_one_run_agree(read_run, fixtures):
    """The login ran once per user at the start, so both files tell of the same five requests."""
    of_json = read_run(fixtures / "locust" / "base-short.json")
    of_csv = read_run(fixtures / "locust" / "base-short_stats.csv")
    json_row, csv_row = (
        next(row for row in rows_of(run, "run") if row["name"] == "POST /api/auth/login")
        for run in (of_json, of_csv)
    )
    assert json_row["quantiles"] == csv_row["quantiles"]
    assert json_row["latency_mean_ms"] == pytest.approx(csv_row["latency_mean_ms"], abs=1e-9)


def test_quantile_is_the_time_that_at_most_that_share_is_faster_than():
    assert nearest_rank({7.0: 3, 100.0: 1}, [0.5, 0.7499, 0.75, 1.0]) == [7.0, 7.0, 100.0, 100.0]
    assert nearest_rank({12.0: 1}, [0.0, 0.5, 1.0]) == [12.0, 12.0, 12.0]


def test_response_times_round_as_in_locusts_documentation():
    assert rounded_response_time(147) == 150
    assert rounded_response_time(3432) == 3400
    assert rounded_response_time(58760) == 59000
    assert rounded_response_time(99.4) == 99


def test_windows_are_seconds_with_counts_only(read_run, write):
    run = read_run(write([entry()]))
    assert [
        (row["started_at"], row["duration_s"], row["requests"], row["latency_mean_ms"])
        for row in rows_of(run, "window")
    ] == [
        (datetime(2023, 11, 14, 22, 13, 21, tzinfo=UTC), 1.0, 3, None),
        (datetime(2023, 11, 14, 22, 13, 22, tzinfo=UTC), 1.0, 2, None),
    ]
    assert run.fact("duration_s") == 2.0
    assert run.fact("clock_resolution_ms") == 1.0


def test_failure_counted_a_second_late_stands_with_its_request(read_run, write):
    failing = entry(num_failures=2, num_fail_per_sec={"1700000002": 1, "1700000003": 1})
    windows = rows_of(read_run(write([failing])), "window")
    assert [(row["requests"], row["failures"]) for row in windows] == [(3, 0), (2, 2), (0, 0)]


def test_requests_without_response_time_are_not_in_the_mean(read_run, write):
    row = rows_of(read_run(write([entry(num_requests=7, num_none_requests=2)])), "run")[0]
    assert (row["requests"], row["latency_mean_ms"]) == (7, 43.2)


def test_array_among_log_lines_of_a_real_run_is_found(read_run, fixtures):
    run = read_run(fixtures / "locust" / "shop-merged.txt")
    assert run.importer.name == "locust-json"
    assert {row["name"]: (row["requests"], row["failures"]) for row in rows_of(run, "run")} == {
        'GET /api/search?q="a,b"': (86, 0),
        "GET /api/products": (191, 0),
        "GET /api/nowhere": (27, 27),
        "GET /closed": (29, 29),
        "POST /api/checkout": (47, 7),
    }


def test_workers_that_report_line_by_line_are_added_up(read_run, write):
    reports = [
        {"stats": [entry()], "errors": {}, "user_count": 1},
        {
            "stats": [entry(num_requests=1, total_response_time=84.0, response_times={"84": 1})],
            "errors": {
                "md5": {"method": "GET", "name": "/a", "error": "Boom", "occurrences": 3},
            },
            "user_count": 1,
        },
    ]
    run = read_run(write("\n".join(map(json.dumps, reports)) + "\n"))
    (row,) = rows_of(run, "run")
    assert (row["requests"], row["latency_mean_ms"]) == (6, 50.0)
    assert row["quantiles"][-1] == {"q": 1.0, "latency_ms": 84}
    (error,) = run.series.to_pylist()
    assert (error["metric"], error["value"]) == ("errors", 3)
    assert dict(error["labels"]) == {"name": "GET /a", "error": "Boom"}


def test_last_report_cut_short_is_dropped_with_a_caveat(read_run, write):
    line = json.dumps({"stats": [entry()], "errors": {}, "user_count": 1})
    run = read_run(write(f"{line}\n{line[:90]}"))
    assert [row["requests"] for row in rows_of(run, "run")] == [5]
    assert run.caveat_codes == {"cut-last-line"}
    assert run.caveats[0].message.endswith("run.json:2: the last line is cut short and was dropped")


def test_array_cut_short_is_refused(read_run, fixtures, tmp_path):
    text = (fixtures / "locust" / "base-short.json").read_text()
    (tmp_path / "cut.json").write_text(text[:-500])
    with pytest.raises(InputError, match=r"cut\.json:1: expected the array that locust --json pri"):
        read_run(tmp_path / "cut.json")


def test_no_requests_at_all_is_refused(read_run, write):
    with pytest.raises(InputError, match=r"run\.json:1: expected at least one request, found none"):
        read_run(write([entry(num_requests=0, response_times={}, num_reqs_per_sec={})]))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"num_requests": "5"}, r"stats\[0\]\.num_requests: expected a whole number, found '5'"),
        ({"num_requests": -5}, r"stats\[0\]\.num_requests: expected a whole number, found '-5"),
        (
            {"num_requests": 1e400},
            r"stats\[0\]\.num_requests: expected a whole number, found 'inf'",
        ),
        ({"response_times": {"x": 1}}, r"response_times: expected numbers as keys, found 'x'"),
        ({"response_times": []}, r"response_times: expected an object, found '\[\]'"),
        ({"num_reqs_per_sec": {"1": 1}}, r"expected a time in seconds since 1970, found '1\.0'"),
        ({"name": 3}, r"stats\[0\]\.name: expected text, found '3'"),
    ],
)
def test_wrong_values_are_named_with_their_place(read_run, write, changed, message):
    with pytest.raises(InputError, match=r"run\.json:1: .*" + message):
        read_run(write([entry(**changed)]))


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (b'[{"metric": "http_reqs", "type": "Point"}]', Match.NO),
        (b'{"aggregate": {"counters": {}}, "intermediate": []}', Match.NO),
        (b'[{"jmhVersion": "1.37"}]', Match.NO),
        (b"<script>window.templateArgs = {}</script>", Match.NO),
        (b"Type,Name,Request Count", Match.NO),
        (b"[\xff\xfe{", Match.NO),
    ],
)
def test_other_files_do_not_match(head, match):
    assert LocustJson().match(head, "any.json") is match


def test_old_workers_counts_failures_beside_requests(read_run, shared):
    path = shared / "samples" / "locust" / "locust-workers2.ldjson"
    stats = [e for line in path.read_text().splitlines() for e in json.loads(line)["stats"]]
    succeeded = sum(e["num_requests"] for e in stats)
    failed = sum(e["num_failures"] for e in stats)
    assert (succeeded, failed) == (500, 3985)
    run = read_run(path)
    (row,) = rows_of(run, "run")
    assert (row["requests"], row["failures"]) == (4485, 3985)
    total_ms = sum(e["total_response_time"] for e in stats)
    assert row["latency_mean_ms"] == pytest.approx(total_ms / 500)
    assert run.caveat_codes == {"failures-without-time", "failures-apart"}


def test_unrounded_response_times_of_0x_are_exact(read_run, shared):
    run = read_run(shared / "samples" / "locust" / "v0_slave-report-data.json")
    rows = {row["name"]: row for row in rows_of(run, "run")}
    assert {name: (row["requests"], row["failures"]) for name, row in rows.items()} == {
        "POST /post": (57, 0),
        "GET /get": (32, 0),
        "GET /status/404": (45, 45),
        "PUT /delayed": (20, 0),
    }
    assert rows["POST /post"]["quantile_error"] == 0
    assert rows["POST /post"]["quantiles"][-1]["latency_ms"] == 52.69193649291992
    assert run.fact("clock_resolution_ms") is None
    assert run.caveat_codes == {"failures-without-time"}
