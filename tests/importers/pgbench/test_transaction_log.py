"""Per-transaction logs of pgbench."""

from __future__ import annotations

import gzip
from collections import Counter
from datetime import UTC, datetime

import pytest

from perfanalysis.errors import InputError, RowError
from perfanalysis.importers.base import Match
from perfanalysis.importers.pgbench.transaction_log import PgbenchLog
from perfanalysis.importers.rejects import Tolerance

SIX = "0 1 2007 0 1795168291 2387\n"
TWO = SIX + "0 2 760 0 1795168291 3158\n"
REPORT = """\
pgbench (15.18)
transaction type: {script}
scaling factor: 1
query mode: simple
number of clients: 1
number of threads: 1
maximum number of tries: {tries}
number of transactions per client: 2
number of transactions actually processed: 2/2
number of failed transactions: 0 (0.000%)
latency average = 0.810 ms
{lag}tps = 1234.415504 (without initial connection time)
"""
LAG_LINE = "rate limit schedule lag: avg 0.371 (max 1.460) ms\n"


@pytest.fixture
def read_log(tmp_path, read_run):
    """Write a log, and a report beside it, and read them."""

    def read(log, report=None, **options):
        path = tmp_path / "pgbench_log.1234"
        path.write_bytes(log if isinstance(log, bytes) else log.encode())
        if report is not None:
            (tmp_path / "stdout.txt").write_text(report)
        return read_run(path, **options)

    return read


def report(script="a.sql", tries=1, lag=""):
    return REPORT.format(script=script, tries=tries, lag=lag)


def at(microseconds):
    return datetime(2026, 11, 20, 9, 51, 31, microseconds, tzinfo=UTC)


def test_microseconds_of_the_stamp_are_a_number_and_not_padded_with_zeros(read_log):
    run = read_log("0 1 7 0 1795168291 2387\n0 2 7 0 1795168291 34501\n0 3 7 0 1795168291 912698\n")
    assert run.requests["started_at"].to_pylist() == [at(2380), at(34494), at(912691)]


def test_the_stamp_is_the_end_and_the_start_may_lie_in_the_second_before(read_log):
    run = read_log("0 1 2007 0 1795168291 7\n")
    start = datetime(2026, 11, 20, 9, 51, 30, 998000, tzinfo=UTC)
    assert run.requests["started_at"].to_pylist() == [start]
    assert run.requests["latency_ms"].to_pylist() == [2.007]


def test_six_columns_become_requests(read_log):
    row = read_log(TWO, report()).requests.to_pylist()[1]
    said = {name: value for name, value in row.items() if value is not None}
    assert said == {
        "started_at": at(2398),
        "name": "a.sql",
        "latency_ms": 0.76,
        "ok": True,
        "kind": "request",
        "worker": "0",
    }


def test_with_rate_latency_counts_from_the_schedule_and_the_start_is_later_by_the_lag(read_log):
    run = read_log("0 1 2591 0 1795168291 138389 451\n", report(lag=LAG_LINE))
    (row,) = run.requests.to_pylist()
    assert row["latency_ms"] == 2.591
    assert row["scheduled_at"] == at(138389 - 2591)
    assert row["started_at"] == at(138389 - 2591 + 451)
    assert row["tags"] is None


def test_retries_become_a_tag_where_there_were_any(read_log):
    log = "".join(f"0 {n} 9 0 1795168291 9{n} {n % 3}\n" for n in range(6))
    run = read_log(log, report(tries=3))
    assert run.requests["tags"].to_pylist() == [
        None,
        [("retries", "1")],
        [("retries", "2")],
        None,
        [("retries", "1")],
        [("retries", "2")],
    ]
    assert set(run.requests["scheduled_at"].to_pylist()) == {None}


def test_eight_columns_hold_lag_then_retries(read_log):
    run = read_log("0 1 2591 0 1795168291 138389 451 2\n", report(tries=3, lag=LAG_LINE))
    (row,) = run.requests.to_pylist()
    assert row["started_at"] == at(138389 - 2591 + 451)
    assert row["tags"] == [("retries", "2")]


@pytest.mark.parametrize("word", ["failed", "serialization", "deadlock"])
def test_failed_transactions_have_no_latency_and_start_when_they_were_given_up(read_log, word):
    run = read_log(f"{SIX}0 2 {word} 0 1795168291 3158\n")
    row = run.requests.to_pylist()[1]
    assert (row["ok"], row["error"], row["latency_ms"]) == (False, word, None)
    assert row["started_at"] == at(3158)


