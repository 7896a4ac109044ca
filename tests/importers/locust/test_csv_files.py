"""Locust's --csv files: windows out of cumulative columns, and all files as one run."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError
from perfanalysis.importers.base import Match
from perfanalysis.importers.locust.csv_files import LocustCsv

HISTORY_HEADER = (
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,99%,100%,Total Request Count,"
    "Total Failure Count,Total Median Response Time,Total Average Response Time,"
    "Total Min Response Time,Total Max Response Time,Total Average Content Size"
)
STATS_HEADER = (
    "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,"
    "Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,99%,100%"
)


def rows_of(run, scope, **wanted):
    rows = [row for row in run.intervals.to_pylist() if row["scope"] == scope]
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def history(*rows: str) -> str:
    """A history of full layout from `time,users,type,name,p50,p99,p100,n,failed,mean,max`."""
    lines = [HISTORY_HEADER]
    for row in rows:
        time, users, kind, name, p50, p99, p100, n, failed, mean, most = row.split(",")
        lines.append(
            f"{time},{users},{kind},{name},0.0,0.0,{p50},{p99},{p100},{n},{failed},0,{mean},1,{most},10"
        )
    return "\r\n".join(lines) + "\r\n"


@pytest.fixture
def base(read_run, fixtures):
    return read_run(fixtures / "locust" / "base_stats.csv")


@pytest.mark.parametrize("run_name", ["base", "slow"])
def test_windows_add_up_to_the_aggregated_row_of_locust(read_run, fixtures, run_name):
    path = fixtures / "locust" / f"{run_name}_stats.csv"
    aggregated = list(csv.DictReader(path.read_text().splitlines()))[-1]
    windows = rows_of(read_run(path), "window")
    requests = sum(row["requests"] for row in windows)
    assert requests == int(aggregated["Request Count"])
    assert sum(row["failures"] for row in windows) == int(aggregated["Failure Count"])
    total_ms = sum(row["requests"] * (row["latency_mean_ms"] or 0) for row in windows)
    mean = float(aggregated["Average Response Time"])
    assert total_ms / requests == pytest.approx(mean, abs=1e-6)


def test_whole_run_rows_add_up_to_the_aggregated_row_and_leave_it_out(base):
    rows = rows_of(base, "run")
    assert len(rows) == 7
    assert "Aggregated" not in {row["name"] for row in rows}
    assert sum(row["requests"] for row in rows) == 14415
    assert sum(row["failures"] for row in rows) == 98
    total_ms = sum(row["requests"] * row["latency_mean_ms"] for row in rows)
    assert total_ms / 14415 == pytest.approx(24.861235006799074, abs=1e-6)


def test_windows_of_every_name_add_up_to_its_row_in_the_statistics(base):
    counted = Counter()
    for row in rows_of(base, "window"):
        counted[row["name"]] += row["requests"]
    assert counted == {row["name"]: row["requests"] for row in rows_of(base, "run")}


def test_a_window_is_the_difference_of_two_rows(base):
    first, second = rows_of(base, "window", name="GET /api/products")[:2]
    assert first["started_at"] == datetime(2026, 11, 20, 10, 33, 27, tzinfo=UTC)
    assert (first["duration_s"], first["requests"], first["failures"]) == (1.0, 20, 0)
    assert first["latency_mean_ms"] == pytest.approx(24.41623174995584, abs=1e-9)
    assert first["bytes_received"] == 20 * 485
    assert second["started_at"] == datetime(2026, 11, 20, 10, 33, 28, tzinfo=UTC)
    assert second["requests"] == 45
    # 65 requests at 22.468465030760854 ms less 20 at 24.41623174995584 ms
    assert second["latency_mean_ms"] == pytest.approx(21.60279093334086, abs=1e-9)
    assert second["quantiles"][:2] == [{"q": 0.5, "latency_ms": 20}, {"q": 0.66, "latency_ms": 23}]
    assert (second["quantile_error"], second["quantile_span_s"]) == (0.05, 2.0)


def test_a_name_that_appears_late_begins_where_the_row_before_ended(base):
    first = rows_of(base, "window", name="GET /api/nowhere")[0]
    assert first["started_at"] == datetime(2026, 11, 20, 10, 33, 28, tzinfo=UTC)
    assert (first["duration_s"], first["requests"], first["failures"]) == (1.0, 1, 1)


def test_percentiles_of_zero_before_there_are_any_are_not_data(base):
    assert rows_of(base, "window", name="POST /api/checkout")[0]["quantiles"] is None


def test_full_history_percentiles_look_back_ten_seconds(base):
    spans = [row["quantile_span_s"] for row in rows_of(base, "window", name="GET /api/products")]
    assert spans[:3] == [1.0, 2.0, 3.0]
    assert set(spans[10:]) == {10.0}


def test_windows_without_requests_are_kept_without_a_mean(base):
    idle = rows_of(base, "window", name="POST /api/auth/login", requests=0)
    assert len(idle) == 55
    assert {row["latency_mean_ms"] for row in idle} == {None}


def test_whole_run_row_carries_what_locust_prints(base):
    row = rows_of(base, "run", name="POST /api/checkout")[0]
    assert (row["requests"], row["failures"]) == (1452, 11)
    assert row["latency_mean_ms"] == 88.22263126860052
    assert row["latency_min_ms"] == 23.049987999911536
    assert row["latency_max_ms"] == 266.54208199988716
    assert [(q["q"], q["latency_ms"]) for q in row["quantiles"]] == [
        (0.5, 82),
        (0.66, 97),
        (0.75, 110),
        (0.8, 120),
        (0.9, 140),
        (0.95, 160),
        (0.98, 180),
        (0.99, 190),
        (0.999, 240),
        (0.9999, 270),
        (1.0, 270),
    ]
    assert row["bytes_received"] == round(18.91046831955923 * 1452)
    # 14415 requests at 243.7218775819359 a second
    assert row["duration_s"] == pytest.approx(59.14528536, abs=1e-6)


def test_users_errors_and_exceptions_become_series(base):
    series = base.series.to_pylist()
    users = [row for row in series if row["metric"] == "vus"]
    assert [row["value"] for row in users[:5]] == [0, 5, 10, 15, 20]
    assert len(users) == 60
    errors = {
        (dict(row["labels"])["name"], dict(row["labels"])["error"]): row["value"]
        for row in series
        if row["metric"] == "errors"
    }
    assert errors == {
        ("POST /api/checkout", "LocustBadStatusCode(code=500)"): 11,
        ("GET /api/nowhere", "LocustBadStatusCode(code=404)"): 87,
    }
    exceptions = [row for row in series if row["metric"] == "exceptions"]
    assert [(row["value"], dict(row["labels"])) for row in exceptions] == [
        (26, {"message": 'bad basket, "quoted" second line'})
    ]
    assert exceptions[0]["time"] == datetime(2026, 11, 20, 10, 34, 26, tzinfo=UTC)


def test_facts_name_tool_start_duration_and_resolution(base):
    assert base.fact("tool") == "locust"
    assert base.fact("started_at") == datetime(2026, 11, 20, 10, 33, 27, tzinfo=UTC)
    assert base.fact("duration_s") == pytest.approx(59.14528536, abs=1e-6)
    assert base.fact("clock_resolution_ms") == 1.0
    assert base.caveats == []


def test_history_of_the_sum_alone_is_never_added_to_the_names(read_run, fixtures):
    run = read_run(fixtures / "locust" / "base-short_stats.csv")
    windows = rows_of(run, "window")
    assert {(row["name"], row["kind"]) for row in windows} == {("Aggregated", "transaction")}
    assert sum(row["requests"] for row in windows) == 573
    assert sum(row["requests"] for row in rows_of(run, "run", kind="request")) == 573
    assert windows[-1]["quantile_span_s"] == 9.0
    assert run.caveat_codes == {"aggregated-history"}


def test_prefixes_that_begin_alike_are_different_runs():
    folder = [
        "base_stats.csv",
        "base_stats_history.csv",
        "base_failures.csv",
        "base_exceptions.csv",
        "base-short_stats.csv",
        "base-short_failures.csv",
        "base_short_stats.csv",
        "other.csv",
    ]
    assert LocustCsv().companions("base_failures.csv", folder) == (
        "base_stats.csv",
        "base_stats_history.csv",
        "base_failures.csv",
        "base_exceptions.csv",
    )
    assert LocustCsv().companions("base-short_stats.csv", folder) == (
        "base-short_stats.csv",
        "base-short_failures.csv",
    )
    assert LocustCsv().companions("other.csv", folder) == ("other.csv",)


def test_per_request_log_beside_the_statistics_is_no_part_of_them():
    folder = ["shop_requests.csv", "shop_stats.csv", "shop_distribution.csv"]
    assert LocustCsv().companions("shop_stats.csv", folder) == ("shop_stats.csv",)
    assert LocustCsv().companions("shop_requests.csv", folder) == (
        "shop_requests.csv",
        "shop_distribution.csv",
    )


def test_compressed_files_belong_to_the_run(read_run, fixtures, tmp_path):
    for part in ("stats", "stats_history"):
        data = (fixtures / "locust" / f"base_{part}.csv").read_bytes()
        (tmp_path / f"base_{part}.csv.gz").write_bytes(gzip.compress(data))
    run = read_run(tmp_path / "base_stats_history.csv.gz")
    assert sum(row["requests"] for row in rows_of(run, "window")) == 14415
    assert len(rows_of(run, "run")) == 7


def test_killed_run_without_statistics_falls_back_on_the_history(read_run, fixtures, tmp_path):
    stats = (fixtures / "locust" / "base_stats.csv").read_text().splitlines()[0]
    (tmp_path / "base_stats.csv").write_text(stats + "\r\n")
    text = (fixtures / "locust" / "base_stats_history.csv").read_text()
    (tmp_path / "base_stats_history.csv").write_text(
        text[: text.index("1795170812,20,,Aggreg") + 9]
    )
    run = read_run(tmp_path / "base_stats.csv")
    last = {
        (row["Type"], row["Name"]): int(row["Total Request Count"])
        for row in csv.DictReader(text.splitlines())
        if row["Timestamp"] == "1795170812" and row["Type"]
    }
    assert {row["name"]: row["requests"] for row in rows_of(run, "run")} == {
        f"{kind} {name}": count for (kind, name), count in last.items()
    }
    assert all(row["quantiles"] is None for row in rows_of(run, "run"))
    assert run.caveat_codes == {"cut-last-line"}


def test_killed_run_with_empty_files_names_the_reason(read_run, tmp_path):
    (tmp_path / "x_stats.csv").write_text(STATS_HEADER + "\r\n")
    (tmp_path / "x_stats_history.csv").write_text(HISTORY_HEADER + "\r\n")
    with pytest.raises(
        InputError, match=r"x_stats\.csv: expected at least one request, found none"
    ):
        read_run(tmp_path / "x_stats.csv")


def test_history_alone_of_the_sum_counts_as_requests(read_run, tmp_path):
    text = history(
        "1700000000,1,,Aggregated,N/A,N/A,N/A,0,0,0.0,0", "1700000001,1,,Aggregated,9,9,9,4,1,8.5,9"
    )
    (tmp_path / "x_stats_history.csv").write_text(text)
    run = read_run(tmp_path / "x_stats_history.csv")
    assert [(row["name"], row["kind"], row["requests"]) for row in run.intervals.to_pylist()] == [
        ("Aggregated", "request", 4),
        ("Aggregated", "request", 4),
    ]
    assert rows_of(run, "run")[0]["latency_mean_ms"] == 8.5


def test_history_that_knows_more_than_the_statistics_wins(read_run, tmp_path):
    (tmp_path / "x_stats.csv").write_text(
        f"{STATS_HEADER}\nGET,/a,2,0,5,5.5,5,6,10,1,0,5,6,6\n,Aggregated,2,0,5,5.5,5,6,10,1,0,5,6,6\n"
    )
    (tmp_path / "x_stats_history.csv").write_text(
        history(
            "1700000000,1,,Aggregated,N/A,N/A,N/A,0,0,0.0,0",
            "1700000001,1,GET,/a,5,6,6,2,0,5.5,6",
            "1700000001,1,,Aggregated,5,6,6,2,0,5.5,6",
            "1700000002,1,GET,/a,5,6,6,5,1,5.8,7",
            "1700000002,1,,Aggregated,5,6,6,5,1,5.8,7",
        )
    )
    run = read_run(tmp_path / "x_stats.csv")
    row = rows_of(run, "run")[0]
    assert (row["requests"], row["failures"], row["latency_mean_ms"]) == (5, 1, 5.8)
    assert row["duration_s"] == 2.0
    assert run.caveat_codes == {"totals-differ"}


def test_reset_of_the_statistics_leaves_out_what_was_before(read_run, tmp_path):
    (tmp_path / "x_stats_history.csv").write_text(
        history(
            "1700000000,0,,Aggregated,N/A,N/A,N/A,0,0,0.0,0",
            "1700000001,5,GET,/a,50,60,60,10,2,50.5,60",
            "1700000001,5,,Aggregated,50,60,60,10,2,50.5,60",
            "1700000002,9,GET,/a,5,6,6,4,0,5.5,6",
            "1700000002,9,,Aggregated,5,6,6,4,0,5.5,6",
            "1700000003,9,GET,/a,5,6,6,10,0,6.5,9",
            "1700000003,9,,Aggregated,5,6,6,10,0,6.5,9",
        )
    )
    run = read_run(tmp_path / "x_stats_history.csv")
    assert [(row["requests"], row["failures"]) for row in rows_of(run, "window")] == [
        (4, 0),
        (6, 0),
    ]
    assert rows_of(run, "window")[1]["latency_mean_ms"] == pytest.approx((65 - 22) / 6)
    assert run.fact("started_at") == datetime.fromtimestamp(1700000001, UTC)
    assert run.caveat_codes == {"stats-reset"}
    assert [row["value"] for row in run.series.to_pylist()] == [0, 5, 9, 9]


def test_names_that_do_not_add_up_to_the_sum_are_told(read_run, tmp_path):
    (tmp_path / "x_stats_history.csv").write_text(
        history(
            "1700000000,0,,Aggregated,N/A,N/A,N/A,0,0,0.0,0",
            "1700000001,5,GET,/a,50,60,60,10,2,50.5,60",
            "1700000001,5,,Aggregated,50,60,60,12,2,50.5,60",
        )
    )
    run = read_run(tmp_path / "x_stats_history.csv")
    assert [caveat.code for caveat in run.caveats] == ["aggregated-differs"]
    assert "names have 10 requests, its sum (Aggregated) 12" in run.caveats[0].message


def test_same_name_with_two_types_stays_two_names(read_run, tmp_path):
    (tmp_path / "x_stats.csv").write_text(
        f"{STATS_HEADER}\nGET,/a,2,0,5,5.5,5,6,10,1,0,5,6,6\nPOST,/a,3,0,5,7.5,5,6,10,1,0,5,6,6\n"
    )
    names = [row["name"] for row in rows_of(read_run(tmp_path / "x_stats.csv"), "run")]
    assert names == ["GET /a", "POST /a"]


def test_history_without_its_beginning_is_told(read_run, tmp_path):
    (tmp_path / "x_stats_history.csv").write_text(
        history(
            "1700000005,5,GET,/a,50,60,60,10,2,50.5,60", "1700000006,5,GET,/a,50,60,60,15,2,50.5,60"
        )
    )
    run = read_run(tmp_path / "x_stats_history.csv")
    assert [row["requests"] for row in rows_of(run, "window")] == [10, 5]
    assert run.caveat_codes == {"history-start-missing"}


def test_means_in_whole_milliseconds_give_no_means_of_windows(read_run, tmp_path):
    header = '"Type","Name","Timestamp","# requests","# failures","Requests/s","Requests Failed/s"'
    header += ',"Median response time","Average response time","Min response time"'
    header += ',"Max response time","Average Content Size","50%","99.999","100%"\n'
    (tmp_path / "x_stats_history.csv").write_text(
        header
        + '"None","Aggregated","1577836800",0,0,0.00,0.00,0,0,0,0,0.00,"N/A","N/A","N/A"\n'
        + '"GET","/a","1577836801",10,1,0.00,0.00,5,12,1,30,10.00,5,30,30\n'
        + '"None","Aggregated","1577836801",10,1,0.00,0.00,5,12,1,30,10.00,5,30,30\n'
    )
    run = read_run(tmp_path / "x_stats_history.csv")
    window = rows_of(run, "window")[0]
    assert (window["name"], window["requests"], window["latency_mean_ms"]) == ("GET /a", 10, None)
    assert window["quantiles"][1] == {"q": 0.99999, "latency_ms": 30}
    assert rows_of(run, "run")[0]["latency_mean_ms"] == 12
    assert run.caveat_codes == {"rounded-means"}


def test_names_in_the_code_page_of_windows_are_read_with_a_caveat(read_run, tmp_path):
    text = f"{STATS_HEADER}\r\nGET,/café,2,0,5,5.5,5,6,10,1,0,5,6,6\r\n"
    (tmp_path / "x_stats.csv").write_bytes(text.encode("cp1252"))
    run = read_run(tmp_path / "x_stats.csv")
    assert run.intervals.column("name").to_pylist() == ["GET /café"]
    assert run.caveat_codes == {"assumed-encoding"}


@pytest.mark.parametrize(
    ("head", "match"),
    [
        (b"Type,Name,Request Count,Failure Count,Average Response Time\r\r\n", Match.CERTAIN),
        (b"Method,Name,Error,Occurrences,First Seen,Last Seen\r\n", Match.CERTAIN),
        (b"Count,Message,Traceback,Nodes", Match.CERTAIN),
        (b"timeStamp,elapsed,label,responseCode,success\n", Match.NO),
        (b"metric_name,timestamp,metric_value,name\n", Match.NO),
        (b"timestamp,request_type,name,response_time_ms\n", Match.NO),
        (b"\x00\xff\xfe,Name", Match.NO),
        (b"", Match.NO),
    ],
)
def test_header_decides(head, match):
    assert LocustCsv().match(head, "any.csv") is match