def test_skipped_transactions_keep_their_schedule_where_the_lag_tells_it(read_log):
    log = "0 82 6173 0 1795168291 914578 4304\n0 83 skipped 0 1795168291 914578 {lag}\n"
    old = read_log(log.format(lag=5217), report(lag=LAG_LINE)).requests.to_pylist()[1]
    new = read_log(log.format(lag=0), report(lag=LAG_LINE)).requests.to_pylist()[1]
    assert (old["ok"], old["error"], old["latency_ms"]) == (False, "skipped", None)
    assert (old["started_at"], old["scheduled_at"]) == (at(914578), at(914578 - 5217))
    assert (new["started_at"], new["scheduled_at"]) == (at(914578), None)


def test_the_report_decides_what_a_seventh_column_is(read_log):
    small_lags = "0 1 2591 0 1795168291 138389 3\n"
    large_retries = "0 1 2591 0 1795168291 138389 451\n"
    throttled = read_log(small_lags, report(lag=LAG_LINE))
    retried = read_log(large_retries, report(tries=1000))
    assert throttled.requests["scheduled_at"].null_count == 0
    assert retried.requests["tags"].to_pylist() == [[("retries", "451")]]
    assert "seventh-column-guessed" not in throttled.caveat_codes | retried.caveat_codes


def test_without_a_report_a_seventh_column_is_guessed_and_that_is_said(read_log):
    lag = read_log("0 1 skipped 0 1795168291 1 0\n0 1 2591 0 1795168291 138389 86\n")
    retries = read_log("0 1 2591 0 1795168291 138389 1\n0 2 2591 0 1795168291 138389 0\n")
    assert lag.requests["scheduled_at"].null_count == 1
    assert retries.requests["tags"].to_pylist() == [[("retries", "1")], None]
    assert "seventh-column-guessed" in lag.caveat_codes
    assert "seventh-column-guessed" in retries.caveat_codes


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("/home/a/tests/shop.sql", "shop.sql"),
        ("C:\\tests\\shop.sql", "shop.sql"),
        ("<builtin: TPC-B (sort of)>", "<builtin: TPC-B (sort of)>"),
        ("TPC-B (sort of)", "<builtin: TPC-B (sort of)>"),
        ("SELECT only", "<builtin: select only>"),
        ("Custom query", "script 0"),
    ],
)
def test_scripts_are_named_alike_in_every_folder_and_version(read_log, printed, name):
    assert read_log(TWO, report(script=printed)).requests["name"].unique().to_pylist() == [name]


def test_without_a_report_scripts_have_numbers(read_log):
    run = read_log("0 1 9 1 1795168291 9\n0 2 9 0 1795168291 19\n")
    assert run.requests["name"].to_pylist() == ["script 1", "script 0"]
    assert "unnamed-scripts" in run.caveat_codes


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0 2 7x0 0 1795168291 3158", ":2: column 'time': expected whole microseconds or one of"),
        ("0 2 -7 0 1795168291 3158", ":2: column 'time': expected"),
        ("0 2 7.5 0 1795168291 3158", ":2: column 'time': expected"),
        ("a 2 7 0 1795168291 3158", ":2: column 'client_id': expected the number of a client, fo"),
        ("0 2 7 0 0 0", ":2: column 'time_epoch': expected whole seconds since 1970, found '0'"),
        ("0 2 7 0 1795168291 1000000", ":2: column 'time_us': expected microseconds below 1000000"),
        ("0 2 7 0 1795168291", ":2: expected 6 columns (client_id transaction_no time script_no"),
        ("0 2 7 0 1795168291 3158 0", ":2: expected 6 columns"),
        ("0 2 7 0  1795168291 3158", ":2: expected 6 columns"),
        ('0 2 "7" 0 1795168291 3158', ":2: column 'time': expected"),
        ("0 2 99999999999999999999 0 1795168291 3158", ":2: column 'time': expected"),
        ("0 2 7 0 1795168291 3158\r0 3 7 0 1795168291 3159", ":2: expected 6 columns"),
    ],
)
def test_a_bad_row_is_named_by_file_line_and_column(read_log, row, message):
    with pytest.raises(RowError) as caught:
        read_log(f"{SIX}{row}\n0 3 9 0 1795168291 9\n")
    assert f"pgbench_log.1234{message}" in caught.value.message


def test_tolerated_bad_rows_are_counted_and_the_others_kept(read_log):
    log = f"{TWO}\nbad\n0 3 661 0 1795168291 4158\n\xff\n".encode("latin-1")
    run = read_log(log, tolerance=Tolerance.parse("2"))
    assert run.rejected == 2
    assert run.requests["latency_ms"].to_pylist() == [2.007, 0.76, 0.661]


def test_windows_line_ends_and_blank_lines_are_no_bad_rows(read_log):
    run = read_log(TWO.replace("\n", "\r\n") + "\n\r\n")
    assert run.requests["latency_ms"].to_pylist() == [2.007, 0.76]


def test_a_last_line_without_its_end_is_dropped_even_if_it_reads_as_a_row(read_log):
    run = read_log(TWO.removesuffix("58\n"))
    assert run.requests.num_rows == 1
    (caveat,) = [c for c in run.caveats if c.code == "cut-last-line"]
    assert caveat.message.endswith("pgbench_log.1234:2: the last line is cut short and was dropped")


def test_power_loss_padding_is_no_line(read_log):
    assert read_log(TWO.encode() + b"\0" * 500).requests.num_rows == 2


def test_a_log_with_nothing_but_a_cut_line_is_an_error(read_log):
    with pytest.raises(InputError, match="expected at least one transaction, found none"):
        read_log(SIX.strip())


def test_an_aborted_run_names_the_reason_that_pgbench_printed(fixtures, read_run):
    path = fixtures / "pgbench" / "aborted" / "pgbench_log.12372"
    with pytest.raises(InputError) as caught:
        read_run(path, format_name="pgbench-log")
    assert "pgbench_log.12372:1: expected at least one transaction" in caught.value.message
    assert "command 0 query 0: ERROR:  division by zero" in caught.value.message


def test_a_sampled_log_keeps_the_counts_of_the_report(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "sampled" / "pgbench_log.12360")
    (total,) = run.intervals.to_pylist()
    assert run.requests.num_rows == 524
    assert (total["scope"], total["name"], total["requests"]) == ("run", "fast.sql", 5565)
    (caveat,) = run.caveats
    assert caveat.code == "sampled-log"
    assert "524 of 5565 transactions (9.4%)" in caveat.message


def test_a_sampled_log_shows_in_the_numbers_of_its_transactions(read_log):
    log = "".join(f"0 {10 * n} 9 0 1795168291 {n}\n" for n in range(30))
    run = read_log(log)
    (caveat,) = [c for c in run.caveats if c.code == "sampled-log"]
    assert "30 of by their numbers about 291" in caveat.message


def test_a_thread_whose_log_is_missing_is_told(fixtures, read_run, tmp_path):
    source = fixtures / "pgbench" / "retries"
    for name in ("pgbench_log.12073", "stdout.txt"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    run = read_run(tmp_path / "pgbench_log.12073")
    (caveat,) = [c for c in run.caveats if c.code == "missing-thread-logs"]
    assert (
        "120 of 240 transactions: the run had 2 threads, here are the logs of 1" in caveat.message
    )


def test_the_report_of_another_run_is_noticed(read_log):
    run = read_log(TWO + "0 3 760 0 1795168291 4158\n", report())
    assert "report-of-another-run" in run.caveat_codes


def test_a_report_that_cannot_be_read_does_not_stop_the_log(read_log):
    run = read_log(TWO, report() + report())
    (caveat,) = [c for c in run.caveats if c.code == "report-not-read"]
    assert "stdout.txt:14: expected one report, found the start of another" in caveat.message
    assert run.requests.num_rows == 2


def test_compressed_logs_are_read_and_a_missing_trailer_is_told(fixtures, read_run, tmp_path):
    base = fixtures / "pgbench" / "base"
    whole = gzip.compress((base / "pgbench_log.11942").read_bytes())
    (tmp_path / "pgbench_log.11942.gz").write_bytes(whole[:-200])
    (tmp_path / "pgbench_log.11942.1.gz").write_bytes(
        gzip.compress((base / "pgbench_log.11942.1").read_bytes())
    )
    run = read_run(tmp_path / "pgbench_log.11942.gz")
    assert {"truncated-archive", "cut-last-line"} <= run.caveat_codes
    assert 2400 < run.requests.num_rows < 2520


def test_facts_come_from_the_report(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "base" / "pgbench_log.11942")
    assert run.fact("tool") == "pgbench"
    assert run.fact("tool_version") == "15.18"
    assert run.fact("duration_s") == pytest.approx(2520 / 314.480164)
    assert run.fact("clock_resolution_ms") == 0.001
    assert run.fact("tags") == {
        "pgbench.scale": "1",
        "pgbench.query_mode": "simple",
        "pgbench.clients": "4",
        "pgbench.threads": "2",
        "pgbench.max_tries": "1",
    }


def test_a_log_is_read_once_though_progress_lies_beside_it(fixtures, read_run):
    run = read_run(fixtures / "pgbench" / "base" / "stderr.txt")
    assert run.importer.name == "pgbench-log"
    assert run.requests.num_rows == 2520
    assert set(run.intervals["scope"].to_pylist()) == {"run"}


@pytest.mark.parametrize(
    ("folder", "rows", "errors", "retries", "means"),
    [
        ("base", 2520, {}, 0, {"shop.sql": (12.705, 6.208)}),
        ("slow", 2091, {}, 0, {"shop.sql": (15.327, 7.448)}),
        ("rate", 162, {}, 0, {"<builtin: TPC-B (sort of)>": (0.547, 0.205)}),
        ("rate-limit", 240, {"skipped": 5}, 0, {"shop.sql": (21.671, 12.169)}),
        (
            "rate-limit-retries",
            881,
            {"serialization": 427, "skipped": 12},
            718,
            {"hot.sql": (6.701, 2.627)},
        ),
        ("retries", 240, {"serialization": 102}, 234, {}),
        ("unlimited-retries", 120, {"failed": 1}, 150, {"hot.sql": (4.242, 8.209)}),
        ("failed", 160, {"failed": 116}, 0, {}),
        ("deadlock", 100, {"deadlock": 62}, 0, {}),
        (
            "scripts",
            200,
            {},
            0,
            {"fast.sql": (2.161, 0.093), "<builtin: select only>": (0.041, 0.011)},
        ),
        (
            "scripts-limit",
            120,
            {"skipped": 9},
            0,
            {"shop.sql": (17.415, 7.271), "fast.sql": (4.961, 4.563)},
        ),
    ],
)
def test_whole_logs_agree_with_what_pgbench_printed(
    fixtures, read_run, folder, rows, errors, retries, means
):
    run = read_run(next((fixtures / "pgbench" / folder).glob("pgbench_log.*")))
    table = run.requests.to_pandas()
    assert len(table) == rows
    assert dict(Counter(table["error"].dropna())) == errors
    assert table["ok"].sum() == rows - sum(errors.values())
    assert table["latency_ms"].isna().sum() == sum(errors.values())
    tags = [dict(tag) for tag in run.requests["tags"].to_pylist() if tag]
    assert sum(int(tag["retries"]) for tag in tags) == retries
    for name, (mean, stddev) in means.items():
        latency = table.loc[table["name"] == name, "latency_ms"]
        assert round(latency.mean(), 3) == mean
        assert round(latency.std(ddof=0), 3) == stddev
    assert run.caveat_codes <= {"mean-includes-failures"}


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (SIX, Match.CERTAIN),
        ("0 83 skipped 0 1412881037 914578 5217\n", Match.CERTAIN),
        ("3 0 47423 0 1499414498 34501 86 3\n", Match.CERTAIN),
        ("0 1 2007 0 1795168291 2387\r\n", Match.CERTAIN),
        (f"bad\n{SIX}{SIX}", Match.CERTAIN),
        ("1795168296 6 17020 64246582 936 5438\n", Match.NO),
        ("1795168296 6 17020 64246582 936 5438 3787 3747075 198 1431 0 0 0 0 0\n", Match.NO),
        ("collected,samples,min_latency\n1598650497,5280,0.405\n", Match.NO),
        ("0 1 2007\n0 2 760\n", Match.NO),
        ("1 0 0 123 456 789 0 0 0 0 1 1 0 99 0 0\n", Match.NO),
        ("\n\n", Match.NO),
        ("", Match.NO),
    ],
)
def test_match_knows_its_rows_from_others(head, expected):
    assert PgbenchLog().match(head.encode(), "pgbench_log.1") is expected


def test_a_large_log_comes_in_several_batches(read_log):
    run = read_log("".join(f"0 {n} 9 0 1795168291 {n % 10**6}\n" for n in range(330_000)))
    assert run.requests.num_rows == 330_000
    assert run.batches > 1
